import asyncio
from datetime import date

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import select, update

from services.curriculum import handlers
from services.curriculum.model import PlanVersion, Revision, Signal
from shared.errors import NotYetKnown
from shared.events.base import Requirement, Text
from shared.events.curriculum import GapAnswered, PlanInForce, RevisionDrafted, RevisionOpened
from shared.events.enterprise import TechnologyChanged
from shared.events.plan_parts import GapOutcome


async def test_a_gap_opens_a_revision_and_a_worker_drafts_the_smallest_change(
    planned, hear, draft, sessions, said
):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap())

    assert opened.causes[0].competencies == ["endpoint"]
    assert opened.deadline_on == date(2021, 12, 20)
    assert await draft() == 1
    drafted = (await said(sessions))[-1]
    assert isinstance(drafted, RevisionDrafted)
    assert drafted.revision_class == "adjustment"
    changed = {change.module: change.after.total() - change.before.total() for change in drafted.changes}
    assert changed["steelmaking"] > 0
    assert sum(changed.values()) == 0
    assert "safety" not in changed


async def test_the_same_gap_twice_opens_one_revision(planned, hear):
    gap = planned.gap()
    await hear(handlers.open_revision_for_gap, gap)

    assert await hear(handlers.open_revision_for_gap, gap) == []


async def test_a_gap_in_a_plan_that_is_not_known_yet_waits(told, hear):
    with pytest.raises(NotYetKnown):
        await hear(handlers.open_revision_for_gap, told.gap())


async def test_a_second_gap_joins_the_draft_before_anyone_has_voted(planned, hear, draft, sessions):
    await hear(handlers.open_revision_for_gap, planned.gap())
    await draft()

    assert await hear(handlers.open_revision_for_gap, planned.gap("casting")) == []

    await draft()
    async with sessions() as session:
        [revision] = (await session.scalars(select(Revision))).all()
        signals = (await session.scalars(select(Signal))).all()
    assert {signal.revision_id for signal in signals} == {revision.revision_id}
    assert revision.state == "drafted"


async def test_changed_technology_opens_a_revision_without_statistics(planned, hear, draft, sessions):
    changed = TechnologyChanged(
        enterprise_id=planned.enterprise_id, change_id=planned.position_id, title=Text(zh="新", en="new"),
        requirements=[Requirement(competency="casting", level=4)], effective_from=date(2022, 1, 1),
    )  # fmt: skip

    [opened] = await hear(handlers.open_revision_for_changed_technology, changed)

    assert isinstance(opened, RevisionOpened)
    assert await draft() == 1
    async with sessions() as session:
        [revision] = (await session.scalars(select(Revision))).all()
    assert revision.state == "drafted"


async def test_technology_that_no_module_touches_opens_nothing(planned, hear):
    changed = TechnologyChanged(
        enterprise_id=planned.enterprise_id, change_id=planned.position_id, title=Text(zh="新", en="new"),
        requirements=[Requirement(competency="juggling", level=4)], effective_from=date(2022, 1, 1),
    )  # fmt: skip

    assert await hear(handlers.open_revision_for_changed_technology, changed) == []


async def test_a_cohort_gets_the_latest_plan_from_its_first_week(planned, hear):
    cohort = planned.cohort(first_monday=date(2022, 9, 5), cohort_id=planned.position_id)

    in_force = await hear(handlers.put_plan_in_force_for_cohort, cohort)

    assert in_force == PlanInForce(
        cohort_id=planned.position_id, plan_id=planned.plan_id, plan_version=1, from_week=1,
        effective_from=date(2022, 9, 5),
    )  # fmt: skip


async def test_a_cohort_that_came_before_its_plan_gets_it_when_it_is_published(
    told, hear, client, token_for, sessions, said
):
    assert await hear(handlers.put_plan_in_force_for_cohort, told.cohort()) is None

    url = f"/curriculum/v1/programmes/{told.programme_id}/plans"
    answer = await client.post(url, json={"modules": told.modules}, headers=token_for("coordinator"))

    assert answer.status_code == 201
    assert [type(event).__name__ for event in await said(sessions)] == ["PlanPublished", "PlanInForce"]


async def test_a_plan_that_is_published_while_a_cohort_enrols_waits_and_is_in_force_for_it(
    told, client, token_for, sessions, said
):
    url = f"/curriculum/v1/programmes/{told.programme_id}/plans"
    async with sessions.begin() as enrolling:
        assert await handlers.put_plan_in_force_for_cohort(told.cohort(), enrolling) is None
        publishing = asyncio.create_task(
            client.post(url, json={"modules": told.modules}, headers=token_for("coordinator"))
        )
        done, _ = await asyncio.wait({publishing}, timeout=1)
        assert not done

    assert (await publishing).status_code == 201
    assert [type(event).__name__ for event in await said(sessions)] == ["PlanPublished", "PlanInForce"]


async def test_a_class_formed_from_a_running_cohort_keeps_its_version(planned, hear):
    formed = planned.cohort(cohort_id=planned.position_id, formed_from=[planned.cohort_id])
    formed = formed.model_copy(update={"programme_id": planned.position_id})

    in_force = await hear(handlers.put_plan_in_force_for_cohort, formed)

    assert (in_force.plan_id, in_force.plan_version) == (planned.plan_id, 1)


async def test_a_gap_without_newer_evidence_is_answered_at_once(planned, hear, client, token_for, draft):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap())
    await client.post(
        f"/curriculum/v1/revisions/{opened.revision_id}/withdraw",
        json={"comment": "the station was closed"}, headers=token_for("coordinator"),
    )  # fmt: skip

    [answered] = await hear(handlers.open_revision_for_gap, planned.gap())
    [again] = await hear(handlers.open_revision_for_gap, planned.gap(evidence_until=date(2021, 12, 20)))

    assert isinstance(answered, GapAnswered)
    assert answered.outcome is GapOutcome.SUPERSEDED
    assert isinstance(again, RevisionOpened)


async def test_the_database_refuses_to_change_a_published_version(planned, sessions):
    with pytest.raises(DBAPIError, match="never changes"):
        async with sessions.begin() as session:
            await session.execute(update(PlanVersion).values(content_hash="forged"))
