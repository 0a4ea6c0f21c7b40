"""Which mentors guide which stint: within their ratio on every day, fairly, and the same ones as before where they still can."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

WEEKDAYS = range(5)
Room = dict[UUID, list[int]]
"""Mentor -> trainees that the mentor may still guide, Monday to Friday."""


@dataclass(frozen=True)
class Guided:
    """A stint that needs mentors."""

    name: tuple[str, str]
    """Group and module."""
    station_id: UUID
    monday: date
    trainees: int
    before: tuple[UUID, ...] = ()


def assign(
    stints: Iterable[Guided], present: Mapping[tuple[UUID, date], Room]
) -> dict[tuple[str, str], list[UUID]]:
    """Fewest weeks first: each stint takes the mentors with the least so far until all its trainees are guided each day.

    `present` says who is at a station in the week of a Monday.
    """
    load: Counter[UUID] = Counter()
    left = {place: {mentor: list(days) for mentor, days in room.items()} for place, room in present.items()}
    found = {}
    for stint in sorted(stints, key=lambda one: (one.monday, one.station_id, one.name)):
        room = left.get((stint.station_id, stint.monday), {})
        kept = [mentor for mentor in stint.before if any(room.get(mentor, ()))]
        enough = all(sum(room[mentor][day] for mentor in kept) >= stint.trainees for day in WEEKDAYS)
        rest = sorted((mentor for mentor in room if mentor not in kept), key=lambda one: (load[one], one))
        found[stint.name] = take(kept if enough else [*kept, *rest], room, stint.trainees)
        load.update(found[stint.name])
    return found


def take(candidates: Sequence[UUID], room: Room, trainees: int) -> list[UUID]:
    """The first of them who are needed for so many trainees each day; their room becomes less."""
    need = [trainees] * len(WEEKDAYS)
    taken = []
    for mentor in candidates:
        if mentor not in room:
            continue
        guided = [min(here, wanted) for here, wanted in zip(room[mentor], need, strict=True)]
        if any(guided):
            room[mentor] = [here - some for here, some in zip(room[mentor], guided, strict=True)]
            need = [wanted - some for wanted, some in zip(need, guided, strict=True)]
            taken.append(mentor)
        if not any(need):
            break
    return sorted(taken)
