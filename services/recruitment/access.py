"""Who may see which agreement, programme, intake and cohort: an enterprise sees only what it takes part in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment.model import Agreement, Cohort, Intake, Programme
from services.recruitment.refusals import CohortUnknown, IntakeUnknown, ProgrammeUnknown
from shared.web.identity import Person, Role, Side

OFFICE = frozenset(Role) - {Role.TRAINEE, Role.MENTOR, Role.APPLICANT}
"""Roles of people who work with agreements; applicants and trainees see intakes and classes, never the contract."""


def takes_part(programme: Programme, person: Person) -> bool:
    """The college and its applicants see every programme, an enterprise its own."""
    return person.side != Side.ENTERPRISE or str(person.enterprise_id) in programme.enterprise_ids


def concerns(intake: Intake, programme: Programme, person: Person) -> bool:
    """An intake held for one enterprise is that enterprise's, in a programme of several too."""
    if person.side == Side.ENTERPRISE and intake.enterprise_id not in (None, person.enterprise_id):
        return False
    return takes_part(programme, person)


async def agreements_for(session: AsyncSession, person: Person) -> Sequence[Agreement]:
    if person.roles.isdisjoint(OFFICE):
        return []
    rows = select(Agreement).order_by(col(Agreement.signed_on))
    if person.side == Side.ENTERPRISE:
        rows = rows.where(Agreement.enterprise_id == person.enterprise_id)
    return (await session.scalars(rows)).all()


async def programmes_for(session: AsyncSession, person: Person) -> list[Programme]:
    rows = await session.scalars(select(Programme).order_by(col(Programme.opened_on)))
    return [programme for programme in rows if takes_part(programme, person)]


async def programme_for(session: AsyncSession, programme_id: UUID, person: Person) -> Programme:
    programme = await session.get(Programme, programme_id)
    if programme is None or not takes_part(programme, person):
        raise ProgrammeUnknown(str(programme_id), field="programme_id")
    return programme


async def intakes_for(session: AsyncSession, person: Person) -> list[Intake]:
    rows = await session.execute(
        select(Intake, Programme)
        .join(Programme, col(Programme.programme_id) == col(Intake.programme_id))
        .order_by(col(Intake.year), col(Intake.opens_on))
    )
    return [intake for intake, programme in rows.all() if concerns(intake, programme, person)]


async def intake_for(session: AsyncSession, intake_id: UUID, person: Person) -> tuple[Intake, Programme]:
    """An intake with its programme, or as if there were none."""
    intake = await session.get(Intake, intake_id)
    programme = await session.get(Programme, intake.programme_id) if intake else None
    if intake is None or programme is None or not concerns(intake, programme, person):
        raise IntakeUnknown(str(intake_id), field="intake_id")
    return intake, programme


async def cohorts_for(session: AsyncSession, person: Person) -> list[Cohort]:
    rows = await session.execute(
        select(Cohort, Programme)
        .join(Programme, col(Programme.programme_id) == col(Cohort.programme_id))
        .order_by(col(Cohort.first_monday))
    )
    return [cohort for cohort, programme in rows.all() if takes_part(programme, person)]


async def cohort_for(session: AsyncSession, cohort_id: UUID, person: Person) -> Cohort:
    cohort = await session.get(Cohort, cohort_id)
    programme = await session.get(Programme, cohort.programme_id) if cohort else None
    if cohort is None or programme is None or not takes_part(programme, person):
        raise CohortUnknown(str(cohort_id), field="cohort_id")
    return cohort
