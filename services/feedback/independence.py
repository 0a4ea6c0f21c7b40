"""How soon trainees work unaided: weeks to the first such rating, over all and at each station."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import outcomes
from services.feedback.copies import Mentor, Station
from services.feedback.model import Rating
from services.feedback.protection import enough

INDEPENDENT = 4


class Alone(NamedTuple):
    """A trainee and competency at a station: the week of the first rating "unaided" there, and of the last rating."""

    station: UUID
    trainee: UUID
    competency: str
    week: int | None
    last: int


async def by_station(session: AsyncSession, cohort_id: UUID) -> list[dict[str, Any]]:
    """Of one cohort: all stations together, then each; a rating belongs to the station where its mentor stands now."""
    kinds = (col(Mentor.station_id), col(Rating.trainee_id), col(Rating.competency))
    first = func.min(Rating.week).filter(col(Rating.level) >= INDEPENDENT)
    wanted = (
        columns(*kinds, first, func.max(Rating.week))
        .join(Mentor, col(Mentor.mentor_id) == col(Rating.mentor_id))
        .where(col(Rating.cohort_id) == cohort_id, col(Rating.level).is_not(None))
        .group_by(*kinds)
    )
    rows = [Alone(*row) for row in (await session.execute(wanted)).all()]
    places = {row.station for row in rows}
    named = await session.scalars(select(Station).where(col(Station.station_id).in_(places)))
    titles = {one.station_id: one.title for one in named}
    each = [
        {
            "station_id": place,
            "title": titles.get(place),
            **told([row for row in rows if row.station == place]),
        }
        for place in sorted(places, key=str)
    ]
    return [{"station_id": None, "title": None, **told(anywhere(rows))}, *each] if rows else []


def anywhere(rows: Sequence[Alone]) -> list[Alone]:
    """Each trainee and competency once: unaided as soon as at any station."""
    found: dict[tuple[UUID, str], Alone] = {}
    for row in rows:
        had = found.get((row.trainee, row.competency), row)
        weeks = [week for week in (had.week, row.week) if week is not None]
        whole = row._replace(week=min(weeks, default=None), last=max(had.last, row.last))
        found[row.trainee, row.competency] = whole
    return list(found.values())


def told(rows: Sequence[Alone]) -> dict[str, Any]:
    """Median and 90 % point by Kaplan-Meier; who was never rated unaided is censored at the last rating."""
    trainees = len({row.trainee for row in rows})
    counts = {"trainees": trainees, "n": len(rows), "censored": sum(row.week is None for row in rows)}
    if not enough(trainees):
        return {**counts, "censored": None, "suppressed": True, "median_weeks": None, "p90_weeks": None}
    durations = [row.last if row.week is None else row.week for row in rows]
    curve = outcomes.kaplan_meier(durations, [row.week is not None for row in rows])
    return {
        **counts, "suppressed": False, "median_weeks": curve.quantile(0.5), "p90_weeks": curve.quantile(0.9),
    }  # fmt: skip
