"""Derives every rating anew from the facts and judges the newest look of each cohort again: nothing may differ."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import arriving, looks, rules, tallying
from services.feedback.copies import Cohort
from services.feedback.model import Rating, Verdict
from services.feedback.running import Running
from shared.events.enterprise import TraineeRated

DERIVED = ("cohort_id", "plan_id", "plan_version", "week")
EQUAL = 1e-9
MANY = 5000


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many ratings, verdicts and statistics were made anew, and how many differed (ratings and statistics are then put right)."""

    ratings: int
    ratings_changed: int
    verdicts: int
    verdicts_different: int
    statistics: int = 0
    statistics_different: int = 0


async def rebuild(session: AsyncSession) -> Rebuilt:
    """Replays the ratings through the functions that kept them. A stored verdict is never rewritten, only compared."""
    count, changed = await _ratings(session)
    newest = select(Verdict.cohort_id, func.max(Verdict.looked_on)).group_by(col(Verdict.cohort_id))
    verdicts = different = 0
    for cohort_id, day in (await session.execute(newest)).all():
        cohort = await session.get_one(Cohort, cohort_id)
        case = await looks.of_record(session, cohort, day)
        rule = await session.scalar(
            select(Verdict.rule).where(Verdict.cohort_id == cohort_id, Verdict.looked_on == day)
        )
        for found in rules.judge(replace(case, rule=rule)) if case and rule else []:
            stored = await session.get(Verdict, (cohort_id, day, found.asked.competency))
            verdicts += 1
            different += stored is None or not _same(stored, found)
    return Rebuilt(count, changed, verdicts, different, *await _statistics(session))


async def _statistics(session: AsyncSession) -> tuple[int, int]:
    """Every row of running statistics, made anew from the ratings and held against the live one."""
    rows = (
        await session.execute(select(Rating.cohort_id, Rating.plan_id, Rating.plan_version).distinct())
    ).all()
    different = 0
    for cohort_id, plan_id, version in rows:
        key = (cohort_id, plan_id, version)
        live, (anew, _) = (await tallying.load(session, [key]))[key], await tallying.anew(session, key)
        if not _alike(live, anew):
            different += 1
            await tallying.replace(session, key)
    return len(rows), different


def _alike(live: Running, anew: Running) -> bool:
    if set(live.pairs) != set(anew.pairs) or live.trainees != anew.trainees or live.until != anew.until:
        return False
    order = [live.pairs.index(pair) for pair in anew.pairs]
    close = partial(np.allclose, rtol=EQUAL, atol=EQUAL)
    same = close(live.tally.cross[np.ix_(order, order)], anew.tally.cross) and close(
        live.tally.vector[order], anew.tally.vector
    )
    return bool(
        same
        and [live.n[at] for at in order] == list(anew.n)
        and [live.total[at] for at in order] == list(anew.total)
    )


async def _ratings(session: AsyncSession) -> tuple[int, int]:
    count = changed = 0
    rows = list(await session.scalars(select(Rating).order_by(col(Rating.rating_id))))
    for start in range(0, len(rows), MANY):
        part = rows[start : start + MANY]
        around = await arriving.surroundings(
            session, {row.trainee_id for row in part}, {row.mentor_id for row in part}
        )
        for row in part:
            derived = arriving.derive(TraineeRated.model_validate(row.model_dump()), around)
            count += 1
            if any(getattr(row, name) != derived[name] for name in DERIVED):
                changed += 1
                for name in DERIVED:
                    setattr(row, name, derived[name])
    await session.flush()
    return count, changed


def _same(stored: Verdict, found: rules.Found) -> bool:
    estimate = found.finding.estimate if found.finding else None
    if stored.answer != found.answer or (estimate is None) != (stored.estimate is None):
        return False
    return estimate is None or abs(estimate - (stored.estimate or 0.0)) <= EQUAL
