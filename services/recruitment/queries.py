"""What recruitment looks up more than once. Rows in, rows out; nothing is decided here."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, true
from sqlalchemy import select as sql_select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select

from services.recruitment.eligibility import Failed, facts_of
from services.recruitment.model import (
    Agreement,
    Applicant,
    Application,
    ApplicationState,
    Cohort,
    Enrolled,
    Import,
    Intake,
    IntakeState,
    Programme,
    Run,
)
from services.recruitment.refusals import (
    AlreadyThere,
    ApplicationUnknown,
    CohortUnknown,
    ImportUnknown,
    IntakeUnknown,
    InTwoProgrammes,
    ProgrammeUnknown,
)
from services.recruitment.rules import Candidate, Round
from shared.events.base import Text
from shared.programmes.grammar import Selection, SourceGroup
from shared.web.identity import Person, Role, Side

STAFF = frozenset({Role.COORDINATOR, Role.MANAGER, Role.ADMIN, Role.TEACHER})
HOLDS = (ApplicationState.OFFERED, ApplicationState.ACCEPTED)


def visible(person: Person) -> ColumnElement[bool]:
    """Which applications a person may see: staff all, an enterprise its own, anyone else their own."""
    if person.side == Side.ENTERPRISE:
        return col(Application.enterprise_id) == person.enterprise_id
    if person.roles & STAFF:
        return true()
    return col(Application.applicant_id) == person.person_id


async def programme_of(session: AsyncSession, programme_id: UUID) -> Programme:
    programme = await session.get(Programme, programme_id)
    if programme is None:
        raise ProgrammeUnknown(str(programme_id), field="programme_id")
    return programme


async def intake_of(session: AsyncSession, intake_id: UUID, *, lock: bool = False) -> Intake:
    intake = await session.get(Intake, intake_id, with_for_update=lock)
    if intake is None:
        raise IntakeUnknown(str(intake_id), field="intake_id")
    return intake


async def intakes_of(session: AsyncSession, intake_ids: Collection[UUID]) -> list[Intake]:
    """Several intakes, locked in the order of their ids."""
    wanted = select(Intake).where(col(Intake.intake_id).in_(intake_ids)).order_by(col(Intake.intake_id))
    found = list((await session.scalars(wanted.with_for_update())).all())
    missing = set(intake_ids) - {intake.intake_id for intake in found}
    if missing:
        raise IntakeUnknown(", ".join(map(str, missing)), field="intake_ids")
    return found


async def application_of(session: AsyncSession, application_id: UUID, person: Person) -> Application:
    mine = select(Application).where(col(Application.application_id) == application_id, visible(person))
    application = (await session.scalars(mine)).one_or_none()
    if application is None:
        raise ApplicationUnknown(str(application_id), field="application_id")
    return application


async def cohort_of(session: AsyncSession, cohort_id: UUID) -> Cohort:
    cohort = await session.get(Cohort, cohort_id)
    if cohort is None:
        raise CohortUnknown(str(cohort_id), field="cohort_id")
    return cohort


async def trainees_of(session: AsyncSession, cohort_id: UUID) -> Sequence[Enrolled]:
    """The trainees of a cohort, in the order of their numbers."""
    rows = select(Enrolled).where(Enrolled.cohort_id == cohort_id).order_by(col(Enrolled.college_number))
    return (await session.scalars(rows)).all()


async def applications_of(session: AsyncSession, intake_ids: Collection[UUID]) -> Sequence[Application]:
    """All applications of these intakes, in a fixed order."""
    rows = select(Application).where(col(Application.intake_id).in_(intake_ids))
    return (await session.scalars(rows.order_by(col(Application.application_id)))).all()


def outcomes(intake_id: UUID, person: Person) -> Select[Any]:
    """Applications of an intake with the persons behind them, best first, as far as this person may see."""
    return (
        select(Application, Applicant)
        .join(Applicant, col(Applicant.applicant_id) == col(Application.applicant_id))
        .where(Application.intake_id == intake_id, visible(person))
        .order_by(
            col(Application.waiting_place).is_not(None),
            col(Application.waiting_place),
            col(Application.score).desc().nulls_last(),
            col(Application.application_id),
        )
    )


async def counts(session: AsyncSession, intake_id: UUID) -> dict[str, int]:
    """How many applications of an intake are in each state."""
    grouped = select(Application.state, func.count()).where(Application.intake_id == intake_id)
    return dict((await session.execute(grouped.group_by(col(Application.state)))).all())


async def sibling_of(session: AsyncSession, intake: Intake) -> Intake | None:
    """Another enterprise's intake of the same programme and year, which a class that is too small may join."""
    others = select(Intake).where(
        Intake.programme_id == intake.programme_id,
        Intake.year == intake.year,
        Intake.intake_id != intake.intake_id,
        col(Intake.state).in_([IntakeState.OPEN, IntakeState.SELECTED]),
        col(Intake.enterprise_id).is_distinct_from(intake.enterprise_id),
        or_(col(Intake.merged_into).is_(None), col(Intake.merged_into) != intake.intake_id),
    )
    return (await session.scalars(others.order_by(col(Intake.intake_id)))).first()


async def bound_elsewhere(session: AsyncSession, intakes: Collection[Intake], on: date) -> dict[UUID, Failed]:
    """Applicants of these intakes who are in a running programme, or hold an offer of another intake."""
    ids = [intake.intake_id for intake in intakes]
    mine = select(Application.applicant_id).where(col(Application.intake_id).in_(ids))
    running = (
        select(Enrolled.applicant_id, Cohort.title)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.applicant_id).in_(mine), col(Enrolled.withdrew_on).is_(None), Cohort.ends_on >= on
        )
    )
    bound = {
        applicant: Failed(
            group="all",
            predicate="running_programmes == 0",
            needed="0",
            had=title["en"],
            reason=Text(
                zh=f"已在进行中的班级“{title['zh']}”中", en=f"already in the running class {title['en']!r}"
            ),
        )
        for applicant, title in (await session.execute(running)).all()
    }
    holding = select(Application.applicant_id).where(
        col(Application.applicant_id).in_(mine),
        col(Application.intake_id).not_in(ids),
        col(Application.state).in_(HOLDS),
    )
    for applicant in (await session.scalars(holding)).all():
        bound.setdefault(
            applicant,
            Failed(
                group="all",
                predicate="other_offers == 0",
                needed="0",
                had="1",
                reason=Text(zh="已持有另一批次的录取通知", en="holds an offer of another intake"),
            ),
        )
    return bound


async def rounds_of(session: AsyncSession, intakes: Sequence[Intake], on: date) -> list[Round]:
    """Intakes with their applications, as the decision sees them."""
    bound = await bound_elsewhere(session, intakes, on)
    ids = [intake.intake_id for intake in intakes]
    born = sql_select(col(Application.application_id), col(Applicant.born_on)).join(
        Applicant, col(Applicant.applicant_id) == col(Application.applicant_id)
    )
    born_on = dict((await session.execute(born.where(col(Application.intake_id).in_(ids)))).all())
    by_intake: dict[UUID, list[Candidate]] = {intake.intake_id: [] for intake in intakes}
    closing = {intake.intake_id: intake.closes_on for intake in intakes}
    for application in await applications_of(session, ids):
        if application.state == ApplicationState.WITHDRAWN:
            continue
        facts = facts_of(
            application.facts,
            closes_on=closing[application.intake_id],
            hired_on=application.hired_on,
            born_on=born_on[application.application_id],
            status=application.status,
        )
        by_intake[application.intake_id].append(
            Candidate(
                application.application_id,
                str(application.applicant_id),
                facts,
                application.preference,
                bound.get(application.applicant_id),
            )
        )
    return [
        Round(
            intake.intake_id,
            intake.programme_id,
            intake.seats,
            Selection.model_validate(intake.selection),
            [SourceGroup.model_validate(group) for group in intake.source_groups],
            by_intake[intake.intake_id],
        )
        for intake in intakes
    ]


async def run_of(session: AsyncSession, intake: Intake) -> Run | None:
    return await session.get(Run, intake.run_id) if intake.run_id else None


def shown(intake: Intake) -> dict[str, Any]:
    """An intake without its secret: the seed appears after the run."""
    row = intake.model_dump(mode="json")
    if intake.run_id is None or intake.state in (IntakeState.OPEN, IntakeState.DECIDING):
        del row["seed"]
    return row


async def lock_applicants(session: AsyncSession, intake_ids: Collection[UUID]) -> None:
    """Two selections never decide about one person at the same time."""
    theirs = select(Application.applicant_id).where(col(Application.intake_id).in_(intake_ids))
    rows = select(Applicant.applicant_id).where(col(Applicant.applicant_id).in_(theirs))
    await session.execute(rows.order_by(col(Applicant.applicant_id)).with_for_update())


async def unused(session: AsyncSession, table: type[SQLModel], wanted: UUID) -> None:
    """An id given by the caller names nothing yet."""
    if await session.get(table, wanted) is not None:
        raise AlreadyThere(str(wanted))


async def seats_taken(
    session: AsyncSession, programme_id: UUID, year: int, enterprise_id: UUID | None
) -> int:
    """Seats of a programme's other intakes for this enterprise and year."""
    seats = select(func.coalesce(func.sum(Intake.seats), 0)).where(
        Intake.programme_id == programme_id,
        Intake.year == year,
        Intake.state != IntakeState.REFUSED,
        col(Intake.enterprise_id).is_not_distinct_from(enterprise_id),
    )
    return int(await session.scalar(seats) or 0)


async def intakes_of_run(session: AsyncSession, run_id: UUID) -> list[Intake]:
    """The intakes that are decided in one run, locked."""
    rows = select(Intake).where(Intake.run_id == run_id).order_by(col(Intake.intake_id))
    return list((await session.scalars(rows.with_for_update())).all())


async def import_of(session: AsyncSession, import_id: UUID) -> Import:
    batch = await session.get(Import, import_id)
    if batch is None:
        raise ImportUnknown(str(import_id), field="import_id")
    return batch


async def advance_import(session: AsyncSession, import_id: UUID, rows: int, done: int) -> None:
    """How far an import is."""
    batch = await import_of(session, import_id)
    batch.state, batch.rows, batch.done = "running", rows, done


def listed(application: Application, applicant: Applicant) -> dict[str, Any]:
    """An application with the person's name, for those who may see it."""
    row = application.model_dump(mode="json")
    return {**row, "name": applicant.name, "person_number": applicant.person_number}


async def lock_run(session: AsyncSession, intake_id: UUID) -> Intake:
    """An intake together with those decided with it: one chain at a time."""
    intake = await intake_of(session, intake_id)
    if intake.run_id is not None:
        await intakes_of_run(session, intake.run_id)
    return intake


async def answerable(session: AsyncSession, application_id: UUID, person: Person) -> Application:
    """An application that this person may answer: their own, or any for a coordinator."""
    application = await application_of(session, application_id, person)
    if Role.COORDINATOR not in person.roles and application.applicant_id != person.person_id:
        raise ApplicationUnknown(str(application_id), field="application_id")
    await lock_run(session, application.intake_id)
    await session.refresh(application)
    return application


async def joined_to(session: AsyncSession, intake_id: UUID) -> Sequence[Intake]:
    """Intakes whose class was too small and joins this one's."""
    return (await session.scalars(select(Intake).where(Intake.merged_into == intake_id))).all()


async def persons_of(session: AsyncSession, applicant_ids: Collection[UUID]) -> dict[UUID, Applicant]:
    rows = await session.scalars(select(Applicant).where(col(Applicant.applicant_id).in_(applicant_ids)))
    return {person.applicant_id: person for person in rows}


async def not_running(session: AsyncSession, applicant_ids: Collection[UUID], on: date) -> None:
    """None of these persons is in a cohort that still runs on this day."""
    running = (
        select(Enrolled.college_number, Cohort.title)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.applicant_id).in_(applicant_ids),
            col(Enrolled.withdrew_on).is_(None),
            Cohort.ends_on >= on,
        )
    )
    found = (await session.execute(running)).all()
    if found:
        named = "; ".join(f"{number} in {title['en']}" for number, title in found[:20])
        raise InTwoProgrammes(named, field="application_ids", count=len(found))


async def next_number(session: AsyncSession, college_id: UUID, year: int) -> int:
    """The next free trainee number of a college and year; others of that college wait until this is done."""
    same = select(Agreement.agreement_id).where(Agreement.college_id == college_id)
    await session.execute(same.order_by(col(Agreement.agreement_id)).with_for_update())
    numbers = select(func.max(Enrolled.college_number)).where(
        Enrolled.college_id == college_id, col(Enrolled.college_number).like(f"{year}_____")
    )
    last = await session.scalar(numbers)
    return int(last[4:]) + 1 if last else 1


async def running_trainees(session: AsyncSession, trainee_ids: Collection[UUID], on: date) -> list[Enrolled]:
    """Trainees of cohorts that run on this day, locked, by number."""
    rows = (
        select(Enrolled)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.trainee_id).in_(trainee_ids),
            col(Enrolled.withdrew_on).is_(None),
            Cohort.ends_on >= on,
        )
        .order_by(col(Enrolled.college_number))
    )
    found = list((await session.scalars(rows.with_for_update(of=Enrolled))).all())
    missing = set(trainee_ids) - {row.trainee_id for row in found}
    if missing:
        raise CohortUnknown(
            f"not in a running cohort: {', '.join(map(str, missing))}"[:500], field="trainee_ids"
        )
    return found


async def trainee_of(session: AsyncSession, cohort_id: UUID, trainee_id: UUID) -> Enrolled:
    row = await session.get(Enrolled, trainee_id, with_for_update=True)
    if row is None or row.cohort_id != cohort_id:
        raise CohortUnknown(str(trainee_id), field="trainee_id")
    return row


def may_see(row: Enrolled, person: Person) -> bool:
    """Whether a person may see a trainee: as with applications."""
    if person.side == Side.ENTERPRISE:
        return bool(row.trainee["enterprise_id"] == str(person.enterprise_id))
    return bool(person.roles & STAFF) or person.person_id in (row.trainee_id, row.applicant_id)
