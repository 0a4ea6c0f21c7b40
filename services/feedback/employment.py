"""What became of graduates, one cohort beside another: who stays how long, who leaves or rises first, and how soon they work unaided."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import careers, employment_sheet, independence
from services.feedback.careers import MONTHS, Career
from services.feedback.copies import Cohort
from services.feedback.outcomes import Curve
from services.feedback.outcomes_compared import Mean, Times, difference_within, log_rank, mean_within
from services.feedback.protection import Staff, enough
from services.feedback.refusals import CohortUnknown
from services.feedback.rules import DAYS_A_MONTH
from shared.messaging import today
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["indicators"])
LONGEST = 36.0


@router.get("/employment")
async def read_employment(
    cohort_id: UUID, _: Staff, transaction: Transaction, compared_with: UUID | None = None
) -> dict[str, Any]:
    """A cohort, and the one that it is held against: the named one, else the one before it in its programme."""
    day = await today(transaction)
    cohort = await transaction.get(Cohort, cohort_id)
    other = await transaction.get(Cohort, compared_with) if compared_with else None
    if cohort is None or (compared_with and other is None):
        raise CohortUnknown
    other = other or await _before(transaction, cohort)
    mine = await _hired(transaction, cohort_id, day)
    theirs = await _hired(transaction, other.cohort_id, day) if other else []
    return {
        "on": day, "cohort": _group(cohort, mine, day), "compared": _group(other, theirs, day) if other else None,
        "difference": compared(times(mine, day), times(theirs, day)) if enough(len(mine)) and enough(len(theirs)) else None,
        "independence": await independence.by_station(transaction, cohort_id),
    }  # fmt: skip


@router.get("/employment.csv")
async def read_employment_as_csv(
    cohort_id: UUID, person: Staff, transaction: Transaction, compared_with: UUID | None = None
) -> Response:
    """The same as a table that a spreadsheet opens."""
    found = await read_employment(cohort_id, person, transaction, compared_with)
    name = f"employment-{cohort_id}.csv"
    return Response(
        employment_sheet.of(found), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )  # fmt: skip


async def _hired(session: AsyncSession, cohort_id: UUID, day: date) -> list[Career]:
    return [one for one in await careers.of_cohorts(session, [cohort_id]) if one.hired <= day]


async def _before(session: AsyncSession, cohort: Cohort) -> Cohort | None:
    earlier = select(Cohort).where(
        Cohort.programme_id == cohort.programme_id, col(Cohort.first_monday) < cohort.first_monday
    )
    return (await session.scalars(earlier.order_by(col(Cohort.first_monday).desc()).limit(1))).first()


def times(found: Sequence[Career], day: date) -> Times:
    """Months employed until that day; who is still employed then is censored, whatever happens later."""
    ends = [one.left if one.left and one.left <= day else None for one in found]
    months = [((end or day) - one.hired).days / DAYS_A_MONTH for one, end in zip(found, ends, strict=True)]
    return Times(months, [end is not None for end in ends])


def _group(cohort: Cohort, found: Sequence[Career], day: date) -> dict[str, Any]:
    """Figures only of enough people; of fewer, how many were hired and nothing of what became of them."""
    group, shown = times(found, day), enough(len(found))
    return {
        "cohort_id": cohort.cohort_id, "title": cohort.title, "n": len(found),
        "left": sum(group.happened) if shown else None,
        "censored": len(found) - sum(group.happened) if shown else None, "suppressed": bool(found) and not shown,
        **(told(group) if shown else {"followed": None, "points": [], "curve": [], "mean": None}),
        "changes": careers.shares(found, day) if shown else [],
        "incidence": careers.incidence(found, day) if shown else [],
    }  # fmt: skip


def told(group: Times) -> dict[str, Any]:
    """The curve, its points at 12, 24 and 36 months as far as anybody was followed, and the mean within that time."""
    followed, curve = max(group.duration), group.curve
    until = min(LONGEST, followed)
    points = [
        {"months": at, "at_risk": sum(month >= at for month in group.duration), **_at(curve, at)}
        for at in MONTHS
        if followed >= at
    ]
    steps = zip(curve.time, curve.survival, curve.low, curve.high, strict=True)
    return {
        "followed": followed, "points": points, "mean": {"within": until, **_mean(mean_within(group, until))},
        "curve": [dict(zip(("months", "survival", "low", "high"), map(float, one), strict=True)) for one in steps],
    }  # fmt: skip


def _at(curve: Curve, at: float) -> dict[str, float]:
    return dict(zip(("survival", "low", "high"), curve.at(at), strict=True))


def _mean(mean: Mean) -> dict[str, float]:
    return {"months": mean.value, "low": mean.interval[0], "high": mean.interval[1]}


def compared(one: Times, other: Times) -> dict[str, Any] | None:
    """Within the time that both were followed, at most 36 months; None where nobody was followed at all."""
    until = min(LONGEST, max(one.duration), max(other.duration))
    if until <= 0:
        return None
    tested = log_rank(one, other)
    return {
        "within": until, **_mean(difference_within(one, other, until)),
        "chi_square": tested and tested[0], "p": tested and tested[1],
    }  # fmt: skip
