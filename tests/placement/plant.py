"""A small programme at a plant, as events: what the tests of placement tell the service."""

from datetime import date, timedelta
from uuid import UUID, uuid5

from services.placement.handlers import (
    keep_cohort,
    keep_mentor,
    keep_plan,
    keep_programme,
    keep_stations,
    on,
    plan_cohort_for_plan_in_force,
)
from shared.events.base import Text
from shared.events.curriculum import PlanInForce, PlanPublished
from shared.events.enterprise import MentorNamed, Station, StationsOffered
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import Hours, PlanModule, PlanPhase
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee
from shared.messaging.clock import advance_clock
from shared.messaging.jobs import do_one
from shared.programmes.grammar import Step, Template
from shared.programmes.part import Length, Unit
from shared.programmes.phases import Cycle, Phase, Setting

SPACE = UUID("11111111-1111-4111-8111-111111111111")
MONDAY = date(2021, 3, 1)


def an(name):
    """The id of something with this name."""
    return uuid5(SPACE, name)


def text(name):
    return Text(zh=name, en=name)


def template(**changes):
    values = {
        "template": "jingye",
        "title": text("Jingye"),
        "source": "the paper",
        "steps": [Step.TIMETABLE],
        "group_size": 15,
        "phases": [
            Phase(phase="foundation", title=text("f"), length=Length(amount=4, unit=Unit.WEEK), settings=[Setting.THEORY]),
            Phase(
                phase="alternation", title=text("a"), length=Length(amount=24, unit=Unit.WEEK),
                settings=[Setting.THEORY, Setting.WORKSHOP], cycle=Cycle(theory_weeks=3, workshop_weeks=1),
            ),
        ],
        **changes,
    }  # fmt: skip
    return Template(**values)


def programme(**changes):
    return ProgrammeOpened(
        programme_id=an("programme"), agreement_id=an("agreement"), college_id=an("college"), enterprise_ids=[an("plant")],
        title=text("Jingye 2021"), template=template(**changes), position_ids=[], opened_on=date(2021, 1, 4),
    )  # fmt: skip


def cohort(trainees=180, groups=12, name="cohort", first_monday=MONDAY, **changes):
    size = trainees // groups
    people = [
        Trainee(
            trainee_id=an(f"{name}-trainee-{number}"), enterprise_id=an("plant"), college_number=f"c{number}",
            status="student", direction="steelmaking" if number // size % 2 else "rolling", group=f"g{number // size + 1:02d}",
            born_on=date(2002, 1, 1),
        )
        for number in range(trainees)
    ]  # fmt: skip
    return CohortEnrolled(
        cohort_id=an(name), programme_id=an("programme"), intake_id=None, college_id=an("college"), year=2021,
        title=text(name), first_monday=first_monday, **{"trainees": people, **changes},
    )  # fmt: skip


def module(name, last_week, stations, **changes):
    return PlanModule(
        module=name, title=text(name), phase="alternation", hours=Hours(theory=40), first_week=max(1, last_week - 2),
        last_week=last_week, practised_at=[an(station) for station in stations], **changes,
    )  # fmt: skip


def plan(version=1, modules=None, weeks=28):
    phases = [
        PlanPhase(phase="foundation", title=text("f"), first_week=1, last_week=4, budget=100),
        PlanPhase(
            phase="alternation",
            title=text("a"),
            first_week=5,
            last_week=weeks,
            theory_weeks=3,
            workshop_weeks=1,
            budget=500,
        ),
    ]
    return PlanPublished(
        plan_id=an("plan"), plan_version=version, programme_id=an("programme"), title=text("plan"), phases=phases,
        modules=MODULES if modules is None else modules, requirements=[], coverage={}, content_hash=str(version),
    )  # fmt: skip


MODULES = [
    module("safety", 3, ["furnace-1", "furnace-2"]),
    module("converter", 7, ["furnace-1", "furnace-2"], prerequisites=["safety"], direction="steelmaking"),
    module("casting", 12, ["caster-1", "caster-2"], prerequisites=["safety"]),
    module("rolling-mill", 9, ["mill-1", "mill-2"], prerequisites=["safety"], direction="rolling"),
    module("quality", 15, ["lab-1", "lab-2"]),
]
WORKSHOPS = {
    "steelmaking": ["furnace-1", "furnace-2"],
    "casting": ["caster-1", "caster-2"],
    "rolling": ["mill-1", "mill-2"],
    "lab": ["lab-1", "lab-2"],
}


def offers(seats=20, workshops=None, from_day=date(2021, 1, 1)):
    return [
        StationsOffered(
            enterprise_id=an("plant"), workshop_id=an(workshop), title=text(workshop), effective_from=from_day,
            stations=[Station(station_id=an(name), title=text(name), seats=seats) for name in stations],
        )
        for workshop, stations in (workshops or WORKSHOPS).items()
    ]  # fmt: skip


def mentors(ratio=10, each=2, workshops=None):
    return [
        MentorNamed(
            enterprise_id=an("plant"), mentor_id=an(f"mentor-{station}-{number}"), workshop_id=an(workshop),
            station_id=an(station), ratio=ratio, effective_from=date(2021, 1, 1),
        )
        for workshop, stations in (workshops or WORKSHOPS).items()
        for station in stations
        for number in range(each)
    ]  # fmt: skip


def in_force(version=1, from_week=1, name="cohort"):
    return PlanInForce(
        cohort_id=an(name), plan_id=an("plan"), plan_version=version, from_week=from_week,
        effective_from=MONDAY + timedelta(weeks=from_week - 1),
    )  # fmt: skip


async def tell(sessions, handler, *events):
    """Each event in a transaction of its own, as delivery does it."""
    for event in events:
        async with sessions.begin() as session:
            await handler(event, session)


async def work_off(sessions):
    """All jobs that are waiting."""
    while await do_one(on, sessions):
        pass


async def open_programme(sessions, opened=None, enrolled=None, published=None, offered=None, named=None):
    """Everything that a timetable needs, then the job. Business time stands a month before the first Monday."""
    await tell(sessions, advance_clock, ClockAdvanced(today=MONDAY - timedelta(weeks=4)))
    await tell(sessions, keep_programme, opened or programme())
    await tell(sessions, keep_cohort, enrolled or cohort())
    await tell(sessions, keep_plan, published or plan())
    await tell(sessions, plan_cohort_for_plan_in_force, in_force())
    await tell(sessions, keep_stations, *(offered or offers()))
    await tell(sessions, keep_mentor, *(mentors() if named is None else named))
    await work_off(sessions)
