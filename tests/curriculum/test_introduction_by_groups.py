"""A version may reach some groups of a cohort first; both sides vote on which, and what follows from it holds for each trainee."""

from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from services.curriculum import handlers, staggering
from services.curriculum.graduates import Mark
from services.curriculum.refusals import IntroductionRefused
from services.curriculum.staggering import Introduction
from shared.events.curriculum import PlanInForce
from shared.events.placement import Group, TimetablePublished
from shared.events.plan_parts import PlanPhase
from shared.events.recruitment import Trainee
from tests.curriculum.conftest import NAME

V1 = "/curriculum/v1/revisions"
HERE, THERE = uuid4(), uuid4()
GROUPS = {"A": ["a"], "B": ["b", "c"]}
PHASES = [
    PlanPhase(
        phase="turns", title=NAME, first_week=1, last_week=12, theory_weeks=3, workshop_weeks=1, budget=9
    )
]
MONDAY = date(2021, 9, 6)


@pytest.fixture
async def revision(planned, hear, draft, client, token_for):
    """A drafted revision of a plan that teaches a cohort of two groups."""
    trainees = [
        Trainee(
            trainee_id=one, enterprise_id=planned.enterprise_id, college_number=str(one), status="student"
        )
        for one in (HERE, THERE)
    ]
    await hear(
        handlers.put_plan_in_force_for_cohort, planned.cohort().model_copy(update={"trainees": trainees})
    )
    groups = [Group(group="A", trainee_ids=[HERE]), Group(group="B", trainee_ids=[THERE])]
    timetable = TimetablePublished(
        cohort_id=planned.cohort_id, timetable_version=1, plan_id=planned.plan_id, plan_version=1, groups=groups,
        stints=[], cost=0, lower_bound=0,
    )  # fmt: skip
    await hear(handlers.keep_rota, timetable)
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    return (await client.get(f"{V1}/{opened.revision_id}", headers=token_for("coordinator"))).json()


@pytest.fixture
def choose(client, revision, planned, token_for):
    async def put(**given):
        body = {"cohort_id": str(planned.cohort_id), "seen": revision["content_hash"], **given}
        return await client.put(
            f"{V1}/{revision['revision_id']}/introduction", json=body, headers=token_for("coordinator")
        )

    return put


async def approved(client, revision, voters):
    for headers in [*voters["college"], *voters["enterprise"]]:
        ballot = {"choice": "approve", "content_hash": revision["content_hash"]}
        answer = await client.post(f"{V1}/{revision['revision_id']}/votes", json=ballot, headers=headers)
        assert answer.status_code == 201, answer.text


async def test_the_page_shows_the_groups_and_the_boundaries_at_which_others_may_follow(revision):
    [cohort] = revision["impact"]["cohorts"]

    assert (cohort["from_week"], cohort["groups"]) == (17, {"A": 1, "B": 1})
    assert [one["week"] for one in cohort["boundaries"]] == [21, 25]
    assert cohort["later"] is None


async def test_what_was_chosen_is_voted_on_and_reaches_each_group_at_its_boundary(
    choose, client, revision, voters, sessions, said, planned
):
    early = {"choice": "approve", "content_hash": revision["content_hash"]}
    await client.post(f"{V1}/{revision['revision_id']}/votes", json=early, headers=voters["college"][0])

    chosen = (await choose(first=["A"], boundaries=1)).json()

    assert chosen["content_hash"] != revision["content_hash"]
    assert [one["counts"] for one in chosen["votes"]] == [False]
    assert chosen["impact"]["cohorts"][0]["later"] == {
        "trainees": [str(THERE)], "week": 21, "day": "2022-01-24",
    }  # fmt: skip
    await approved(client, chosen, voters)
    [force] = [one for one in await said(sessions) if isinstance(one, PlanInForce) and one.plan_version == 2]
    assert (force.from_week, force.later, force.later_week) == (17, [THERE], 21)
    assert force.later_from == date(2022, 1, 24)


async def test_a_mark_counts_by_the_version_that_taught_this_trainee_then(
    choose, client, voters, sessions, planned, token_for
):
    await approved(client, (await choose(first=["A"], boundaries=1)).json(), voters)
    url = f"/curriculum/v1/cohorts/{planned.cohort_id}/marks"
    for day in ("2022-01-10", "2022-01-24"):
        results = [{"trainee_id": str(one), "marks": {"steelmaking": 80}} for one in (HERE, THERE)]
        sheet = {"results": results, "marked_on": day}
        assert (await client.post(url, json=sheet, headers=token_for("coordinator"))).status_code == 201
        async with sessions() as session:
            under = {one.trainee_id: one.plan_version for one in await session.scalars(select(Mark))}
        assert under == {HERE: 2, THERE: 1 if day == "2022-01-10" else 2}


async def test_an_edit_by_hand_keeps_the_groups_and_none_chosen_lets_all_move_at_once(
    choose, client, revision, planned, token_for
):
    chosen = (await choose(first=["B"], boundaries=2)).json()
    hours = {"culture": {"theory": 59, "workshop": 40}, "casting": {"theory": 81, "workshop": 40}}

    edited = await client.patch(
        f"{V1}/{revision['revision_id']}/draft", json={"hours": hours, "seen": chosen["content_hash"]},
        headers=token_for("coordinator"),
    )  # fmt: skip
    back = await choose(first=[], seen=edited.json()["content_hash"])

    assert edited.json()["impact"]["cohorts"][0]["later"]["week"] == 25
    assert back.json()["impact"]["cohorts"][0]["later"] is None


async def test_groups_and_boundaries_that_are_not_there_are_refused_in_words(choose, revision):
    for given, words in (
        ({"first": ["C"]}, "the groups are: A, B"),
        ({"first": ["A", "B"]}, "leave at least one for later"),
        ({"first": ["A"], "boundaries": 3}, "only 2 boundaries are left"),
        ({"first": ["A"], "cohort_id": str(uuid4())}, "not taught by the plan"),
    ):
        answer = await choose(**given)
        assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-INTRODUCTION")
        assert words in answer.json()["detail"]
    assert (await choose(first=["A"], seen="another")).json()["code"] == "E-CUR-STALE"


@pytest.mark.parametrize(("language", "words"), [("zh", "按小组分批引入"), ("en", "Introduce it by groups")])
async def test_groups_are_chosen_on_the_page_of_the_revision(
    client, revision, planned, token_for, language, words
):
    headers = token_for("coordinator", college_id=planned.college_id) | {"Accept": "text/html"}
    page = f"/curriculum/revisions/{revision['revision_id']}"
    form = {
        "seen": revision["content_hash"], "cohort_id": str(planned.cohort_id), "first": ["B"], "boundaries": "1",
    }  # fmt: skip

    before = (await client.get(f"{page}?lang={language}", headers=headers)).text
    sent = await client.post(f"{page}/introduction", data=form, headers=headers)
    after = (await client.get(f"{page}?lang=en", headers=headers)).text

    assert words in before
    assert sent.status_code == 303
    assert "Groups B first, in week 17" in after


def test_where_no_boundary_or_group_is_left_at_publication_all_move_at_once():
    asked = Introduction(cohort_id=HERE, first=["A"], boundaries=2)
    possible = staggering.starts(PHASES, MONDAY, (5, date(2021, 10, 4)))

    assert [week for week, _ in possible] == [5, 9]
    assert staggering.later(asked, GROUPS, possible) is None
    with pytest.raises(IntroductionRefused):
        staggering.check(asked, GROUPS, possible)
    assert staggering.later(asked.model_copy(update={"boundaries": 1}), {"X": ["x"]}, possible) is None
