"""Which programme a page of the coordinator is about, and what its newest plan asks for."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import tasks
from services.feedback.copies import PlanVersion, Programme

Titles = Mapping[UUID, dict[str, str]]


async def programme(session: AsyncSession, wanted: UUID | None) -> tuple[Titles, UUID | None]:
    """All of them by title, and the one that is wanted or else the first."""
    rows = await session.scalars(select(Programme).order_by(col(Programme.programme_id)))
    programmes = {one.programme_id: one.title for one in rows}
    return programmes, wanted or next(iter(programmes), None)


async def names_asked(
    session: AsyncSession, programme_id: UUID, there: Collection[str]
) -> dict[str, dict[str, str]]:
    """Competencies that the newest plan asks for, by their names; and those that are there from before."""
    plan = await newest_plan(session, programme_id)
    codes = {one["competency"] for one in plan.requirements} if plan else set()
    return await tasks.titles(session, sorted({*codes, *there}))


async def newest_plan(session: AsyncSession, programme_id: UUID) -> PlanVersion | None:
    wanted = select(PlanVersion).where(PlanVersion.programme_id == programme_id)
    return (await session.scalars(wanted.order_by(col(PlanVersion.plan_version).desc()).limit(1))).first()
