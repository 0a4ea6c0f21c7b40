"""How far a search is, as a job row keeps it: figures for people, and the best plan so far for whoever goes on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal
from uuid import UUID

from services.placement.problem import Word

Places = Mapping[tuple[str, str], tuple[UUID, int]]
"""Group and module to station and teaching week."""


@dataclass(frozen=True)
class Told:
    """What is being made small, weeks of lag or visits moved; how small it is, and can be at all; and where everybody is."""

    aim: Literal["lag", "moves"]
    cost: float | None
    bound: float | None
    gap: float | None
    """Share of the cost that is not proven to be necessary."""
    places: tuple[tuple[str, str, UUID, int], ...]


def told(aim: Literal["lag", "moves"], word: Word, places: Iterable[tuple[str, str, UUID, int]]) -> Told:
    """The word of a search with its places in the terms of the timetable."""
    bound = max(0.0, word.bound) if isfinite(word.bound) else None
    gap = None
    if word.cost is not None and bound is not None:
        gap = max(0.0, word.cost - bound) / word.cost if word.cost else 0.0
    return Told(aim, word.cost, bound, gap, tuple(places))


def places_of(checkpoint: Any) -> dict[tuple[str, str], tuple[UUID, int]]:
    """The best plan that an earlier run has kept; nothing where it kept none."""
    kept = checkpoint["places"] if isinstance(checkpoint, dict) else []
    return {(group, module): (UUID(station), week) for group, module, station, week in kept}


def figures_of(checkpoint: Any) -> dict[str, Any]:
    """What a person is shown of it."""
    if not isinstance(checkpoint, dict):
        return {}
    return {name: checkpoint[name] for name in ("aim", "cost", "bound", "gap")}
