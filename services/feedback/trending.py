"""How a competency was rated from cohort to cohort: a description, from which nothing follows.

Plain means of due ratings: intakes, mentors and teaching weeks differ between cohorts, so no cause can be read from them.
Whether a version helped is told by its effect alone.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import case, func
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import queries, tasks
from services.feedback.copies import Cohort, PlanVersion
from services.feedback.model import Rating
from services.feedback.protection import Panels, enough, only_of
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["evidence"])
FEWEST = 2
"""Points that make a trend."""


@router.get("/trend")
async def read_trend(
    person: Panels, transaction: Transaction, programme_id: UUID | None = None
) -> list[dict[str, Any]]:
    """By programme and competency, the cohorts in the order in which they began; an enterprise's own ratings alone."""
    wanted = select(Cohort).order_by(col(Cohort.first_monday), col(Cohort.cohort_id))
    if programme_id:
        wanted = wanted.where(Cohort.programme_id == programme_id)
    cohorts = (await transaction.scalars(wanted)).all()
    plans = await transaction.scalars(
        select(PlanVersion).where(col(PlanVersion.programme_id).in_({one.programme_id for one in cohorts}))
    )
    found: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    places = {one.cohort_id: place for place, one in enumerate(cohorts)}
    for plan in plans:
        for point in await _points(transaction, plan, list(places), only_of(person)):
            found.setdefault((plan.programme_id, point.pop("competency")), []).append(point)
    names = await tasks.titles(transaction, [code for _, code in found])
    titles = {one.cohort_id: one.title for one in cohorts}
    return [
        {
            "programme_id": programme, "competency": code, "title": names[code],
            "points": [
                {**one, "title": titles[one["cohort_id"]]}
                for one in sorted(points, key=lambda one: (places[one["cohort_id"]], one["plan_version"]))
            ],
        }
        for (programme, code), points in sorted(found.items())
        if len(points) >= FEWEST
    ]  # fmt: skip


async def _points(
    session: AsyncSession, plan: PlanVersion, cohorts: Sequence[UUID], enterprise: UUID | None
) -> list[dict[str, Any]]:
    """Ratings since the due week of each competency under this version; no mean of fewer trainees than may be shown."""
    due = {one.competency: one.due_week for one in queries.requirements(plan, {}, set())}
    kinds = (col(Rating.cohort_id), col(Rating.competency))
    level, people = col(Rating.level), func.count(func.distinct(Rating.trainee_id))
    if not due:
        return []
    wanted = columns(*kinds, func.avg(level), func.count(level), people, func.max(Rating.week)).where(
        col(Rating.cohort_id).in_(cohorts), col(Rating.plan_id) == plan.plan_id,
        col(Rating.plan_version) == plan.plan_version, level.is_not(None), col(Rating.competency).in_(due),
        col(Rating.week) >= case(due, value=col(Rating.competency)),
    )  # fmt: skip
    wanted = wanted.where(col(Rating.enterprise_id) == enterprise) if enterprise else wanted
    rows = (await session.execute(wanted.group_by(*kinds))).all()
    return [
        {
            "cohort_id": cohort_id, "competency": code, "plan_version": plan.plan_version, "ratings": n,
            "trainees": trainees, "week": week, "suppressed": not enough(trainees),
            "mean": round(float(mean), 3) if enough(trainees) else None,
        }
        for cohort_id, code, mean, n, trainees, week in rows
    ]  # fmt: skip
