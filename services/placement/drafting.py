"""A timetable changed by hand: move in a draft, compare with what is published, publish, and go back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from sqlmodel import col

from services.placement import queries, rules
from services.placement.access import Coordinator, NoSuchCohort
from services.placement.api import Body
from services.placement.known import Known
from services.placement.model import Cohort, StintRow, Timetable
from services.placement.moving import Places, cost_of, faults, options
from services.placement.papers import DraftRow
from services.placement.publishing import draft, say
from services.placement.reconsidering import keep
from services.placement.situation import Place, Situation
from services.placement.timetable import Outcome
from shared.errors import NotFound, Refused
from shared.events.base import Text
from shared.ids import uuid7
from shared.messaging import emit
from shared.service import Transaction

router = APIRouter(prefix="/placement/v1/cohorts/{cohort_id}", tags=["draft"])


class NoDraft(NotFound):
    """There is no draft of this timetable."""

    code = "E-PLC-410"
    zh = "该课表没有草稿。"


class NoSuchStint(NotFound):
    """There is no such stint in this timetable, or nothing earlier to go back to."""

    code = "E-PLC-408"
    zh = "该课表中没有这次岗位实践，或没有更早的版本可以恢复。"


class DraftOutOfDate(Refused):
    """The timetable has changed since this draft was begun."""

    code = "E-PLC-411"
    zh = "草稿开始之后课表已变更。"
    remedy = "Discard the draft and move the stints again."
    remedy_zh = "请放弃草稿后重新调整。"


class DraftBreaksRules(Refused):
    """The draft breaks rules, so it cannot be published."""

    code = "E-PLC-412"
    zh = "草稿违反规则，不能发布。"


class Move(Body):
    """A stint to another station or week."""

    stint_id: UUID
    station_id: UUID
    week: int = Field(ge=1, le=500)


async def loaded(session: Transaction, cohort_id: UUID) -> tuple[Known, Situation]:
    """A cohort with a timetable, and the rules it stands under."""
    cohort = await queries.cohort_of(session, cohort_id)
    if cohort is None or cohort.timetable_version == 0:
        raise NoSuchCohort(str(cohort_id))
    known = await queries.everything_about(session, cohort)
    if rules.waiting_for(known):
        raise NoSuchCohort(str(cohort_id))
    return known, rules.situation(known)


def drafted_places(known: Known, row: DraftRow | None) -> dict[tuple[str, str], Place]:
    """Where everybody would be."""
    moved = row.places if row else {}
    places = {}
    for stint in known.stints:
        station, week = moved.get(str(stint.stint_id), (str(stint.station_id), stint.week))
        places[stint.group, stint.module or ""] = (UUID(str(station)), int(week))
    return places


def compared(known: Known, situation: Situation, row: DraftRow | None) -> dict[str, Any]:
    """The draft beside what is published: each change, the rules it breaks, the trainees concerned, the lag of both."""
    before, after = drafted_places(known, None), drafted_places(known, row)
    changes = [_change(known, stint, after) for stint in known.stints if _moved(stint, after)]
    return {
        "cohort_id": known.cohort.cohort_id,
        "base_version": row.base_version if row else known.cohort.timetable_version,
        "out_of_date": row is not None and row.base_version != known.cohort.timetable_version,
        "changes": changes,
        "visits_moved": sum(one["trainees"] for one in changes),
        "faults": [fault.model_dump() for fault in faults(situation, after, known.floor)],
        "cost_published": cost_of(situation, before),
        "cost": cost_of(situation, after),
    }


def _moved(stint: StintRow, after: Places) -> bool:
    return after[stint.group, stint.module or ""] != (stint.station_id, stint.week)


def _change(known: Known, stint: StintRow, after: Places) -> dict[str, Any]:
    station, week = after[stint.group, stint.module or ""]
    return {
        "stint_id": stint.stint_id,
        "group": stint.group,
        "module": stint.module,
        "trainees": stint.seats,
        "from": {
            "station_id": stint.station_id,
            "station": title(known, stint.station_id),
            "week": stint.week,
        },
        "to": {
            "station_id": station,
            "station": title(known, station),
            "week": week,
            "monday": known.monday(week),
        },
    }


def title(known: Known, station: UUID) -> dict[str, str]:
    """The name of a station."""
    found = known.floor.known(station)
    return (found.station.title if found else Text(zh=str(station), en=str(station))).model_dump()


@router.get("/draft")
async def read_draft(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> dict[str, Any]:
    known, situation = await loaded(transaction, cohort_id)
    row = await transaction.get(DraftRow, cohort_id)
    if row is None:
        raise NoDraft(str(cohort_id))
    return compared(known, situation, row)


@router.get("/stints/{stint_id}/options")
async def read_options(
    cohort_id: UUID, stint_id: UUID, transaction: Transaction, _: Coordinator
) -> list[dict[str, Any]]:
    known, situation = await loaded(transaction, cohort_id)
    stint = stint_of(known, stint_id)
    places = drafted_places(known, await transaction.get(DraftRow, cohort_id))
    return [
        {
            "station_id": station,
            "station": title(known, station),
            "week": week,
            "monday": known.monday(week),
            "free": free,
        }
        for (station, week), free in options(
            situation, places, (stint.group, stint.module or ""), known.floor
        )
    ]


def stint_of(known: Known, stint_id: UUID) -> StintRow:
    found = next((stint for stint in known.stints if stint.stint_id == stint_id), None)
    if found is None:
        raise NoSuchStint(str(stint_id))
    return found


@router.post("/draft/moves")
async def move(cohort_id: UUID, body: Move, transaction: Transaction, _: Coordinator) -> dict[str, Any]:
    """Into the draft, whatever rules it breaks: they are named, and hold when it is published."""
    known, situation = await loaded(transaction, cohort_id)
    stint = stint_of(known, body.stint_id)
    row = await transaction.get(DraftRow, cohort_id, with_for_update=True)
    if row is None:
        row = DraftRow(cohort_id=cohort_id, base_version=known.cohort.timetable_version, places={})
        transaction.add(row)
    here = (stint.station_id, stint.week) == (body.station_id, body.week)
    others = {name: place for name, place in row.places.items() if name != str(body.stint_id)}
    row.places = others if here else {**others, str(body.stint_id): [str(body.station_id), body.week]}
    return compared(known, situation, row)


@router.delete("/draft", status_code=204)
async def discard(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> None:
    row = await transaction.get(DraftRow, cohort_id, with_for_update=True)
    if row is None:
        raise NoDraft(str(cohort_id))
    await transaction.delete(row)


@router.post("/draft/publish")
async def publish(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> dict[str, Any]:
    """The draft becomes the timetable: `TimetableChanged` tells everybody whom it concerns."""
    await transaction.scalars(select(col(Cohort.cohort_id)).order_by(col(Cohort.cohort_id)).with_for_update())
    known, situation = await loaded(transaction, cohort_id)
    row = await transaction.get(DraftRow, cohort_id, with_for_update=True)
    if row is None or not row.places:
        raise NoDraft(str(cohort_id))
    if row.base_version != known.cohort.timetable_version:
        raise DraftOutOfDate(str(cohort_id))
    places = drafted_places(known, row)
    broken = faults(situation, places, known.floor)
    if broken:
        raise DraftBreaksRules("; ".join(f"{one.zh} / {one.en}" for one in broken))
    last = known.last.lower_bound if known.last else 0.0
    cost = cost_of(situation, places)
    outcome = Outcome(places, cost, min(cost, last), ())
    finished = draft(known, outcome, uuid7)
    event = say(known, finished, outcome)
    await keep(transaction, known.cohort, finished, (event, outcome))
    emit(transaction, event)
    await transaction.delete(row)
    return {"timetable_version": event.timetable_version, "visits_moved": finished.visits_moved}


@router.post("/undo")
async def undo(cohort_id: UUID, transaction: Transaction, _: Coordinator) -> dict[str, Any]:
    """A draft that goes back to the version before: compared and published like any other."""
    known, situation = await loaded(transaction, cohort_id)
    before = await transaction.get(Timetable, (cohort_id, known.cohort.timetable_version - 1))
    if before is None or not before.places:
        raise NoSuchStint(str(cohort_id))
    first = situation.change_from or 1
    back = {
        str(stint.stint_id): before.places[str(stint.stint_id)]
        for stint in known.stints
        if str(stint.stint_id) in before.places
        and min(stint.week, before.places[str(stint.stint_id)][1]) >= first
        and before.places[str(stint.stint_id)] != [str(stint.station_id), stint.week]
    }
    row = await transaction.merge(
        DraftRow(cohort_id=cohort_id, base_version=known.cohort.timetable_version, places=back)
    )
    return compared(known, situation, row)
