"""What recruitment looks up more than once. Rows in, rows out; nothing is decided here."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col, select
from sqlmodel.sql.expression import Select

from services.recruitment.model import (
    Applicant,
    Application,
    ApplicationState,
    Intake,
    IntakeState,
    Programme,
    Run,
)
from services.recruitment.refusals import (
    AlreadyThere,
    ApplicationUnknown,
    IntakeUnknown,
    ProgrammeUnknown,
)
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


def examinable(examiner: Person) -> ColumnElement[bool]:
    """Which applications an examiner may mark: the college's panel all, an enterprise's its own."""
    return visible(examiner) if examiner.side == Side.ENTERPRISE else true()


def applicants_to_examine(intake_id: UUID, examiner: Person) -> Select[Application, Applicant]:
    """Applications of an intake that are still to be decided, by name."""
    return (
        select(Application, Applicant)
        .join(Applicant, col(Applicant.applicant_id) == col(Application.applicant_id))
        .where(
            Application.intake_id == intake_id,
            col(Application.state) == ApplicationState.SUBMITTED,
            examinable(examiner),
        )
        .order_by(col(Applicant.person_number), col(Application.application_id))
    )


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


async def applications_of(
    session: AsyncSession, intake_ids: Collection[UUID], only: UUID | None = None
) -> Sequence[Application]:
    """All applications of these intakes, or one of them, in a fixed order."""
    rows = select(Application).where(col(Application.intake_id).in_(intake_ids))
    if only is not None:
        rows = rows.where(Application.application_id == only)
    return (await session.scalars(rows.order_by(col(Application.application_id)))).all()


def outcomes(intake_id: UUID, person: Person, state: str = "") -> Select[Application, Applicant]:
    """Applications of an intake with the persons behind them, best first, as far as this person may see."""
    return (
        select(Application, Applicant)
        .join(Applicant, col(Applicant.applicant_id) == col(Application.applicant_id))
        .where(
            Application.intake_id == intake_id,
            visible(person),
            col(Application.state) == state if state else true(),
        )
        .order_by(
            col(Application.waiting_place).is_not(None),
            col(Application.waiting_place),
            col(Application.score).desc().nulls_last(),
            col(Application.application_id),
        )
    )


async def counts(session: AsyncSession, intake_id: UUID, person: Person) -> dict[str, int]:
    """How many applications of an intake that this person may see are in each state."""
    grouped = select(Application.state, func.count()).where(
        Application.intake_id == intake_id, visible(person)
    )
    return dict((await session.execute(grouped.group_by(col(Application.state)))).all())


async def of_person(session: AsyncSession, applicant_id: UUID) -> Sequence[Application]:
    """Everything that a person has applied for, in their order of preference."""
    mine = select(Application).where(Application.applicant_id == applicant_id)
    rows = mine.order_by(col(Application.preference), col(Application.application_id))
    return (await session.scalars(rows)).all()


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


async def run_of(session: AsyncSession, intake: Intake) -> Run | None:
    return await session.get(Run, intake.run_id) if intake.run_id else None


def shown(intake: Intake) -> dict[str, Any]:
    """An intake without its secret: the seed appears after the run."""
    row = intake.model_dump(mode="json")
    if intake.run_id is None or intake.state in (IntakeState.OPEN, IntakeState.DECIDING):
        del row["seed"]
    return row


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


async def answerable(
    session: AsyncSession, application_id: UUID, person: Person, *, by_enterprise: bool = False
) -> Application:
    """An application that this person may answer: their own, any for a coordinator, or their enterprise's."""
    application = await application_of(session, application_id, person)
    theirs = application.applicant_id == person.person_id or (by_enterprise and speaks_for_enterprise(person))
    if Role.COORDINATOR not in person.roles and not theirs:
        raise ApplicationUnknown(str(application_id), field="application_id")
    await lock_run(session, application.intake_id)
    await session.refresh(application)
    return application


def speaks_for_enterprise(person: Person) -> bool:
    """Whether a person may take back what the enterprise has put forward."""
    return person.side == Side.ENTERPRISE and person.has(Role.PANEL_ENTERPRISE, Role.INTEGRATOR)
