"""Facts of a small programme, as events, and generated ratings whose truth is known."""

from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import numpy as np

from services.feedback import handlers
from shared.events.base import Text
from shared.events.curriculum import PlanInForce, PlanPublished
from shared.events.enterprise import MentorNamed, Station, StationsOffered, TraineeRated
from shared.events.placement import Group, Stint, TimetablePublished
from shared.events.plan_parts import DueRequirement, Hours, PlanModule, PlanPhase
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee
from shared.programmes.grammar import Template

CORE = ("safety", "tool-care", "handover")
SPECIAL = ("tapping", "casting", "rolling", "cutting")
CODES = (*CORE, *SPECIAL)
STATIONS = 4
START = date(2021, 9, 6)


def text(words: str) -> Text:
    return Text(zh=words, en=words)


def numbered(kind: int, number: int) -> UUID:
    return UUID(int=(kind << 32) + number)


def world(mentors: int = 20, trainees: int = 60) -> SimpleNamespace:
    """Mentors stand at four stations; each rates the core and two specialities of the station."""
    ids = SimpleNamespace(
        enterprise=uuid4(), college=uuid4(), agreement=uuid4(), programme=uuid4(), plan=uuid4(), workshop=uuid4(),
        cohort=numbered(7, 2021), later=numbered(7, 2022),
        stations=[numbered(1, number) for number in range(STATIONS)],
        mentors=[numbered(2, number) for number in range(mentors)],
        trainees=[numbered(3, number) for number in range(trainees)],
        late_trainees=[numbered(4, number) for number in range(trainees)],
    )  # fmt: skip
    ids.station_of = {mentor: number % STATIONS for number, mentor in enumerate(ids.mentors)}
    return ids


def practised_at(station: int) -> tuple[str, ...]:
    """The core, and this station's speciality and its neighbour's, so that each has two stations."""
    return (*CORE, SPECIAL[station], SPECIAL[(station + 1) % STATIONS])


def plan(ids, version=1, due_week=4, hours=None, level=4):
    coverage = dict.fromkeys(CODES, 40.0) | (hours or {})
    module = PlanModule(
        module="m1", title=text("M"), phase="p1", hours=Hours(theory=40), contribution=dict.fromkeys(CODES, 1)
    )
    phase = PlanPhase(phase="p1", title=text("P"), first_week=1, last_week=30, budget=400)
    return PlanPublished(
        plan_id=ids.plan, plan_version=version, programme_id=ids.programme, title=text("Plan"), phases=[phase],
        modules=[module], coverage=coverage, content_hash="x",
        requirements=[DueRequirement(competency=code, level=level, due_week=due_week) for code in CODES],
    )  # fmt: skip


def cohort(ids, cohort_id, trainees, first_monday, year):
    return CohortEnrolled(
        cohort_id=cohort_id, programme_id=ids.programme, intake_id=None, college_id=ids.college, year=year,
        title=text(str(year)), first_monday=first_monday,
        trainees=[
            Trainee(trainee_id=one, enterprise_id=ids.enterprise, college_number=f"C{number}", status="employee")
            for number, one in enumerate(trainees)
        ],
    )  # fmt: skip


def in_force(ids, cohort_id, version=1, from_week=1, effective_from=START):
    return PlanInForce(
        cohort_id=cohort_id,
        plan_id=ids.plan,
        plan_version=version,
        from_week=from_week,
        effective_from=effective_from,
    )


def timetable(ids, cohort_id, trainees, first_monday):
    groups = [Group(group=f"g{number}", trainee_ids=trainees[number::STATIONS]) for number in range(STATIONS)]
    stints = [
        Stint(
            stint_id=uuid4(), group=f"g{number}", station_id=ids.stations[(number + week) % STATIONS],
            workshop_id=ids.workshop, week=week, monday=first_monday + timedelta(weeks=week - 1), module="m1",
        )
        for number in range(STATIONS)
        for week in range(1, 9)
    ]  # fmt: skip
    return TimetablePublished(
        cohort_id=cohort_id, timetable_version=1, plan_id=ids.plan, plan_version=1, groups=groups, stints=stints,
        cost=0, lower_bound=0,
    )  # fmt: skip


def opened(ids):
    template = Template(template="t", title=text("T"), source="test", steps=["rating"])
    return ProgrammeOpened(
        programme_id=ids.programme, agreement_id=ids.agreement, college_id=ids.college,
        enterprise_ids=[ids.enterprise], title=text("Programme"), template=template, position_ids=[],
        opened_on=START,
    )  # fmt: skip


def offered(ids):
    return StationsOffered(
        enterprise_id=ids.enterprise, workshop_id=ids.workshop, title=text("Melt shop"), effective_from=START,
        stations=[
            Station(station_id=one, title=text(f"S{number}"), seats=20, competencies=list(practised_at(number)))
            for number, one in enumerate(ids.stations)
        ],
    )  # fmt: skip


def named(ids, mentor):
    return MentorNamed(
        enterprise_id=ids.enterprise, mentor_id=mentor, workshop_id=ids.workshop,
        station_id=ids.stations[ids.station_of[mentor]], ratio=20, effective_from=START,
    )  # fmt: skip


async def set_up(session, ids, **of_plan):
    """Everything but ratings, through the handlers."""
    await handlers.keep_programme_with_its_thresholds(opened(ids), session)
    await handlers.keep_cohort_and_plan_its_looks(cohort(ids, ids.cohort, ids.trainees, START, 2021), session)
    await handlers.keep_plan_version(plan(ids, **of_plan), session)
    await handlers.keep_plan_in_force(in_force(ids, ids.cohort), session)
    await handlers.keep_stations(offered(ids), session)
    for mentor in ids.mentors:
        await handlers.keep_mentor(named(ids, mentor), session)
    await handlers.keep_timetable(timetable(ids, ids.cohort, ids.trainees, START), session)
    await session.flush()


def rate(ids, seed=1, weeks=range(5, 13), first_monday=START, trainees=None, low=None, severe=(), at=4.3):
    """Ratings of every trainee each week by one mentor of the week's station. `low`: {competency: levels short}."""
    chance = np.random.default_rng(seed)
    trainees = trainees or ids.trainees
    severity = {mentor: chance.normal(0, 0.25) + (0.9 if mentor in severe else 0) for mentor in ids.mentors}
    ability = {trainee: chance.normal(0, 0.4) for trainee in trainees}
    found = []
    for week in weeks:
        for number, trainee in enumerate(trainees):
            station = (number + week) % STATIONS
            here = [mentor for mentor in ids.mentors if ids.station_of[mentor] == station]
            mentor = here[chance.integers(len(here))]
            for code in practised_at(station):
                latent = (
                    at
                    - (low or {}).get(code, 0)
                    + ability[trainee]
                    - severity[mentor]
                    + chance.normal(0, 0.6)
                )
                found.append(
                    TraineeRated(
                        enterprise_id=ids.enterprise,
                        trainee_id=trainee,
                        mentor_id=mentor,
                        competency=code,
                        rating_id=UUID(bytes=chance.bytes(16)),
                        level=int(np.clip(round(latent), 1, 5)),
                        observed_on=first_monday + timedelta(weeks=week - 1, days=2),
                    )
                )
    return found
