"""What a trainee has practised, where and when: one record through every group, cohort and enterprise."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.placement import queries
from services.placement.access import NoSuchTrainee, own_or_staff
from services.placement.calendar_api import shown_stints
from services.placement.floor import Floor
from services.placement.model import Member, StintRow, Timetable
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Role, SignedIn

router = APIRouter(prefix="/placement/v1", tags=["calendars"])
NOW = {"trainees", "sequence", "cancelled"}
"""What is said of a stint as it stands today, not as it was."""


@router.get("/trainees/{trainee_id}/record")
async def read_record(trainee_id: UUID, transaction: Transaction, person: SignedIn) -> list[dict[str, Any]]:
    """The weeks that lie behind, oldest first; as the timetable stood when each of them came."""
    own_or_staff(person, trainee_id, Role.TRAINEE)
    return await record_of(transaction, trainee_id)


async def record_of(session: AsyncSession, trainee_id: UUID) -> list[dict[str, Any]]:
    """Also of cohorts that the trainee has left."""
    mine = select(col(Member.cohort_id)).where(col(Member.trainee_id) == trainee_id)
    cohorts = set(await session.scalars(mine))
    if not cohorts:
        raise NoSuchTrainee(str(trainee_id))
    rows: list[StintRow] = []
    for cohort_id in sorted(cohorts):
        said = select(Timetable).where(col(Timetable.cohort_id) == cohort_id)
        versions = (await session.scalars(said.order_by(col(Timetable.timetable_version)))).all()
        past = await queries.stints_where(
            session, col(StintRow.cohort_id) == cohort_id, col(StintRow.monday) <= await today(session)
        )
        rows += [row for row in past if str(trainee_id) in _there(list(versions), row)]
    floor = await queries.floor(session)
    shown = await shown_stints(session, sorted(rows, key=lambda row: row.monday))
    return [
        {name: value for name, value in one.items() if name not in NOW}
        | {"enterprise_id": _owner(floor, one["station_id"])}
        for one in shown
    ]


def _owner(floor: Floor, station_id: UUID) -> UUID | None:
    station = floor.known(station_id)
    return station.enterprise_id if station else None


def _there(versions: list[Timetable], row: StintRow) -> Iterator[str]:
    """Who was in the group of a stint when its week came, by the last version said until then."""
    until = [one for one in versions if (one.said_on or date.min) <= row.monday]
    for group in until[-1].groups if until else ():
        if group["group"] == row.group:
            yield from group["trainee_ids"]
