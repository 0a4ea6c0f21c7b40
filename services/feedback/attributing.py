"""Keeps a confirmed gap, and adds to it where it comes from, as far as the ratings tell, what the newest audit doubts, and what mentors wrote about it."""

from datetime import date
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import attribution, doubting, pooling, protection, quoting, rules
from services.feedback.attribution import Known
from services.feedback.copies import Cohort, Mentor, PlanVersion
from services.feedback.model import Comment, Gap, Rating
from services.feedback.rules import Case
from shared.events.feedback import GapConfirmed


async def kept(
    session: AsyncSession, case: Case, gap: GapConfirmed | None, on: date, day: date | None = None
) -> list[GapConfirmed]:
    """What is said of a gap, and kept. One of so few trainees that its figures may not be shown waits for more of them."""
    if gap is None or not protection.enough(gap.trainees):
        return []
    whole = await attributed(session, case, gap, day)
    session.add(Gap.from_event(whole, on))
    return [whole]


async def attributed(
    session: AsyncSession, case: Case, gap: GapConfirmed, day: date | None = None
) -> GapConfirmed:
    """By the ratings before `day`, or as they stand."""
    cohort = await session.get_one(Cohort, case.cohort_id)
    plan = await session.get_one(PlanVersion, (case.plan_id, case.plan_version))
    earlier = await pooling.earlier(session, cohort, case, day)
    mentors = (await session.scalars(select(Mentor))).all()
    known = Known(
        running=case.running or rules.running_of(case), earlier=list(earlier.values()), answers=case.answers,
        required={one.competency: one.level for one in case.asked}, assumed=case.assumed,
        station=case.station,
        workshop={one.mentor_id: one.workshop_id for one in mentors},
        modules=[one["module"] for one in plan.modules if one["contribution"].get(gap.competency)],
        enterprise={one.mentor_id: one.enterprise_id for one in mentors},
        people=await _rated(session, case, gap.competency), least=protection.least(),
    )  # fmt: skip
    sources = attribution.of(known, gap.competency)
    audited = doubting.shown(case.cohort_id, await doubting.newest(session, case.cohort_id))
    written = await _written(session, case, gap)
    more = {"comments": len(written), "quotes": quoting.quotes(written), "doubts": audited["doubts"]}
    return gap.model_copy(update={"sources": sources, **more})


async def _written(session: AsyncSession, case: Case, gap: GapConfirmed) -> list[tuple[UUID, str]]:
    """The newest first, by enterprise. What was written under another version, or before an answered gap, speaks of what was changed since."""
    since = {one.competency: one.newer_than for one in case.asked}.get(gap.competency)
    wanted = (
        select(Comment.enterprise_id, Comment.words)
        .join(Rating, col(Rating.rating_id) == Comment.rating_id)
        .where(
            col(Comment.about).contains([gap.competency]),
            col(Comment.cohort_id).in_([gap.cohort_id, *gap.pooled_with]),
            Rating.plan_id == gap.plan_id,
            Rating.plan_version == gap.plan_version,
        )
        .order_by(col(Comment.observed_on).desc(), col(Comment.rating_id))
    )
    wanted = wanted.where(Comment.observed_on > since) if since else wanted
    return [(enterprise_id, words) for enterprise_id, words in (await session.execute(wanted)).all()]


async def _rated(session: AsyncSession, case: Case, competency: str) -> dict[UUID, set[UUID]]:
    """Whom each mentor rated on it since it counts."""
    asked = next(one for one in case.asked if one.competency == competency)
    wanted = columns(col(Rating.mentor_id), col(Rating.trainee_id)).where(
        col(Rating.cohort_id) == case.cohort_id, col(Rating.plan_id) == case.plan_id,
        col(Rating.plan_version) == case.plan_version, col(Rating.competency) == competency,
        col(Rating.level).is_not(None), col(Rating.week) >= asked.due_week,
    )  # fmt: skip
    wanted = wanted.where(col(Rating.observed_on) > asked.newer_than) if asked.newer_than else wanted
    found: dict[UUID, set[UUID]] = {}
    for mentor, trainee in (await session.execute(wanted.distinct())).all():
        found.setdefault(mentor, set()).add(trainee)
    return found
