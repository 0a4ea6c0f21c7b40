"""Small cohorts are judged together with the earlier ones under the same plan version: one model, mentors shared.

The e-value of all their ratings goes on where that of the earlier cohort stood, by the rule of the first of them, so looking
at each cohort in turn is one sequence of looks. Multiplying the cohorts' own e-values would count a severe mentor once for each cohort.
"""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import queries, rules, tallying
from services.feedback.copies import Cohort, InForce, PlanVersion
from services.feedback.rules import Case
from services.feedback.running import Running
from services.feedback.tally import Spread


async def pooled(session: AsyncSession, cohort: Cohort, case: Case, day: date | None = None) -> Case:
    """The case with the earlier cohorts, where it was frozen so; by their ratings before `day`, or as they stand."""
    if not (await tallying.assumption(session, cohort.cohort_id)).pooled:
        return case
    kept = await earlier(session, cohort, case, day)
    if not kept:
        return case
    first = await tallying.assumption(session, next(iter(kept)))
    return replace(
        case,
        earlier=tuple(kept.values()),
        cohorts=tuple(kept),
        assumed=tallying.assumed(first),
        rule=first.rule,
    )


async def earlier(
    session: AsyncSession, cohort: Cohort, case: Case, day: date | None = None
) -> dict[UUID, Running]:
    """The statistics of the rated cohorts before it, by their ratings before `day`, or as they stand; the oldest first."""
    others = await _before(session, cohort, case)
    parts = {one.cohort_id: await _running(session, one, case, day) for one in others}
    return {cohort_id: part for cohort_id, part in parts.items() if part.pairs}


async def _before(session: AsyncSession, cohort: Cohort, case: Case) -> list[Cohort]:
    """Those taught under this version from their first week, the oldest first."""
    wanted = (
        select(Cohort)
        .join(InForce, col(InForce.cohort_id) == Cohort.cohort_id)
        .where(Cohort.programme_id == cohort.programme_id, col(Cohort.first_monday) < cohort.first_monday)
        .where(InForce.plan_id == case.plan_id, InForce.plan_version == case.plan_version)
        .where(col(InForce.from_week) <= 1)
        .order_by(col(Cohort.first_monday), col(Cohort.cohort_id))
    )
    return list((await session.scalars(wanted)).unique())


async def _running(session: AsyncSession, other: Cohort, case: Case, day: date | None) -> Running:
    if day is None:
        key = (other.cohort_id, case.plan_id, case.plan_version)
        return (await tallying.load(session, [key]))[key]
    plan = await session.get_one(PlanVersion, (case.plan_id, case.plan_version))
    spread = Spread(**(await tallying.assumption(session, other.cohort_id)).spread)
    return rules.running_of(case, await queries.seen_of(session, other.cohort_id, plan, day), spread)
