"""Changes a published plan as little as possible: past weeks stay, the fewest visits move, proven as far as it can be."""

from dataclasses import dataclass, replace

import numpy as np

from services.placement.pricing import Pricer
from services.placement.problem import Column, Floats, Ints, Learners, Problem, reachable_seats
from services.placement.rotation import Search, legal_columns, plan
from services.placement.stopwatch import moment

CHANGE = 1_000.0
"""What a changed visit costs for each seat: more than the lag of a whole plan."""
EXTRA = 0.5
"""Seconds that a proof may take beyond the time allowed."""
Cells = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Repaired:
    """The new cells of every learner, and how many visits (times seats) changed, beside the fewest possible."""

    cells: tuple[Cells, ...]
    changed: int
    changed_bound: int
    cost: float
    uncovered: int
    cost_bound: float = 0.0
    """No plan under the rules as they are now costs less, however much it changed."""


def repair(problem: Problem, old: list[Cells], from_week: int, seconds: float = 10.0) -> Repaired:
    """`problem` has one learner a class, `old` its published cells per visit (-1: had none). Weeks before `from_week` stay.

    Only those who must move are freed at first; then those who sit where the others need a seat, until the bound
    is met, all are free, or the time is up. A visit that finds no place at all is left uncovered, never a refusal.
    """
    deadline = moment() + seconds
    bound_to_old = _Kept(problem, old, from_week)
    bound = bound_to_old.fewest_changes()
    free = bound_to_old.affected()
    now = list(old)
    best: Repaired | None = None
    while best is None or ((best.changed > bound or best.uncovered) and moment() < deadline):
        left = max(0.3, (deadline - moment()) / (1 if best else 2))
        candidate, prices = bound_to_old.solve(now, free, left)
        if best is None or _rank(candidate) < _rank(best):
            best = replace(candidate, changed_bound=min(bound, candidate.changed))
        grown = bound_to_old.neighbours(now, free, prices)
        if len(grown) == len(free):
            break
        free = grown
    if best.changed > bound and not best.uncovered:
        bound = max(bound, bound_to_old.changes_proven(deadline))
        best = replace(best, changed_bound=min(bound, best.changed))
    return replace(best, cost_bound=bound_to_old.cheapest(deadline))


def _rank(one: Repaired) -> tuple[int, int, float]:
    return one.uncovered, one.changed, one.cost


class _Kept:
    """A problem in which leaving the published cell costs, and the past cannot be left."""

    def __init__(self, problem: Problem, old: list[Cells], from_week: int) -> None:
        self.old, self.from_week, self.weeks = old, from_week, problem.weeks
        self.lag = problem.learners
        learners = tuple(self._bind(one, cells) for one, cells in zip(problem.learners, old, strict=True))
        used = _seats_used(problem, old)
        capacity = problem.capacity.copy()
        capacity[:, :from_week] = np.maximum(capacity, used)[:, :from_week]
        self.problem = Problem(learners, capacity, problem.gap)
        self.capacity = reachable_seats(self.problem)

    def _bind(self, one: Learners, cells: Cells) -> Learners:
        cost = one.cost.copy()
        cost[:, :, : self.from_week] = np.inf
        frozen = {}
        for visit, cell in enumerate(cells):
            if cell < 0:
                continue
            station, week = divmod(cell, self.weeks)
            choice = int(np.argmax(one.stations[visit] == station))
            known = one.stations[visit, choice] == station
            if week < self.from_week:
                frozen[visit] = week
                cost[visit] = np.inf
                cost[visit, choice, week] = one.cost[visit, choice, week] if known else 0.0
                if not np.isfinite(cost[visit, choice, week]):
                    cost[visit, choice, week] = 0.0
            else:
                keep = cost[visit, choice, week] if known else np.inf
                cost[visit] += CHANGE * one.seats
                cost[visit, choice, week] = keep
        precedence = tuple(
            (a, b) for a, b in one.precedence if b not in frozen or frozen.get(a, 10**6) < frozen[b]
        )
        return replace(
            one, cost=cost, precedence=precedence, slots=_slots_with(one.slots, sorted(frozen.values()))
        )

    def fewest_changes(self) -> int:
        """No repair changes fewer: what each must change for itself, or what each cell has too many of."""
        alone = Pricer(self.problem, partial=True).price(np.zeros(self.capacity.shape), self.capacity)
        self.must = {
            column.owner: sum(
                was >= 0 and is_now != was
                for was, is_now in zip(self.old[column.owner], column.cells, strict=True)
            )
            for _, column in alone
        }
        forced = sum(times * self.problem.learners[owner].seats for owner, times in self.must.items())
        legal = [self._legal(owner, cells) for owner, cells in enumerate(self.old)]
        illegal = sum(
            self.problem.learners[owner].seats
            * sum(was >= 0 > stays for was, stays in zip(self.old[owner], cells, strict=True))
            for owner, cells in enumerate(legal)
        )
        self.excess = np.maximum(0, _seats_used(self.problem, legal) - self.capacity)
        return int(max(forced, illegal + self.excess.sum()))

    def _legal(self, owner: int, cells: Cells) -> Cells:
        """The cells that are still allowed by themselves."""
        one = self.problem.learners[owner]
        stays = []
        for visit, cell in enumerate(cells):
            station, week = divmod(cell, self.weeks)
            at = np.flatnonzero(one.stations[visit] == station)
            allowed = cell >= 0 and len(at) > 0 and bool(np.isfinite(one.cost[visit, at[0], week]))
            stays.append(cell if allowed else -1)
        return tuple(stays)

    def affected(self) -> set[int]:
        """Who must move, has a visit without a place, or sits where there are too many."""
        crowded = set(np.flatnonzero(self.excess.ravel()).tolist())
        return {
            owner
            for owner, cells in enumerate(self.old)
            if self.must.get(owner, 1) or -1 in cells or not crowded.isdisjoint(cells)
        }

    def solve(self, now: list[Cells], free: set[int], seconds: float) -> tuple[Repaired, Floats]:
        """The best for those who are free while the others stay."""
        order = sorted(free)
        others = [() if owner in free else cells for owner, cells in enumerate(now)]
        left = np.maximum(0, self.problem.capacity - _seats_used(self.problem, others))
        part = Problem(tuple(self.problem.learners[owner] for owner in order), left, self.problem.gap)
        answer = plan(part, seconds, start=[Column(at, now[owner], 0.0) for at, owner in enumerate(order)])
        cells = list(now)
        for at, owner in enumerate(order):
            cells[owner] = answer.plans[at][0].cells
        return self._judge(cells), answer.prices

    def _judge(self, cells: list[Cells]) -> Repaired:
        changed, cost, uncovered = 0, 0.0, 0
        for owner, (was, is_now) in enumerate(zip(self.old, cells, strict=True)):
            one = self.lag[owner]
            changed += one.seats * sum(a >= 0 and a != b for a, b in zip(was, is_now, strict=True))
            uncovered += sum(cell < 0 for cell in is_now)
            for visit, cell in enumerate(is_now):
                if cell >= 0:
                    station, week = divmod(cell, self.weeks)
                    lag = one.cost[visit, int(np.argmax(one.stations[visit] == station)), week]
                    cost += float(lag) if np.isfinite(lag) else 0.0
        return Repaired(tuple(cells), changed, 0, cost, uncovered)

    def changes_proven(self, deadline: float) -> int:
        """The linear programme in which only changes cost: no repair changes fewer visits (times seats)."""
        learners = tuple(
            replace(one, cost=np.where(np.isfinite(one.cost), np.floor(one.cost / CHANGE), np.inf))
            for one in self.problem.learners
        )
        search = Search(replace(self.problem, learners=learners))
        search.master.add(
            legal_columns(search.problem, [Column(at, cells, 0.0) for at, cells in enumerate(self.old)])
        )
        bound, _, covered = search.prove(max(deadline, moment() + EXTRA))
        return max(0, int(np.ceil(bound - 1e-6))) if covered and np.isfinite(bound) else 0

    def cheapest(self, deadline: float) -> float:
        """What the cheapest plan of any kind would cost with this past; 0 where the time does not suffice to know."""
        learners = []
        for one, lag in zip(self.problem.learners, self.lag, strict=True):
            cost = np.where(np.isfinite(one.cost), np.where(np.isfinite(lag.cost), lag.cost, 0.0), np.inf)
            learners.append(replace(one, cost=cost))
        if moment() > deadline:
            return 0.0
        bound, _, covered = Search(replace(self.problem, learners=tuple(learners))).prove(deadline)
        return max(0.0, float(np.ceil(bound - 1e-6))) if covered else 0.0

    def neighbours(self, now: list[Cells], free: set[int], prices: Floats) -> set[int]:
        """Those already free and the ones who hold the dearest seats."""
        flat = prices.ravel()
        worth = {
            owner: sum(flat[cell] for cell in cells if cell >= 0 and cell % self.weeks >= self.from_week)
            for owner, cells in enumerate(now)
            if owner not in free
        }
        wanted = sorted(worth, key=lambda owner: (-worth[owner], owner))
        return free | set(wanted[: max(30, len(free) // 2)])


def _seats_used(problem: Problem, cells: list[Cells]) -> Ints:
    used = np.zeros(problem.capacity.size, dtype=np.int64)
    for owner, of_one in enumerate(cells):
        for cell in of_one:
            if cell >= 0:
                used[cell] += problem.learners[owner].seats
    return used.reshape(problem.capacity.shape)


def _slots_with(slots: tuple[tuple[int, int], ...], frozen: list[int]) -> tuple[tuple[int, int], ...]:
    """Slots in which each week of the past that holds a visit has a place of its own."""
    inside = [[week for week in frozen if first <= week < last] for first, last in slots]
    if sum(map(len, inside)) == len(frozen) and all(len(weeks) <= 1 for weeks in inside):
        return slots
    whole = [slot for slot, weeks in zip(slots, inside, strict=True) if not weeks]
    return tuple(sorted(whole + [(week, week + 1) for week in frozen]))
