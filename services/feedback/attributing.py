"""Adds to a confirmed gap where it comes from, as far as the ratings tell; read only when a gap is confirmed."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from services.feedback import attribution, pooling, rules
from services.feedback.attribution import Known
from services.feedback.copies import Cohort, Mentor, PlanVersion
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
    return gap.model_copy(update={"sources": attribution.of(known, gap.competency)})


async def _workshops(session: AsyncSession) -> dict[UUID, UUID]:
    return {one.mentor_id: one.workshop_id for one in await session.scalars(select(Mentor))}
