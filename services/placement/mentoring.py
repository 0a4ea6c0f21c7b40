"""Which mentors guide which stint: within their ratio, fairly, and the same ones as before where they still can."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class Guided:
    """A stint that needs mentors."""

    name: tuple[str, str]
    """Group and module."""
    station_id: UUID
    monday: date
    trainees: int
    before: tuple[UUID, ...] = ()


Present = Mapping[tuple[UUID, date], Sequence[tuple[UUID, int]]]
"""Station and Monday -> mentors there with the trainees each may still guide."""


def assign(stints: Iterable[Guided], present: Present) -> dict[tuple[str, str], list[UUID]]:
    """Fewest weeks first: each stint takes the mentors with the least so far until all its trainees are guided."""
    load: Counter[UUID] = Counter()
    left: dict[tuple[UUID, date], dict[UUID, int]] = {
        place: dict(mentors) for place, mentors in present.items()
    }
    found = {}
    for stint in sorted(stints, key=lambda one: (one.monday, one.station_id, one.name)):
        room = left.get((stint.station_id, stint.monday), {})
        kept = [mentor for mentor in stint.before if room.get(mentor, 0) > 0]
        enough = sum(room[mentor] for mentor in kept) >= stint.trainees
        rest = sorted((mentor for mentor in room if mentor not in kept), key=lambda one: (load[one], one))
        found[stint.name] = _take(kept if enough else [*kept, *rest], room, stint.trainees)
        load.update(found[stint.name])
    return found


def _take(candidates: list[UUID], room: dict[UUID, int], trainees: int) -> list[UUID]:
    taken = []
    for mentor in candidates:
        if trainees <= 0:
            break
        guided = min(room[mentor], trainees)
        if guided > 0:
            room[mentor] -= guided
            trainees -= guided
            taken.append(mentor)
    return sorted(taken)
