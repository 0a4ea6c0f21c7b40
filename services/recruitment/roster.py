"""What recruitment looks up about cohorts, their trainees and the persons behind them."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment.model import Agreement, Applicant, Cohort, Enrolled, Intake
from services.recruitment.queries import STAFF
from services.recruitment.refusals import CohortUnknown, InTwoProgrammes
from shared.web.identity import Person, Side


async def cohort_of(session: AsyncSession, cohort_id: UUID) -> Cohort:
    cohort = await session.get(Cohort, cohort_id)
    if cohort is None:
        raise CohortUnknown(str(cohort_id), field="cohort_id")
    return cohort


async def trainees_of(session: AsyncSession, cohort_id: UUID) -> Sequence[Enrolled]:
    """The trainees of a cohort, in the order of their numbers."""
    rows = select(Enrolled).where(Enrolled.cohort_id == cohort_id).order_by(col(Enrolled.college_number))
    return (await session.scalars(rows)).all()


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


async def trainees_behind(session: AsyncSession, applicant_ids: Collection[UUID], on: date) -> list[UUID]:
    """The trainees that these persons are in classes that run on this day; each must be one."""
    rows = (
        select(Enrolled.applicant_id, Enrolled.trainee_id)
        .join(Cohort, col(Cohort.cohort_id) == col(Enrolled.cohort_id))
        .where(
            col(Enrolled.applicant_id).in_(applicant_ids),
            col(Enrolled.withdrew_on).is_(None),
            Cohort.ends_on >= on,
        )
    )
    found = dict((await session.execute(rows)).all())
    missing = set(applicant_ids) - set(found)
    if missing:
        named = ", ".join(map(str, missing))
        raise CohortUnknown(f"not in a running cohort: {named}"[:500], field="application_ids")
    return list(found.values())


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
