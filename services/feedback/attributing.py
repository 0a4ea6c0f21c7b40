"""Adds to a confirmed gap where it comes from, as far as the ratings tell, what the newest audit doubts, and how many comments speak of it."""

from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import attribution, doubting, pooling, rules
from services.feedback.attribution import Known
from services.feedback.copies import Cohort, Mentor, PlanVersion
from services.feedback.model import Comment
from services.feedback.rules import Case
from shared.events.feedback import GapConfirmed


async def attributed(
    session: AsyncSession, case: Case, gap: GapConfirmed, day: date | None = None
) -> GapConfirmed:
    """By the ratings before `day`, or as they stand."""
    cohort = await session.get_one(Cohort, case.cohort_id)
    plan = await session.get_one(PlanVersion, (case.plan_id, case.plan_version))
    earlier = await pooling.earlier(session, cohort, case, day)
    known = Known(
        running=case.running or rules.running_of(case), earlier=list(earlier.values()), answers=case.answers,
        required={one.competency: one.level for one in case.asked}, assumed=case.assumed,
        workshop=await _workshops(session),
        modules=[one["module"] for one in plan.modules if one["contribution"].get(gap.competency)],
    )  # fmt: skip
    sources = attribution.of(known, gap.competency)
    audited = doubting.shown(case.cohort_id, await doubting.newest(session, case.cohort_id))
    more = {"sources": sources, "comments": await _comments(session, gap), "doubts": audited["doubts"]}
    return gap.model_copy(update=more)


async def _comments(session: AsyncSession, gap: GapConfirmed) -> int:
    about = col(Comment.about).contains([gap.competency])
    theirs = col(Comment.cohort_id).in_([gap.cohort_id, *gap.pooled_with])
    return await session.scalar(select(func.count()).select_from(Comment).where(about, theirs)) or 0


async def _workshops(session: AsyncSession) -> dict[UUID, UUID]:
    return {one.mentor_id: one.workshop_id for one in await session.scalars(select(Mentor))}
