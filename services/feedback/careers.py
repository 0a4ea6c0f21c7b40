"""What became first of the graduates whom an enterprise hired: left, transferred or promoted, as risks that compete."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.feedback import outcomes
from services.feedback.copies import Employment, Member
from services.feedback.protection import enough
from services.feedback.rules import DAYS_A_MONTH
from shared.events.enterprise import LeavingReason

CHANGES = ("left", "transferred", "promoted")
MONTHS = (12, 24, 36)


class Career(NamedTuple):
    """From the day of hiring; what has not happened is None."""

    hired: date
    left: date | None
    because: str | None
    promoted: date | None


async def first_changes(session: AsyncSession, cohorts: list[UUID], day: date) -> dict[str, Any]:
    """By what share of all it had happened first, after 12, 24 and 36 months; only of enough people."""
    careers = await of_cohorts(session, cohorts)
    shown = enough(len(careers))
    return {"n": len(careers), "suppressed": bool(careers) and not shown,
            "changes": shares(careers, day) if shown else []}  # fmt: skip


async def of_cohorts(session: AsyncSession, cohorts: list[UUID]) -> list[Career]:
    """Of everybody of these cohorts whom an enterprise hired."""
    trainees = columns(col(Member.trainee_id)).where(col(Member.cohort_id).in_(cohorts))
    wanted = columns(
        col(Employment.hired_on),
        col(Employment.left_on),
        col(Employment.left_because),
        col(Employment.promoted_on),
    ).where(col(Employment.trainee_id).in_(trainees))
    rows = (await session.execute(wanted)).all()
    return [Career(hired, left, because, up) for hired, left, because, up in rows if hired]


def shares(careers: Sequence[Career], day: date) -> list[dict[str, Any]]:
    """Aalen-Johansen: who is still as hired is censored; a share is told only while somebody was followed so long."""
    firsts = [first(one, day) for one in careers]
    durations, causes = [one[0] for one in firsts], [one[1] for one in firsts]
    followed = [at for at in MONTHS if max(durations, default=0.0) >= at]
    found = []
    for code, name in enumerate(CHANGES, start=1):
        times, parts = outcomes.aalen_johansen(durations, causes, code)
        points = [
            {"months": at, "share": next((part for time, part in zip(times[::-1], parts[::-1], strict=True) if time <= at), 0.0)}
            for at in followed
        ]  # fmt: skip
        found.append({"change": name, "points": points})
    return found


def incidence(careers: Sequence[Career], day: date) -> list[dict[str, Any]]:
    """The whole curve of each change, for a picture."""
    durations, causes = zip(*(first(one, day) for one in careers), strict=True)
    found = []
    for code, name in enumerate(CHANGES, start=1):
        steps = zip(*outcomes.aalen_johansen(durations, causes, code), strict=True)
        found.append({"change": name, "curve": [{"months": time, "share": part} for time, part in steps]})
    return found


def first(one: Career, day: date) -> tuple[float, int]:
    """Months until the first change and which of CHANGES it was, from 1; 0 where there was none until that day."""
    gone = "transferred" if one.because == LeavingReason.TRANSFERRED else "left"
    happened = [(one.left, gone), (one.promoted, "promoted")]
    known = sorted((when, name) for when, name in happened if when and one.hired <= when <= day)
    when, cause = (known[0][0], CHANGES.index(known[0][1]) + 1) if known else (day, 0)
    return (when - one.hired).days / DAYS_A_MONTH, cause
