"""Changes a published plan as little as possible: past weeks stay, the fewest visits move, proven as far as it can be."""

from dataclasses import dataclass, replace

import numpy as np

from services.placement.kept import Kept
from services.placement.least_lag import least_lag
from services.placement.problem import Cells, Floats, Problem, Word
from services.placement.rotation import plan
from services.placement.search import Tell
from services.placement.stopwatch import moment

PROOF = 0.6
"""Share of the time that the bound on changes may take."""
LAG = 0.6
"""By this share of the time, where some have no place, a repair is left as it is: the rest is for saying why."""
PATIENCE = 12


@dataclass(frozen=True, eq=False)
class Repaired:
    """The new cells of every learner, and how many visits (times seats) changed, beside the fewest possible."""

    cells: tuple[Cells, ...]
    changed: int
    changed_bound: int
    cost: float
    uncovered: int
    uncovered_bound: int = 0
    """No repair leaves fewer visits (times seats) without a place."""
    cost_bound: float = 0.0
    """No plan under the rules as they are now costs less, however much it changed."""
    gap: float = 0.0
    """Share of the cost that is not proven to be necessary, a visit without a place weighing more than any lag."""


def repair(
    problem: Problem,
    old: list[Cells],
    from_week: int,
    seconds: float = 10.0,
    tell: Tell | None = None,
    *,
    begin: list[Cells] | None = None,
) -> Repaired:
    """`problem` has one learner a class, `old` its published cells per visit (-1: had none). Weeks before `from_week` stay.

    Those who must move are freed, then those who would make room at the prices of the seats wanted; they are placed
    exactly. A visit that finds no place at all is left uncovered, never a refusal. `begin` is a repair to better, such as
    an earlier run's; where it breaks a rule it is forgotten. What is told is changes, beside the fewest possible.
    """
    began = moment()
    kept = Kept(problem, old, from_week)
    free, proven, sure = kept.widen(kept.affected(), began + PROOF * seconds)
    short = kept.bound(proven, 1).uncovered > 0
    deadline = began + (LAG if short else 0.9) * seconds

    def say(found: Repaired) -> None:
        if tell:
            tell(Word(_least(kept, proven, found), found.changed, found.cells))

    best = _begun(kept, begin) if begin else None
    if best:
        say(best)
    while best is None or (not _proven(kept, proven, best) and moment() < deadline):
        left = max(0.3, deadline - moment())
        found, prices = _placed(kept, free, left if best else 0.6 * left, short=short)
        if best is None or _rank(found) < _rank(best):
            best = found
        say(best)
        grown = _neighbours(kept, free, prices)
        if len(grown) == len(free):
            break
        free = grown
    if not sure and not _proven(kept, proven, best):
        proven = kept.widen(free, began + (LAG if best.uncovered else 1.0) * seconds)[1]
    nowhere = kept.bound(proven, best.uncovered).uncovered
    lost = kept.problem.missing * best.uncovered
    least = least_lag(kept, best.cells, began + LAG * seconds, short=best.uncovered > 0)
    lag = min(best.cost + lost, max(least, kept.problem.missing * nowhere))
    gap = (best.cost + lost - lag) / (best.cost + lost) if best.cost + lost else 0.0
    lag = max(0.0, lag - lost)
    return replace(
        best, changed_bound=_least(kept, proven, best), uncovered_bound=nowhere, cost_bound=lag, gap=gap
    )


def _proven(kept: Kept, proven: float, found: Repaired) -> bool:
    """Whether no repair leaves fewer without a place, and none that leaves as few changes fewer."""
    nowhere = kept.bound(proven, found.uncovered).uncovered
    return found.uncovered <= nowhere and found.changed <= _least(kept, proven, found)


def _least(kept: Kept, proven: float, found: Repaired) -> int:
    """No repair that leaves as few without a place changes fewer."""
    return min(found.changed, max(kept.plain, kept.bound(proven, found.uncovered).changed))


def _begun(kept: Kept, cells: list[Cells]) -> Repaired | None:
    if not kept.holds(cells):
        return None
    uncovered, changed, cost = kept.count([[cells[at] for at in members] for members in kept.members])
    return Repaired(tuple(cells), changed, 0, cost, uncovered)


def _rank(one: Repaired) -> tuple[int, int, float]:
    return one.uncovered, one.changed, one.cost


def _placed(kept: Kept, free: set[int], seconds: float, *, short: bool) -> tuple[Repaired, Floats]:
    """The best for those who are free while the others stay."""
    order = sorted(free)
    part = kept.part(kept.problem, order)
    answer = plan(part, seconds, start=kept.columns(part, order), patience=PATIENCE, short=short)
    plans = [[cells] * int(size) for cells, size in zip(kept.old, kept.sizes, strict=True)]
    for at, kind in enumerate(order):
        plans[kind] = [column.cells for column in answer.plans[at]]
    whose: dict[int, Cells] = {}
    for members, of_kind in zip(kept.members, plans, strict=True):
        whose |= zip(members, of_kind, strict=True)
    uncovered, changed, cost = kept.count(plans)
    cells = tuple(whose[at] for at in range(len(whose)))
    return Repaired(cells, changed, 0, cost, uncovered), answer.prices


def _neighbours(kept: Kept, free: set[int], prices: Floats) -> set[int]:
    """Those already free and the ones who hold the dearest seats."""
    ahead = np.where(np.arange(prices.shape[1]) >= kept.from_week, prices, 0.0)
    worth = {kind: kept.stays(kind, ahead) for kind in range(len(kept.old)) if kind not in free}
    wanted = sorted(worth, key=lambda kind: (-worth[kind], kind))
    return free | set(wanted[: max(30, len(free) // 2)])
