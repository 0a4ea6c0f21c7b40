"""What the service stores, held against the validator that is written apart from it: at the start, after a new plan version, after a lost station."""

from collections import Counter
from datetime import timedelta

from sqlmodel import select

from services.placement.handlers import keep_plan, keep_stations, plan_cohort_for_plan_in_force
from services.placement.model import StintRow, Timetable
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.placement.plant import (
    MODULES,
    MONDAY,
    WORKSHOPS,
    an,
    cohort,
    in_force,
    module,
    offers,
    open_programme,
    plan,
    tell,
    work_off,
)
from tests.placement.validator import faults, uncovered

WEEKS = 28
STATIONS = [station for names in WORKSHOPS.values() for station in names]
LATER = [*MODULES, module("rework", 18, ["lab-1", "lab-2"])]
LOST, LOST_FROM = "caster-2", 15
"""From this teaching week (from 0) on the casting workshop offers one caster only."""


def seats(station, week, lost):
    """Two mentors who guide ten each, at a bench for twenty."""
    return 0 if lost and station == LOST and week >= LOST_FROM else 20


def by_module(enrolled, modules, lost):
    """The cohort as a rotation problem whose stations are modules: what each trainee must do, when, in which order."""
    names = [one.module for one in modules]
    groups = sorted({one.group for one in enrolled.trainees})
    of = {one.group: one.direction for one in enrolled.trainees}
    required = {
        direction: [names.index(one.module) for one in modules if one.direction in {None, direction}]
        for direction in set(of.values())
    }
    order = [
        [names.index(before), names.index(one.module)] for one in modules for before in one.prerequisites
    ]
    where = {one.module: [name for name in STATIONS if an(name) in one.practised_at] for one in modules}
    return {
        "weeks": WEEKS, "foundation_weeks": 4, "block_weeks": 4, "min_gap": 1,
        "class_size": [sum(one.group == group for one in enrolled.trainees) for group in groups],
        "class_direction": [of[group] for group in groups], "required": required,
        "precedence": {
            direction: [pair for pair in order if set(pair) <= set(needed)] for direction, needed in required.items()
        },
        "release": [[one.last_week - 1 for one in modules] for _ in groups],
        "capacity": [
            [sum(seats(station, week, lost) for station in where[name]) for week in range(WEEKS)] for name in names
        ],
    }  # fmt: skip


def by_station(stints, people, lost):
    """Each stint alone, at the very station: whether the seats of no station and week are taken twice."""
    names = sorted({station for _, _, station, _ in stints})
    problem = {
        "weeks": WEEKS, "foundation_weeks": 0, "block_weeks": 1, "min_gap": 0, "precedence": {}, "no_lag": [],
        "class_size": [people[group] for group, _, _, _ in stints],
        "class_direction": [station for _, _, station, _ in stints],
        "required": {station: [names.index(station)] for station in names},
        "release": [[0] * len(names) for _ in stints],
        "capacity": [[seats(station, week, lost) for week in range(WEEKS)] for station in names],
    }  # fmt: skip
    entries = [
        [at, [[names.index(station), week]]]
        for at, (group, _, station, week) in enumerate(stints)
        for _ in range(people[group])
    ]
    return problem, entries


async def stored(sessions):
    """Each version of the timetable as (group, module, station, week from 0), with its cost."""
    called = {str(an(name)): name for name in STATIONS}
    async with sessions() as session:
        rows = {str(row.stint_id): row for row in await session.scalars(select(StintRow))}
        versions = (await session.scalars(select(Timetable).order_by(Timetable.timetable_version))).all()
    return [
        (
            [
                (rows[stint].group, rows[stint].module, called[station], week - 1)
                for stint, (station, week) in sorted(version.places.items())
            ],
            version,
        )
        for version in versions
    ]


async def test_each_stored_timetable_of_the_service_keeps_every_rule_as_the_validator_reads_them(
    sessions, said
):
    enrolled = cohort()
    await open_programme(sessions, enrolled=enrolled)
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY + timedelta(weeks=9)))
    await tell(sessions, keep_plan, plan(version=2, modules=LATER))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(version=2, from_week=13))
    await work_off(sessions)
    less = {"casting": [name for name in WORKSHOPS["casting"] if name != LOST]}
    await tell(sessions, keep_stations, *offers(workshops=less, from_day=MONDAY + timedelta(weeks=LOST_FROM)))
    await work_off(sessions)

    names = [type(event).__name__ for event in await said(sessions)]
    assert names == ["TimetablePublished", "TimetableChanged", "TimetableChanged"]
    versions = await stored(sessions)
    sizes = Counter(one.group for one in enrolled.trainees)
    assert faults(*by_station(versions[1][0], sizes, lost=True))[0], "the lost station held somebody"
    for (stints, version), modules, lost in zip(
        versions, [MODULES, LATER, LATER], [False, False, True], strict=True
    ):
        problem = by_module(enrolled, modules, lost)
        codes = [one.module for one in modules]
        groups = sorted({one.group for one in enrolled.trainees})
        entries = [
            [at, [[codes.index(code), week] for owner, code, _, week in stints if owner == group]]
            for at, group in enumerate(groups)
            for _ in range(problem["class_size"][at])
        ]
        wrong, cost = faults(problem, entries)
        assert wrong == []
        assert uncovered(problem, entries) == []
        assert faults(*by_station(stints, sizes, lost))[0] == []
        allowed = {one.module: {name for name in STATIONS if an(name) in one.practised_at} for one in modules}
        assert all(station in allowed[code] for _, code, station, _ in stints)
        assert version.lower_bound <= version.cost == cost
