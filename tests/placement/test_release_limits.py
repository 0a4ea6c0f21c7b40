"""Crews in the service: an enterprise says how many of each may be away, and timetables keep to it."""

from collections import Counter

from services.placement.handlers import keep_cohort, keep_crew, plan_cohort_for_plan_in_force
from shared.events.enterprise import CrewLearner, ReleaseLimited
from tests.placement.plant import (
    an,
    cohort,
    in_force,
    open_programme,
    tell,
    text,
    work_off,
)

PAIRS = {"trainees": 12, "groups": 6}
"""Six groups of two; the first of each pair works in crew 甲."""


def crew(limit, learners, name="甲", enterprise="plant"):
    return ReleaseLimited(
        enterprise_id=an(enterprise), crew_id=an(name), title=text(name), release_limit=limit,
        learners=[CrewLearner(trainee_id=one) for one in learners],
    )  # fmt: skip


def first_of_each(enrolled):
    return [trainee.trainee_id for trainee in enrolled.trainees[::2]]


async def open_with(sessions, limit, learners, enrolled):
    await tell(sessions, keep_crew, crew(limit, learners))
    await open_programme(sessions, enrolled=enrolled)


def most_away(stints):
    return max(Counter(stint.monday for stint in stints).values())


async def test_no_week_has_more_of_a_crew_away_than_it_lets_go(sessions, said):
    enrolled = cohort(**PAIRS)
    await open_with(sessions, 2, first_of_each(enrolled), enrolled)

    [published] = await said(sessions)

    assert most_away(published.stints) == 2, "a week has at most two groups, each with one of the crew"
    assert len(published.stints) == 6 * 4
    assert published.lower_bound <= published.cost


async def test_without_a_limit_more_are_away_at_once(sessions, said):
    await open_programme(sessions, enrolled=cohort(**PAIRS))

    [published] = await said(sessions)

    assert most_away(published.stints) > 2


async def test_a_limit_that_comes_later_moves_the_fewest(sessions, said):
    enrolled = cohort(**PAIRS)
    await open_programme(sessions, enrolled=enrolled)

    await tell(sessions, keep_crew, crew(2, first_of_each(enrolled)))
    await work_off(sessions)

    _, changed = await said(sessions)
    assert type(changed).__name__ == "TimetableChanged"
    assert most_away(changed.stints) == 2
    assert 0 < changed.visits_moved_bound <= changed.visits_moved


async def test_the_crew_the_weeks_and_how_many_too_many_are_said_in_words(client, sessions, said, token_for):
    enrolled = cohort(14, 7)
    await open_with(sessions, 1, first_of_each(enrolled), enrolled)

    [impossible] = await said(sessions)  # seven groups with four visits each in 24 workshop weeks

    [conflict] = [one for one in impossible.conflicts if one.rule == "crew-release"]
    assert conflict.crew_id == an("甲")
    assert conflict.weeks
    assert conflict.missing > 0
    assert f"crew “甲”: {conflict.missing} too many at stations a week in weeks" in conflict.words.en
    assert "班组“甲”第" in conflict.words.zh
    shown = f"/placement/v1/cohorts/{an('cohort')}/timetable"
    theirs = (await client.get(shown, headers=token_for("integrator", enterprise_id=an("plant")))).json()
    others = (await client.get(shown, headers=token_for("integrator", enterprise_id=an("other")))).json()
    assert {one["crew_id"] for one in theirs["conflicts"]} == {str(an("甲"))}
    assert "more of crew “甲” at stations a week" in theirs["conflicts"][-1]["words"]["en"]
    assert [one for one in others["conflicts"] if one["crew_id"]] == []


async def test_a_group_with_more_of_a_crew_than_it_ever_lets_go_is_named_at_once(sessions, said):
    enrolled = cohort(**PAIRS)
    await open_with(sessions, 1, [one.trainee_id for one in enrolled.trainees], enrolled)

    [impossible] = await said(sessions)

    words = [one.words.en for one in impossible.conflicts]
    assert "group g01 has 2 of crew “甲”, of whom 1 may be at stations in a week: 1 too many" in words


async def test_learners_of_a_crew_in_another_cohort_count_too(sessions, said):
    first, second = cohort(4, 2), cohort(4, 2, name="next")
    people = [*first_of_each(first), *first_of_each(second)]
    await open_with(sessions, 1, people, first)

    await tell(sessions, keep_cohort, second)
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="next"))
    await work_off(sessions)

    [one, other] = await said(sessions)
    assert type(other).__name__ == "TimetablePublished"
    assert most_away([*one.stints, *other.stints]) == 1


async def test_a_draft_that_takes_too_many_of_a_crew_away_is_not_published(client, sessions, said, token_for):
    staff, enrolled = token_for("coordinator"), cohort(4, 2)
    await open_with(sessions, 1, first_of_each(enrolled), enrolled)
    [published] = await said(sessions)
    stint = max(published.stints, key=lambda one: one.week)
    other = next(
        one.week
        for one in published.stints
        if one.group != stint.group and one.week > stint.week - 4 and one.week != stint.week
    )
    move = {"stint_id": str(stint.stint_id), "station_id": str(stint.station_id), "week": other}
    at = f"/placement/v1/cohorts/{an('cohort')}/draft"

    shown = (await client.post(f"{at}/moves", json=move, headers=staff)).json()

    words = f"crew “甲”: 1 too many at stations in week {other} (2/1)"
    assert words in [fault["en"] for fault in shown["faults"]]
    refused = await client.post(f"{at}/publish", headers=staff)
    assert refused.status_code == 409
    assert words in refused.json()["detail"]


async def test_the_page_of_the_rotas_shows_an_enterprise_its_own_crews(client, sessions, token_for):
    await tell(sessions, keep_crew, crew(3, [an("a"), an("b")]), crew(2, [an("c")], "丙", "other"))
    theirs = token_for("integrator", enterprise_id=an("plant")) | {"Accept-Language": "en"}

    page = (await client.get("/placement/rotas", headers=theirs)).text
    [listed] = (await client.get("/placement/v1/crews", headers=theirs)).json()

    assert "甲" in page
    assert "丙" not in page
    assert listed["release_limit"] == 3
    assert len((await client.get("/placement/v1/crews", headers=token_for("coordinator"))).json()) == 2
    assert (await client.get("/placement/v1/crews", headers=token_for("mentor"))).status_code == 403
