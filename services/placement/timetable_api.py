"""The timetable over HTTP: the whole of a cohort's, and the board of weeks by station, group or trainee."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlmodel import col

from services.placement import by_week, queries, theory, view
from services.placement.access import NoSuchCohort, Viewer, WeeksOutOfOrder, only_enterprise
from services.placement.by_week import By
from services.placement.known import Known
from services.placement.model import Cohort
from shared.service import Transaction

router = APIRouter(prefix="/placement/v1", tags=["placement"])
LONGEST = 104


@router.get("/cohorts/{cohort_id}/timetable")
async def read_timetable(cohort_id: UUID, transaction: Transaction, person: Viewer) -> dict[str, Any]:
    cohort = await queries.cohort_of(transaction, cohort_id)
    if cohort is None:
        raise NoSuchCohort(str(cohort_id))
    only = only_enterprise(person)
    lessons = [] if only else await theory.of_cohort(transaction, cohort)
    return _seen(await queries.everything_about(transaction, cohort), only) | {"lessons": lessons}


def _seen(known: Known, only: UUID | None) -> dict[str, Any]:
    """The timetable; to an enterprise only what is at its own stations."""
    shown = view.timetable(known, only)
    if only:
        mine = {station for station in known.floor.stations() if _enterprise(known, station) == only}
        shown["stints"] = [one for one in shown["stints"] if one["station_id"] in mine]
        groups = {one["group"] for one in shown["stints"]}
        shown["groups"] = [one for one in shown["groups"] if one["group"] in groups]
        shown["conflicts"] = [one for one in shown["conflicts"] if _concerns(known, one, only)]
        shown["prices"] = [one for one in shown["prices"] if UUID(one["station_id"]) in mine]
    return shown


def _concerns(known: Known, conflict: dict[str, Any], enterprise_id: UUID) -> bool:
    """A crew or the staff of another enterprise is nobody else's business."""
    if conflict["rule"] == "share-of-staff":
        return {member.enterprise_id for member in known.members} == {enterprise_id}
    crew = known.floor.crews.get(UUID(conflict["crew_id"])) if conflict.get("crew_id") else None
    return crew is None or crew.enterprise_id == enterprise_id


def _enterprise(known: Known, station: UUID) -> UUID | None:
    found = known.floor.known(station)
    return found.enterprise_id if found else None


@router.get("/board")
async def read_board(
    transaction: Transaction,
    person: Viewer,
    from_week: Annotated[int, Query(ge=1, le=500)] = 1,
    to_week: Annotated[int | None, Query(ge=1, le=500)] = None,
    cohort_id: UUID | None = None,
    by: By = "station",
) -> dict[str, Any]:
    """By station with the seats of all cohorts; by group or by trainee of this cohort alone."""
    last = to_week or from_week + 11
    if last < from_week or last - from_week >= LONGEST:
        raise WeeksOutOfOrder(f"{from_week}-{last}", field="to_week")
    newest = select(Cohort).order_by(col(Cohort.timetable_version) == 0, col(Cohort.first_monday).desc())
    wanted = newest.where(col(Cohort.cohort_id) == cohort_id) if cohort_id else newest
    cohort = await transaction.scalar(wanted.limit(1))
    if cohort is None:
        raise NoSuchCohort(str(cohort_id or ""))
    known = await queries.everything_about(transaction, cohort)
    weeks, only = range(from_week, last + 1), only_enterprise(person)
    if by == "station":
        return view.board(known, weeks, [*known.stints, *known.others], only)
    return by_week.board(_seen(known, only), by, [(week, known.monday(week)) for week in weeks])
