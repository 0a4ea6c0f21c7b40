"""What the API shows: timetables, the board, calendars. Values in, plain dictionaries out."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from services.placement import hours, shares
from services.placement.floor import Floor
from services.placement.groups import groups_of, held_back
from services.placement.known import Known
from services.placement.model import Cohort, Member, StintRow, Timetable
from shared.events.base import Text
from shared.events.curriculum import PlanPublished

NAMELESS = Text(zh="未知", en="unknown").model_dump()


def stint(row: StintRow, floor: Floor, modules: dict[str, Text]) -> dict[str, Any]:
    """A stint with the names of its station, workshop and module."""
    station = floor.known(row.station_id)
    title = modules.get(row.module or "")
    return {
        "stint_id": row.stint_id,
        "cohort_id": row.cohort_id,
        "group": row.group,
        "station_id": row.station_id,
        "station": station.station.title.model_dump() if station else NAMELESS,
        "workshop_id": row.workshop_id,
        "workshop": station.workshop.model_dump() if station else NAMELESS,
        "mentor_ids": row.mentor_ids,
        "week": row.week,
        "monday": row.monday,
        "module": row.module,
        "module_title": title.model_dump() if title else {"zh": row.module or "", "en": row.module or ""},
        "trainees": row.seats,
    }


def modules_of(plan: PlanPublished | None) -> dict[str, Text]:
    """Titles of a plan's modules."""
    return {module.module: module.title for module in plan.modules} if plan else {}


def cohort(one: Cohort, last: Timetable | None) -> dict[str, Any]:
    """A cohort in a list."""
    return {
        "cohort_id": one.cohort_id,
        "title": one.title,
        "year": one.year,
        "first_monday": one.first_monday,
        "status": one.status,
        "timetable_version": one.timetable_version,
        "waiting_for": one.waiting_for,
        "gap": gap(last),
    }


def gap(last: Timetable | None) -> float | None:
    """Share of the cost that is not proven to be necessary."""
    if last is None:
        return None
    return max(0.0, (last.cost - last.lower_bound) / last.cost) if last.cost else 0.0


def timetable(known: Known, only: UUID | None = None) -> dict[str, Any]:
    """The whole timetable of a cohort, or why there is none."""
    last, modules = known.last, modules_of(known.plan)
    size = known.template.group_size if known.template else 1
    back = held_back(known, [(row.group, row.monday) for row in known.stints])
    numbers = {member.trainee_id: _numbers(member, only) for member in known.members}
    groups = [
        {
            "group": group.group,
            "direction": group.direction,
            "numbers": {str(trainee): numbers[trainee] for trainee in group.trainee_ids},
            "trainee_ids": [trainee for trainee in group.trainee_ids if trainee not in back],
            "held_back": [
                {"trainee_id": trainee, "reasons": [reason.model_dump() for reason in back[trainee]]}
                for trainee in group.trainee_ids
                if trainee in back
            ],
        }
        for group in groups_of(known.members, size, known.today)
    ]
    return cohort(known.cohort, last) | {
        "plan_id": last.plan_id if last else known.cohort.plan_id,
        "plan_version": last.plan_version if last else known.cohort.plan_version,
        "cost": last.cost if last else None,
        "lower_bound": last.lower_bound if last else None,
        "visits_moved": last.visits_moved if last else None,
        "visits_moved_bound": last.visits_moved_bound if last else None,
        "groups": groups,
        "stints": [stint(row, known.floor, modules) for row in known.stints],
        "conflicts": known.cohort.conflicts,
        "warnings": [
            {"enterprise_id": owner, "words": words.model_dump()}
            for owner, words in (*shares.warnings(known), *hours.warnings(known))
            if only in {None, owner}
        ],
        "prices": [_price(known, *one) for one in (last.prices if last else [])],
    }


def _price(known: Known, station: str, week: int, saves: float, seats: int = 1) -> dict[str, Any]:
    """Timetables from before groups were thought of say nothing of how many seats let one more in."""
    monday = known.monday(week)
    return {"station_id": station, "week": week, "monday": monday, "saves": saves, "seats": seats}


def _numbers(member: Member, only: UUID | None) -> str:
    """The number at the college and the one at the enterprise, by which either side knows the person; no other enterprise."""
    theirs = member.enterprise_number if only in {None, member.enterprise_id} else None
    known = [number for number in (member.college_number, theirs) if number]
    return " · ".join(known) or str(member.trainee_id)


def board(known: Known, weeks: range, stints: Iterable[StintRow], only: UUID | None) -> dict[str, Any]:
    """Workshops by weeks: who is where, for how many there is room, and where there are too many."""
    mondays = [(week, known.monday(week)) for week in weeks]
    here: dict[tuple[UUID, date], list[StintRow]] = {}
    for row in stints:
        here.setdefault((row.station_id, row.monday), []).append(row)
    workshops: dict[UUID, dict[str, Any]] = {}
    for station_id in known.floor.stations():
        station = known.floor.known(station_id)
        if station is None or (only and station.enterprise_id != only):
            continue
        shown = workshops.setdefault(
            station.workshop_id,
            {
                "workshop_id": station.workshop_id,
                "title": station.workshop.model_dump(),
                "enterprise_id": station.enterprise_id,
                "stations": [],
            },
        )
        cells = [
            _cell(known.floor, station_id, week, here.get((station_id, week[1]), [])) for week in mondays
        ]
        title = station.station.title.model_dump()
        shown["stations"].append({"station_id": station_id, "title": title, "cells": cells})
    return {
        "cohort_id": known.cohort.cohort_id,
        "weeks": [{"week": week, "monday": monday} for week, monday in mondays],
        "workshops": sorted(workshops.values(), key=lambda one: str(one["workshop_id"])),
    }


def _cell(floor: Floor, station_id: UUID, week: tuple[int, date], rows: list[StintRow]) -> dict[str, Any]:
    capacity = floor.seats(station_id, week[1])
    taken = sum(row.seats for row in rows)
    return {
        "week": week[0],
        "monday": week[1],
        "capacity": capacity,
        "taken": taken,
        "overload": max(0, taken - capacity),
        "closed": floor.closed(station_id, week[1]),
        "groups": [
            {"cohort_id": row.cohort_id, "group": row.group, "trainees": row.seats, "stint_id": row.stint_id}
            for row in rows
        ],
    }
