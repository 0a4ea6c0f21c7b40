"""The audit of the deciding model: after a monthly look with twice as many ratings as the last time a many-facet Rasch model is fitted to them.

It decides nothing. A mentor reads its figures beside the own severity, the college whether both models agree.
"""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import evidence, queries, rasch, rules
from services.feedback.mixed import Sheet
from services.feedback.rules import Case
from services.feedback.statistics import MentorAudit
from shared.messaging import Work

FEWEST_MENTORS = 3
FEWEST_RATINGS = 10
"""Of a mentor: fewer say nothing of how severe somebody is."""


async def audit_mentors(cohort_id: UUID, day: date, work: Work) -> None:
    """By the ratings of the days before it, as the look of that day. A second run leaves the same."""
    async with work.transaction() as session:
        case = await queries.case_of(session, cohort_id, day)
    found = await asyncio.to_thread(audit, case, day) if case else None
    async with work.finish() as session:
        if found:
            await session.merge(found)


async def newest(session: AsyncSession, cohort_id: UUID) -> MentorAudit | None:
    """The last audit of a cohort."""
    wanted = select(MentorAudit).where(MentorAudit.cohort_id == cohort_id)
    return (await session.scalars(wanted.order_by(col(MentorAudit.looked_on).desc()).limit(1))).first()


def audit(case: Case, day: date) -> MentorAudit | None:
    """Due ratings of mentors who are linked and whose levels vary; None where they are too few to compare."""
    seen = [one for one in case.seen if one.competency in case.due and _counts(case, one)]
    levels: dict[UUID, list[int]] = {}
    for one in seen:
        levels.setdefault(one.mentor, []).append(one.level)
    telling = {
        mentor for mentor, given in levels.items() if len(given) >= FEWEST_RATINGS and len({*given}) > 1
    }
    mentors = sorted(telling)
    ratings = rules.columns(
        [one for one in seen if one.mentor in telling], mentors,
        {competency: code for code, competency in enumerate(sorted(case.due))},
    )  # fmt: skip
    linear = evidence.fit(ratings, len(mentors), len(case.due))
    linked = np.flatnonzero(np.isfinite(linear.severity))
    if len(linked) < FEWEST_MENTORS:
        return None
    fitted = rasch.audit(*_sheet(ratings, linked))
    told = zip((mentors[at] for at in linked), fitted.severity, fitted.error, fitted.infit, strict=True)
    return MentorAudit(
        cohort_id=case.cohort_id, looked_on=day, ratings=int(np.isin(ratings.mentor, linked).sum()),
        agreement=_agreement(linear.severity[linked], fitted.severity),
        mentors={
            str(mentor): {"severity": float(severity), "se": float(error), "infit": float(infit)}
            for mentor, severity, error, infit in told
        },
    )  # fmt: skip


def _counts(case: Case, one: rules.Seen) -> bool:
    return one.week >= case.due[one.competency].due_week


def _sheet(ratings: evidence.Ratings, linked: Any) -> tuple[Sheet, int, int]:
    """Codes from 0 without gaps. A level that nobody gave has no threshold: those given are counted through."""
    kept = np.isin(ratings.mentor, linked)
    columns = (ratings.trainee, ratings.mentor, ratings.competency, ratings.level)
    trainee, mentor, competency, level = (np.unique(one[kept], return_inverse=True)[1] for one in columns)
    return Sheet(trainee, mentor, competency, level.astype(np.float64)), 0, int(level.max())


def _agreement(linear: evidence.Floats, audited: evidence.Floats) -> float | None:
    """Pearson's correlation of the severities; None where all are alike."""
    if np.ptp(linear) == 0 or np.ptp(audited) == 0:
        return None
    return float(np.corrcoef(linear, audited)[0, 1])
