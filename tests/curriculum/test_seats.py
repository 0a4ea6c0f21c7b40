"""Who sits on a revision: votes handed on, voters added or excluded, copies, nudges, more time, and taking up again."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.curriculum import handlers
from services.curriculum.rules import deadlines
from services.curriculum.workdays import works
from shared.events.curriculum import RevisionEscalated, RevisionReminded, RevisionSeated
from shared.events.feedback import EffectMeasured, EffectOn
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due
from shared.programmes.grammar import Approval

V1 = "/curriculum/v1/revisions"


@pytest.fixture
async def drafted(planned, hear, draft, client, token_for):
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return (await client.get(f"{V1}/{opened.revision_id}", headers=token_for("coordinator"))).json()


@pytest.fixture
def post(client, drafted):
    async def send(what, headers, **body):
        return await client.post(f"{V1}/{drafted['revision_id']}/{what}", json=body, headers=headers)

    return send


@pytest.fixture
def approve(post, drafted):
    async def all_of(*headers):
        for one in headers:
            answer = await post("votes", one, choice="approve", content_hash=drafted["content_hash"])
            assert answer.status_code == 201, answer.text
        return answer.json()

    return all_of


@pytest.fixture
def until(sessions):
    async def move(day):
        async with sessions.begin() as session:
            await advance_clock(ClockAdvanced(today=day), session)
        return await fire_due(handlers.on, sessions)

    return move


def acts(revision):
    return [step["act"] for step in revision["history"]]


async def test_a_vote_that_is_handed_on_is_cast_by_the_other_person_alone(
    post, voters, token_for, planned, approve, sessions, said
):
    deputy = uuid4()
    teacher = token_for("teacher", person_id=deputy, college_id=planned.college_id)
    refused = await post("votes", teacher, choice="approve", content_hash="x")
    assert (refused.status_code, refused.json()["code"]) == (403, "E-CUR-SEAT")

    handed = await post("delegations", voters["college"][0], to=str(deputy), comment="at the plant this week")

    assert handed.status_code == 201, handed.text
    assert acts(handed.json())[-1] == "delegate"
    again = await post("votes", voters["college"][0], choice="approve", content_hash="x")
    assert (again.status_code, again.json()["code"]) == (409, "E-CUR-GIVEN")
    result = await approve(teacher, voters["college"][1], *voters["enterprise"])
    assert result["state"] == "published"
    seated = [event for event in await said(sessions) if isinstance(event, RevisionSeated)]
    assert [(event.kind, event.person_id, event.side) for event in seated] == [
        ("delegated", deputy, "college")
    ]


@pytest.mark.parametrize("own", [True, False], ids=["of the programme", "of another"])
async def test_a_vote_handed_to_the_other_side_counts_for_nobody(
    post, voters, token_for, planned, drafted, own
):
    stranger = uuid4()
    await post("delegations", voters["college"][0], to=str(stranger))
    enterprise = planned.enterprise_id if own else uuid4()
    mentor = token_for("mentor", person_id=stranger, enterprise_id=enterprise, side=None)

    answer = await post("votes", mentor, choice="approve", content_hash=drafted["content_hash"])

    assert (answer.status_code, answer.json()["code"]) == (403, "E-CUR-SIDE")
    assert (await post("take-backs", voters["college"][0], person_id=str(stranger))).status_code == 201


async def test_an_added_voter_must_approve_as_well(post, voters, token_for, planned, approve):
    expert = uuid4()
    added = await post("voters", token_for("coordinator"), person_id=str(expert), side="enterprise")
    assert added.json()["needs"] == {"college": 2, "enterprise": 3}

    before = await approve(*voters["college"], *voters["enterprise"])

    assert before["state"] == "voting"
    master = token_for("mentor", person_id=expert, enterprise_id=planned.enterprise_id)
    assert (await approve(master))["state"] == "published"


async def test_nobody_is_added_who_could_not_approve_nor_handed_a_vote_that_would_not_count(
    planned, client, token_for, draft
):
    author, giver, deputy, expert = (uuid4() for _ in range(4))
    coordinator = token_for("coordinator", person_id=author)
    body = {
        "plan_id": str(planned.plan_id),
        "competencies": {"casting": 0.1},
        "reason": {"zh": "因", "en": "why"},
    }
    new = await client.post(V1, json=body, headers=coordinator)
    await draft()
    member, second = (
        token_for("panel-college", person_id=who, college_id=planned.college_id) for who in (giver, expert)
    )

    async def ask(what, headers, **body):
        url = f"{V1}/{new.json()['revision_id']}/{what}"
        answer = await client.post(url, json=body, headers=headers)
        return answer.status_code, answer.json().get("code")

    assert await ask("delegations", member, to=str(author)) == (422, "E-CUR-HAND"), "who asked for it"
    assert await ask("delegations", member, to=str(deputy)) == (201, None)
    for who in (author, giver):
        added = await ask("voters", coordinator, person_id=str(who), side="college")
        assert added == (422, "E-CUR-HAND")
    assert await ask("voters", coordinator, person_id=str(expert), side="college") == (201, None)
    assert await ask("delegations", second, to=str(uuid4())) == (422, "E-CUR-HAND"), "the expert's own"


async def test_a_panel_adds_voters_for_its_own_side_only(post, voters):
    answer = await post("voters", voters["college"][0], person_id=str(uuid4()), side="enterprise")

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-HAND")


async def test_who_has_a_conflict_of_interest_stands_aside_and_the_vote_no_longer_counts(
    post, voters, token_for, approve
):
    first = voters["college"][0]
    await approve(first)

    aside = await post("conflicts", first, comment="my brother runs the line")

    assert aside.json()["approvals"] == {"college": 0, "enterprise": 0}
    assert acts(aside.json())[-1] == "aside"
    again = await post("votes", first, choice="approve", content_hash="x")
    assert (again.status_code, again.json()["code"]) == (403, "E-CUR-CONFLICT")
    silent = await post("conflicts", voters["college"][1])
    assert (silent.status_code, silent.json()["code"]) == (422, "E-CUR-COMMENT")


async def test_who_proposed_a_change_does_not_decide_on_it(planned, client, token_for, draft):
    both = {"person_id": uuid4(), "college_id": planned.college_id}
    body = {
        "plan_id": str(planned.plan_id),
        "competencies": {"casting": 0.1},
        "reason": {"zh": "因", "en": "why"},
    }
    new = await client.post(V1, json=body, headers=token_for("coordinator", **both))
    await draft()
    url = f"{V1}/{new.json()['revision_id']}"
    shown = (await client.get(url, headers=token_for("coordinator"))).json()

    ballot = {"choice": "approve", "content_hash": shown["content_hash"]}
    answer = await client.post(f"{url}/votes", json=ballot, headers=token_for("panel-college", **both))

    assert (answer.status_code, answer.json()["code"]) == (403, "E-CUR-CONFLICT")


async def test_who_gets_a_copy_may_read_it_and_nobody_else_from_outside(post, drafted, token_for, client):
    reader = uuid4()
    outside = {"person_id": reader, "enterprise_id": uuid4()}
    url = f"{V1}/{drafted['revision_id']}"
    assert (await client.get(url, headers=token_for("integrator", **outside))).status_code == 403

    await post("copies", token_for("coordinator"), person_ids=[str(reader)])

    assert (await client.get(url, headers=token_for("integrator", **outside))).status_code == 200


async def test_the_panels_are_nudged_once_a_day(post, voters, token_for, sessions, said, until):
    coordinator = token_for("coordinator")
    await until(date(2021, 12, 8))
    first = await post("nudges", coordinator)
    assert first.status_code == 201, first.text

    second = await post("nudges", coordinator)

    assert (second.status_code, second.json()["code"]) == (409, "E-CUR-NUDGED")
    told = [event for event in await said(sessions) if isinstance(event, RevisionReminded)]
    assert [(event.percent, event.sides) for event in told] == [(14, ["college", "enterprise"])]


async def test_an_overdue_revision_climbs_the_chain_of_its_programme_and_may_get_more_time(
    told, planned, hear, drafted, until, post, token_for, sessions, said
):
    approval = {"escalates_to": ["manager", "admin"], "escalation_days": 3}
    await hear(handlers.keep_programme, told.programme(approval=approval))
    await until(date(2021, 12, 20))

    longer = await post("extension", token_for("manager"), deadline_on="2021-12-25", comment="audit week")

    assert longer.json()["deadline_on"] == "2021-12-27", "Christmas 2021 fell on a Saturday"
    assert longer.json()["state"] == "escalated"
    await until(date(2021, 12, 27))
    climbed = [event for event in await said(sessions) if isinstance(event, RevisionEscalated)]
    assert [(event.level, event.asks) for event in climbed] == [(1, "manager"), (2, "admin")]


async def test_the_level_that_is_asked_by_now_may_give_more_time(
    told, planned, hear, drafted, until, post, token_for
):
    chain = {"escalates_to": ["manager", "admin"], "escalation_days": 3}
    await hear(handlers.keep_programme, told.programme(approval=chain))
    admin, longer = token_for("admin"), {"deadline_on": "2022-01-05", "comment": "audit week"}
    await until(date(2021, 12, 20))
    early = await post("extension", admin, **longer)

    await until(date(2021, 12, 23))

    assert (early.status_code, early.json()["code"]) == (403, "E-TLD-403"), "it lay with the manager"
    given = await post("extension", admin, **longer)
    assert (given.status_code, given.json()["asks"]) == (201, "admin")
    assert (await post("extension", token_for("teacher"), **longer)).status_code == 403


async def test_without_more_time_each_level_has_its_own_days(
    told, planned, hear, drafted, until, sessions, said
):
    await hear(
        handlers.keep_programme,
        told.programme(approval={"escalates_to": ["manager", "admin"], "escalation_days": 3}),
    )

    for day in (20, 22, 23):
        await until(date(2021, 12, day))

    climbed = [event for event in await said(sessions) if isinstance(event, RevisionEscalated)]
    assert [(event.level, event.asks) for event in climbed] == [(1, "manager"), (2, "admin")]


async def test_a_rejected_revision_is_taken_up_again_as_a_new_one_and_stays_as_it_was(
    post, voters, drafted, client, token_for, draft
):
    await post(
        "votes",
        voters["enterprise"][0],
        choice="reject",
        content_hash=drafted["content_hash"],
        comment="not now",
    )

    new = await post("reopen", token_for("coordinator"), comment="the furnace is back")

    assert new.status_code == 201, new.text
    await draft()
    url = f"{V1}/{new.json()['revision_id']}"
    shown = (await client.get(url, headers=token_for("coordinator"))).json()
    assert (shown["state"], shown["reopens"]) == ("drafted", drafted["revision_id"])
    assert shown["causes"][0]["kind"] == "revision"
    assert shown["evidence"][0]["evidence"][0]["estimate"] == 3.8
    old = (await client.get(f"{V1}/{drafted['revision_id']}", headers=token_for("coordinator"))).json()
    assert old["state"] == "rejected"
    assert old["evidence"] == drafted["evidence"]
    twice = await post("reopen", token_for("coordinator"), comment="once more")
    assert (twice.status_code, twice.json()["code"]) == (409, "E-CUR-REOPEN")


async def test_whom_a_decision_touched_stays_with_it_whatever_comes_later(
    planned, hear, drafted, approve, voters, client, token_for
):
    await approve(*voters["college"], *voters["enterprise"])
    later = planned.cohort(first_monday=date(2022, 9, 5), cohort_id=uuid4())
    await hear(handlers.put_plan_in_force_for_cohort, later)

    coordinator = token_for("coordinator")
    shown = (await client.get(f"{V1}/{drafted['revision_id']}", headers=coordinator)).json()
    asked = coordinator | {"Accept": "text/html", "Accept-Language": "en"}
    page = (await client.get(f"/curriculum/revisions/{drafted['revision_id']}", headers=asked)).text

    assert shown["impact"] == drafted["impact"]
    assert "Who was affected when it was decided" in page
    assert "approved today" not in page


async def test_a_version_that_made_something_worse_is_taken_up_again(planned, hear, drafted, approve, voters):
    await approve(*voters["college"], *voters["enterprise"])
    worse = EffectOn(
        competency="casting",
        difference=-0.4,
        low=-0.6,
        high=-0.2,
        ratings_before=80,
        ratings_after=80,
        verdict="worse",
    )
    measured = EffectMeasured(
        effect_id=uuid4(), programme_id=planned.programme_id, plan_id=planned.plan_id, from_version=1, to_version=2,
        cohort_before=planned.cohort_id, cohort_after=uuid4(), week=20, effects=[worse], rule="a/1",
    )  # fmt: skip

    [opened] = await hear(handlers.reopen_revision_for_worse_effect, measured)

    assert (opened.causes[0].kind, opened.causes[0].competencies) == ("revision", ["casting"])
    fine = measured.model_copy(
        update={"effect_id": uuid4(), "effects": [worse.model_copy(update={"verdict": "improved"})]}
    )
    assert await hear(handlers.reopen_revision_for_worse_effect, fine) == []
    open_cause = measured.model_copy(
        update={"effect_id": uuid4(), "effects": [worse.model_copy(update={"verdict": "lower-cause-open"})]}
    )
    assert await hear(handlers.reopen_revision_for_worse_effect, open_cause) == []


@pytest.mark.parametrize("counts", ["working", "calendar"])
@pytest.mark.parametrize("opened", [date(2021, 9, 28) + timedelta(days=n) for n in range(0, 14, 3)])
def test_reminders_and_deadline_fall_on_working_days(counts, opened):
    marks = deadlines(opened, Approval(deadline_days=10, deadline_counts=counts))

    assert all(works(day) for day in marks)
    assert marks == tuple(sorted(marks))


def test_ten_working_days_step_over_the_national_holiday():
    assert deadlines(date(2021, 9, 30), Approval())[2] == date(2021, 10, 20)
