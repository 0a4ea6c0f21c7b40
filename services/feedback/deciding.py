"""Decides as soon as ratings have come: a shortfall is said in the transaction that keeps the rating which proved it."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import attributing, pooling, queries, rules, tallying
from services.feedback.copies import Cohort, Programme
from services.feedback.model import Gap, Rating
from services.feedback.rules import Case
from services.feedback.statistics import RunningRow
from shared.events.feedback import GapConfirmed
from shared.ids import uuid7
from shared.messaging import today


async def after(session: AsyncSession, ratings: Collection[UUID]) -> list[GapConfirmed]:
    """What these ratings prove, together with all before them. Looking after every batch costs no certainty (e-values)."""
    touched = select(Rating.cohort_id).where(col(Rating.rating_id).in_(ratings)).distinct()
    cohorts = sorted(await session.scalars(touched))
    await tallying.lock(session, set(cohorts))
    station = await queries.stations(session)
    said: list[GapConfirmed] = []
    for cohort_id in cohorts:
        case = await now(session, cohort_id, station)
        said += await confirm(session, case) if case else []
    return said


async def confirm(session: AsyncSession, case: Case) -> list[GapConfirmed]:
    """Each shortfall that is certain and not said yet."""
    said: list[GapConfirmed] = []
    for found in rules.judge(case):
        gap = rules.confirm(case, found, uuid7())
        if gap:
            gap = await attributing.attributed(session, case, gap)
            session.add(Gap.from_event(gap, max(await today(session), gap.evidence_until)))
            said.append(gap)
    return said


async def now(
    session: AsyncSession, cohort_id: UUID, station: Mapping[UUID, UUID] | None = None
) -> Case | None:
    """A cohort by its running statistics: nothing of its history is read. `station` where the batch has read it before."""
    cohort = await session.get_one(Cohort, cohort_id)
    programme = await session.get_one(Programme, cohort.programme_id)
    day = max(await today(session), await _newest(session, cohort_id)) + timedelta(days=1)
    case = await queries.case_of(session, cohort, programme, day, with_ratings=False)
    if case is None:
        return None
    kept = await tallying.assumption(session, cohort_id)
    running = await tallying.load(session, (cohort_id, case.plan_id, case.plan_version))
    station = await queries.stations(session) if station is None else station
    own = replace(
        case, running=running, spread=running.spread, assumed=tallying.assumed(kept), station=station
    )
    return await pooling.pooled(session, cohort, own)


async def _newest(session: AsyncSession, cohort_id: UUID) -> date:
    rows = await session.scalars(select(RunningRow.trainees).where(RunningRow.cohort_id == cohort_id))
    return max((date.fromisoformat(one[3]) for row in rows for one in row), default=date.min)
