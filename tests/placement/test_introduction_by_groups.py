"""A plan version that reaches some groups of a cohort later: each group moves at its own boundary and keeps its weeks until then."""

from datetime import timedelta

from sqlmodel import select

from services.placement.handlers import keep_plan, plan_cohort_for_plan_in_force
from services.placement.introduced import starts, weeks_to_practise
from services.placement.known import Known
from services.placement.model import Cohort
from shared.events.plan_parts import PlanPhase
from tests.placement.plant import (
    MODULES,
    MONDAY,
    an,
    cohort,
    in_force,
    module,
    open_programme,
    plan,
    tell,
    template,
    text,
    work_off,
)

FIRST, LATER = 13, 21
"""The boundaries of the two groups."""
PAUSE = range(FIRST, FIRST + 4)
"""The new version has no workshop week in the first cycle after the first boundary."""
NEW = [*MODULES, module("rework", 10, ["lab-1", "lab-2"])]


def phase(name, first, last, **cycle):
    return PlanPhase(phase=name, title=text(name), first_week=first, last_week=last, budget=300, **cycle)


CYCLE = {"theory_weeks": 3, "workshop_weeks": 1}
SECOND = plan(version=2, modules=NEW).model_copy(
    update={
        "phases": [
            phase("foundation", 1, 4), phase("alternation", 5, 12, **CYCLE), phase("pause", 13, 16),
            phase("practice", 17, 28, **CYCLE),
        ]
    }
)  # fmt: skip


def by_groups(enrolled, version=2, first=FIRST, later=LATER):
    """The version reaches the second group later."""
    rest = [one.trainee_id for one in enrolled.trainees if one.group == "g02"]
    following = {"later": rest, "later_week": later, "later_from": MONDAY + timedelta(weeks=later - 1)}
    return in_force(version=version, from_week=first).model_copy(update=following)


def places(event, group):
    return {one.module: (one.station_id, one.week) for one in event.stints if one.group == group}


def before(event, group, week):
    return {name: place for name, place in places(event, group).items() if place[1] < week}


async def introduced(sessions, said, enrolled):
    await open_programme(sessions, enrolled=enrolled)
    await tell(sessions, keep_plan, SECOND)
    await tell(sessions, plan_cohort_for_plan_in_force, by_groups(enrolled))
    await work_off(sessions)
    return await said(sessions)


async def test_only_the_group_whose_boundary_has_come_moves_and_the_other_keeps_its_weeks(sessions, said):
    published, changed = await introduced(sessions, said, cohort(30, 2))

    assert any(week in PAUSE for _, week in places(published, "g01").values())
    assert not any(week in PAUSE for _, week in places(changed, "g01").values())
    assert before(changed, "g01", FIRST) == before(published, "g01", FIRST)
    assert any(week in PAUSE for _, week in places(published, "g02").values())
    assert before(changed, "g02", LATER) == before(published, "g02", LATER)


async def test_what_the_version_adds_reaches_each_group_after_its_own_boundary(sessions, said):
    _, changed = await introduced(sessions, said, cohort(30, 2))

    assert places(changed, "g01")["rework"][1] >= FIRST + len(PAUSE)
    assert places(changed, "g02")["rework"][1] >= LATER
    for group, reached in (("g01", FIRST), ("g02", LATER)):
        weeks = sorted(week for _, week in places(changed, group).values())
        assert len({(week - 1) // 4 for week in weeks}) == len(weeks), "one visit in each cycle of four weeks"
        assert not any(week in PAUSE for week in weeks if week >= reached)


async def test_a_timetable_that_nothing_has_changed_since_is_left_alone(sessions, said):
    enrolled = cohort(30, 2)
    before = await introduced(sessions, said, enrolled)

    await tell(sessions, keep_plan, SECOND)
    await work_off(sessions)

    assert await said(sessions) == before


async def test_a_version_that_overtakes_another_reaches_those_who_still_waited_for_that_one(sessions):
    enrolled, known = cohort(30, 2), {(an("plan"), number): plan(version=number) for number in (1, 2, 3)}
    async with sessions.begin() as session:
        row = Cohort.from_event(enrolled)
        for said in (in_force(), by_groups(enrolled), in_force(version=3, from_week=17)):
            row.apply(said)
        session.add(row)
    async with sessions() as session:
        kept = (await session.scalars(select(Cohort))).one()
    everything = Known(
        kept, template(), known[an("plan"), 3], [], None, [], [], {}, [], frozenset(), MONDAY, plans=known
    )

    def taught(group):
        who = [one.trainee_id for one in enrolled.trainees if one.group == group]
        return [(week, version.plan_version) for week, version in starts(everything, who)], weeks_to_practise(
            everything, who
        )

    (first, weeks), (second, others) = taught("g01"), taught("g02")
    assert first == [(1, 1), (13, 2), (17, 3)]
    assert second == [(1, 1), (17, 3)]
    assert weeks == others == [(week, week + 3) for week in range(5, 28, 4)]
