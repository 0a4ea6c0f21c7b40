"""Codes on letters: drawn at random, shown once, kept as hashes, good until a day or until they are withdrawn."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.recruitment.model import Applicant, Application, Code
from services.recruitment.refusals import ApplicationUnknown, CodeUnknown, TooManyCodes
from shared.web.codes import draw, hashed

AT_ONCE = 20_000
ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Made:
    """A new code and whose it is. Its text is here and nowhere else."""

    application_id: UUID
    name: str
    person_number: str | None
    code: str
    expires_on: date


async def make(
    session: AsyncSession,
    intake_id: UUID,
    until: date,
    *,
    state: str | None = None,
    only: Collection[UUID] | None = None,
) -> list[Made]:
    """New codes for these applications of an intake, by name; what they had before opens nothing any more."""
    wanted = (
        select(Application, Applicant)
        .join(Applicant, col(Applicant.applicant_id) == col(Application.applicant_id))
        .where(Application.intake_id == intake_id)
        .order_by(col(Applicant.name), col(Application.application_id))
        .limit(AT_ONCE + 1)
    )
    if state:
        wanted = wanted.where(Application.state == state)
    if only is not None:
        wanted = wanted.where(col(Application.application_id).in_(only))
    rows = (await session.execute(wanted)).all()
    if only is not None and len(rows) < len(set(only)):
        missing = set(only) - {application.application_id for application, _ in rows}
        raise ApplicationUnknown(", ".join(sorted(map(str, missing))[:20]), field="application_ids")
    if len(rows) > AT_ONCE:
        raise TooManyCodes(f"> {AT_ONCE}", field="state")
    made = [
        Made(application.application_id, applicant.name, applicant.person_number, draw(), until)
        for application, applicant in rows
    ]
    await _keep(session, made)
    return made


async def _keep(session: AsyncSession, made: Sequence[Made]) -> None:
    for begin in range(0, len(made), ROWS):
        rows = [
            {
                "application_id": each.application_id,
                "code_hash": hashed(each.code),
                "expires_on": each.expires_on,
            }
            for each in made[begin : begin + ROWS]
        ]
        kept = insert(Code).values(rows)
        renewed = {"code_hash": kept.excluded.code_hash, "expires_on": kept.excluded.expires_on}
        await session.execute(kept.on_conflict_do_update(index_elements=["application_id"], set_=renewed))


async def owner(session: AsyncSession, typed: str, on: date) -> Application:
    """Whose code this is; one and the same refusal for everything that is wrong with it."""
    mine = (
        select(Application)
        .join(Code, col(Code.application_id) == col(Application.application_id))
        .where(Code.code_hash == hashed(typed), col(Code.expires_on) >= on)
    )
    application = (await session.scalars(mine)).one_or_none()
    if application is None:
        raise CodeUnknown(field="code")
    return application


def _of_intake(intake_id: UUID) -> SelectOfScalar[UUID]:
    return select(Application.application_id).where(Application.intake_id == intake_id)


async def withdraw(session: AsyncSession, intake_id: UUID, only: UUID | None = None) -> int:
    """The codes of an intake, or of one of its applications, open nothing any more. How many these were."""
    gone = delete(Code).where(col(Code.application_id).in_(_of_intake(intake_id)))
    if only is not None:
        gone = gone.where(col(Code.application_id) == only)
    return len((await session.execute(gone.returning(col(Code.application_id)))).all())


async def in_force(session: AsyncSession, intake_id: UUID, on: date) -> int:
    """How many applications of an intake have a code that opens something."""
    wanted = select(func.count()).where(
        col(Code.application_id).in_(_of_intake(intake_id)), col(Code.expires_on) >= on
    )
    return int(await session.scalar(wanted) or 0)


def last_day(on: date, days: int) -> date:
    """The last day on which a code made today opens something."""
    return on + timedelta(days=days)
