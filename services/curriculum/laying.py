"""Which teaching weeks a module takes, and when a cohort may change its plan. Pure.

Weeks are teaching weeks from 1. In a phase the modules follow one another, each as long as its part of the hours.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor

from shared.events.plan_parts import PlanModule, PlanPhase

EPSILON = 1e-9


def cycle_of(phase: PlanPhase) -> int:
    """Weeks of one cycle; 0 where the phase has none."""
    return phase.theory_weeks + phase.workshop_weeks + phase.simulation_weeks


def lay(phases: Sequence[PlanPhase], modules: Sequence[PlanModule]) -> list[PlanModule]:
    """Every module with its weeks; those that state their own keep them."""
    weeks: dict[str, tuple[int, int]] = {}
    for phase in phases:
        inside = [module for module in modules if module.phase == phase.phase]
        common = [module for module in inside if module.direction is None]
        directions = {module.direction for module in inside} - {None}
        tracks = [
            [module for module in inside if module.direction == one] for one in sorted(map(str, directions))
        ]
        longest = max((_hours(track) for track in tracks), default=0.0)
        whole = _hours(common) + longest
        _in_a_row(phase, common, 0.0, _hours(common) / whole if whole else 1.0, weeks)
        for track in tracks:
            _in_a_row(phase, track, _hours(common) / whole if whole else 0.0, 1.0, weeks)
    return [
        _with_weeks(module, *weeks[module.module]) if module.module in weeks else module for module in modules
    ]


def _hours(modules: Iterable[PlanModule]) -> float:
    return sum(module.hours.total() for module in modules)


def _teaching_weeks(phase: PlanPhase) -> int:
    """Weeks for theory: the last cycle stays free of it where there are workshop weeks to practise in."""
    weeks, cycle = phase.last_week - phase.first_week + 1, cycle_of(phase)
    return weeks - cycle if phase.workshop_weeks and weeks > cycle else weeks


def _in_a_row(
    phase: PlanPhase,
    modules: Sequence[PlanModule],
    start: float,
    end: float,
    weeks: dict[str, tuple[int, int]],
) -> None:
    """Lays modules one after another over the part start..end (0 to 1) of the phase."""
    span, total, done = _teaching_weeks(phase), _hours(modules), 0.0
    for number, module in enumerate(modules):
        part = module.hours.total() / total if total else 1 / len(modules)
        begins = (start + (end - start) * done) * span
        done = 1.0 if number == len(modules) - 1 else done + part
        ends = (start + (end - start) * done) * span
        first = min(floor(begins + EPSILON), span - 1)
        weeks[module.module] = (
            phase.first_week + first,
            phase.first_week + max(first, ceil(ends - EPSILON) - 1),
        )


def _with_weeks(module: PlanModule, first: int, last: int) -> PlanModule:
    if module.first_week is not None and module.last_week is not None:
        return module
    return module.model_copy(update={"first_week": first, "last_week": last})


def without_weeks(modules: Iterable[PlanModule]) -> list[PlanModule]:
    """The modules as if nobody had laid them."""
    return [module.model_copy(update={"first_week": None, "last_week": None}) for module in modules]


def lay_again(
    phases: Sequence[PlanPhase], before: Sequence[PlanModule], after: Sequence[PlanModule]
) -> list[PlanModule]:
    """The weeks of a new version: what grew ends later, and what follows it starts later, within the phase."""
    if list(lay(phases, without_weeks(before))) == list(before):
        return lay(phases, without_weeks(after))
    grown = {module.module: module.hours.total() for module in after}
    shrunk = {module.module: module.hours.total() for module in before}
    weeks: dict[str, tuple[int, int]] = {}
    for phase in phases:
        inside = [
            module
            for module in after
            if module.phase == phase.phase and module.first_week and module.last_week
        ]
        for direction in sorted({str(module.direction) for module in inside}):
            track = [module for module in inside if str(module.direction) == direction]
            ratio = {name: grown[name] / shrunk[name] if shrunk.get(name) else 1.0 for name in grown}
            weeks.update(_stretched(phase, track, ratio))
    laid = [module.model_copy(update=_as_update(weeks.get(module.module))) for module in after]
    return lay(phases, laid)


def _as_update(weeks: tuple[int, int] | None) -> dict[str, int]:
    return {"first_week": weeks[0], "last_week": weeks[1]} if weeks else {}


def _stretched(
    phase: PlanPhase, track: list[PlanModule], ratio: dict[str, float]
) -> dict[str, tuple[int, int]]:
    """Weeks laid by hand, each module longer or shorter by its ratio; their order and their end stay."""
    placed = sorted(
        ((module.first_week or 1, module.last_week or 1, module.module) for module in track),
        key=lambda one: one[:2],
    )
    lengths = [(last - first + 1) * ratio[name] for first, last, name in placed]
    if any(
        later[0] <= earlier[1] - 1 for earlier, later in pairwise(placed)
    ):  # side by side: each for itself
        return {
            name: (first, min(phase.last_week, first + max(1, round(length)) - 1))
            for (first, _, name), length in zip(placed, lengths, strict=True)
        }
    had = sum(last - first + 1 for first, last, _ in placed)
    scale, moved, laid = had / sum(lengths) if sum(lengths) else 1.0, 0.0, {}
    for (first, last, name), length in zip(placed, lengths, strict=True):
        begins, ends = first + moved, first + moved + length * scale
        moved += length * scale - (last - first + 1)
        starts = max(phase.first_week, floor(begins + EPSILON))
        laid[name] = starts, min(phase.last_week, max(starts, ceil(ends - EPSILON) - 1))
    return laid


def next_boundary(phases: Sequence[PlanPhase], week: int) -> int | None:
    """The first week after `week` in which a phase or a cycle begins; none where the plan has ended."""
    starts = {
        start
        for phase in phases
        for start in range(phase.first_week, phase.last_week + 1, cycle_of(phase) or phase.last_week)
    }
    return min((start for start in starts if start > week), default=None)
