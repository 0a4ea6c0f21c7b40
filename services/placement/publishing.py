"""From places to what is said: stints with their mentors, what moved, and the event. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.placement.groups import groups_of, held_back
from services.placement.known import Known
from services.placement.mentoring import Guided, Room, assign, take
from services.placement.model import StintRow
from services.placement.situation import Place
from services.placement.timetable import Outcome
from shared.events.placement import Group, Stint, TimetableChanged, TimetablePublished

Named = tuple[str, str]
"""Group and module: what stays when a stint moves."""


@dataclass(frozen=True)
class Draft:
    """A whole timetable, and how it differs from the published one."""

    groups: list[Group]
    stints: list[Stint]
    seats: dict[str, int]
    moved: list[UUID]
    removed: list[UUID]
    visits_moved: int
    differs: bool


def draft(known: Known, outcome: Outcome, new_id: Callable[[], UUID]) -> Draft:
    """The timetable that follows from these places. A stint keeps its id, its past and, if they can, its mentors."""
    rows = {(row.group, row.module or ""): row for row in known.stints}
    size = known.template.group_size if known.template else 1
    groups = groups_of(known.members, size, known.today)
    seats = {group.group: len(group.trainee_ids) for group in groups}
    mentors = _mentors(known, outcome, rows, seats)
    stints = [
        _stint(known, name, place, (rows.get(name), mentors[name], new_id))
        for name, place in outcome.places.items()
    ]
    stints.sort(key=lambda one: (one.week, one.group))
    moved = [stint for stint in stints if _moved(rows.get((stint.group, stint.module or "")), stint)]
    removed = [row for name, row in rows.items() if name not in outcome.places]
    upcoming = [row for row in removed if row.monday >= known.today]
    kept_past = [row for row in removed if row.monday < known.today]
    stints += [_as_said(row) for row in kept_past]
    back = held_back(known, [(stint.group, stint.monday) for stint in stints])
    said = [
        Group(group=one.group, trainee_ids=[t for t in one.trainee_ids if t not in back]) for one in groups
    ]
    again = [stint for stint in moved if (stint.group, stint.module or "") in rows]
    visits = sum(seats[stint.group] for stint in again) + sum(row.seats for row in upcoming)
    differs = bool(moved or upcoming) or _otherwise(known, said, stints, rows)
    return Draft(
        said,
        stints,
        seats,
        [one.stint_id for one in moved],
        [one.stint_id for one in upcoming],
        visits,
        differs,
    )


def _stint(
    known: Known, name: Named, place: Place, rest: tuple[StintRow | None, list[UUID], Callable[[], UUID]]
) -> Stint:
    row, mentors, new_id = rest
    station_id, week = place
    station = known.floor.known(station_id)
    return Stint(
        stint_id=row.stint_id if row else new_id(),
        group=name[0],
        station_id=station_id,
        workshop_id=station.workshop_id if station else row.workshop_id if row else station_id,
        mentor_ids=mentors,
        week=week,
        monday=known.monday(week),
        module=name[1],
    )


def _mentors(
    known: Known, outcome: Outcome, rows: dict[Named, StintRow], seats: dict[str, int]
) -> dict[Named, list[UUID]]:
    found: dict[Named, list[UUID]] = {}
    guided = []
    for name, (station, week) in outcome.places.items():
        row, monday = rows.get(name), known.monday(week)
        before = tuple(map(UUID, row.mentor_ids)) if row and row.station_id == station else ()
        if row and row.monday == monday and monday < known.today:
            found[name] = list(before)  # who guided them then does not change now
        else:
            guided.append(Guided(name, station, monday, seats.get(name[0], 0), before))
    places = {(one.station_id, one.monday) for one in guided}
    return found | assign(guided, {place: _present(known, *place) for place in places})


def _present(known: Known, station: UUID, monday: date) -> Room:
    """Mentors there with what other cohorts leave of their ratio, day by day."""
    room = known.floor.room(station, monday)
    for stint in known.others:
        if (stint.station_id, stint.monday) == (station, monday):
            take([UUID(mentor) for mentor in stint.mentor_ids], room, stint.seats)
    return room


def _moved(row: StintRow | None, stint: Stint) -> bool:
    return row is None or (row.station_id, row.monday) != (stint.station_id, stint.monday)


def _as_said(row: StintRow) -> Stint:
    return Stint.model_validate(row.model_dump(include=set(Stint.model_fields)))


def _otherwise(known: Known, said: list[Group], stints: list[Stint], rows: dict[Named, StintRow]) -> bool:
    """Whether groups, mentors or the plan version differ although nothing moves."""
    if known.last is None:
        return True
    mentors = {row.stint_id: sorted(row.mentor_ids) for row in rows.values()}
    return (
        [group.model_dump(mode="json") for group in said] != known.last.groups
        or any(mentors.get(one.stint_id) != sorted(map(str, one.mentor_ids)) for one in stints)
        or (known.last.plan_id, known.last.plan_version) != (known.cohort.plan_id, known.cohort.plan_version)
    )


def say(known: Known, drafted: Draft, outcome: Outcome) -> TimetablePublished | TimetableChanged:
    """The event: the first timetable of a cohort is published, every later one is a change."""
    if known.plan is None:
        raise ValueError("no plan, no timetable")
    whole = {
        "cohort_id": known.cohort.cohort_id,
        "timetable_version": known.cohort.timetable_version + 1,
        "plan_id": known.plan.plan_id,
        "plan_version": known.plan.plan_version,
        "groups": drafted.groups,
        "stints": drafted.stints,
        "cost": outcome.cost,
        "lower_bound": outcome.lower_bound,
    }
    if known.cohort.timetable_version == 0:
        return TimetablePublished.model_validate(whole)
    removed = sum(row.seats for row in known.stints if row.stint_id in drafted.removed)
    changed = {
        "moved": drafted.moved,
        "removed": drafted.removed,
        "visits_moved": drafted.visits_moved,
        "visits_moved_bound": min(drafted.visits_moved, outcome.changed_bound + removed),
    }
    return TimetableChanged.model_validate(whole | changed)
