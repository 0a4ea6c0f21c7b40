"""A published plan as something to keep: what it costs to leave it, who must, and how few changes can be enough."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.placement.legal import legal_columns, seats_to_leave, whole, without_orphans
from services.placement.pricing import Pricer
from services.placement.problem import Cells, Column, Floats, Ints, Learners, Problem, reachable_seats, taken
from services.placement.search import Search
from services.placement.stopwatch import moment

CHANGE = 1_000.0
"""What a changed visit costs for each seat: more than the lag of a whole plan."""
MANY_CHANGES = 100.0
"""A visit without a place is worse than this many changes."""
TOGETHER = 600
"""Up to so many kinds are all in one linear programme."""
EPSILON = 1e-6


@dataclass(frozen=True)
class Bound:
    """No repair leaves fewer visits without a place; none that leaves so many changes fewer."""

    uncovered: int
    changed: int


class Kept:
    """Learners whose plan is the same are one kind, and move together in the search."""

    def __init__(self, problem: Problem, old: list[Cells], from_week: int) -> None:
        self.from_week, self.weeks = from_week, problem.weeks
        kinds: dict[tuple[int, Cells], list[int]] = {}
        for at, (one, cells) in enumerate(zip(problem.learners, old, strict=True)):
            kinds.setdefault((id(one), cells), []).append(at)
        self.members = list(kinds.values())
        self.old = [cells for _, cells in kinds]
        self.sizes: Ints = np.array([len(members) for members in self.members], dtype=np.int64)
        self.lag = [problem.learners[members[0]] for members in self.members]
        self.alone = replace(problem, learners=tuple(self.lag))
        capacity = problem.capacity.copy()
        used = self.seats_used(self.old, capacity.shape)
        capacity[:, :from_week] = np.maximum(capacity, used)[:, :from_week]
        bound = [self._bind(kind) for kind in range(len(self.old))]
        most = 1 + sum(one.size * one.seats * len(one.stations) for one in bound)
        self.moves = replace(problem, learners=tuple(bound), capacity=capacity, missing=most + 1.0)
        self.capacity = reachable_seats(self.moves)
        both = tuple(self._with_lag(one, lag) for one, lag in zip(bound, self.lag, strict=True))
        self.problem = replace(self.moves, learners=both, missing=(MANY_CHANGES + 1) * CHANGE)
        self.had_none = sum(
            int(size) * one.seats * cells.count(-1)
            for size, one, cells in zip(self.sizes, self.lag, self.old, strict=True)
        )
        self.pricer = Pricer(self.moves, partial=True)
        self.known: list[Column] = []
        """Plans of kinds that are worth trying."""
        self.plain, self.proven = 0, -np.inf
        """Changes that the rules force on each visit and each cell by itself; and what a repair costs at least, in `moves`."""

    def _bind(self, kind: int) -> Learners:
        """The learners with the past frozen, where each visit that is not where it was costs its seats.

        One that had no place costs them wherever it comes, as one that loses its place does beside `missing`.
        """
        one, cells = self.lag[kind], self.old[kind]
        cost = np.where(np.isfinite(one.cost), float(one.seats), np.inf)
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
                cost[visit, choice, week] = 0.0
            elif known and np.isfinite(cost[visit, choice, week]):
                cost[visit, choice, week] = 0.0
        order = tuple(
            (a, b) for a, b in one.precedence if b not in frozen or frozen.get(a, 10**6) < frozen[b]
        )
        slots = slots_with(one.slots, sorted(frozen.values()))
        return replace(one, size=int(self.sizes[kind]), cost=cost, precedence=order, slots=slots)

    @staticmethod
    def _with_lag(moves: Learners, lag: Learners) -> Learners:
        weeks_of_lag = np.where(np.isfinite(lag.cost), lag.cost, 0.0)
        return replace(moves, cost=CHANGE * moves.cost + weeks_of_lag)

    def seats_used(self, cells: Iterable[Cells], shape: tuple[int, int]) -> Ints:
        """What the kinds take of each cell of the capacity with these visits."""
        used = np.zeros(shape[0] * shape[1], dtype=np.int64)
        for kind, of_one in enumerate(cells):
            for cell, amount in taken(self.alone, kind, of_one).items():
                used[cell] += amount * int(self.sizes[kind])
        return used.reshape(shape)

    def _allowed(self, kind: int) -> Cells:
        """The cells of a plan that are still allowed by themselves."""
        one = self.moves.learners[kind]
        stays = []
        for visit, cell in enumerate(self.old[kind]):
            station, week = divmod(cell, self.weeks)
            at = np.flatnonzero(one.stations[visit] == station)
            free = cell >= 0 and len(at) > 0 and one.cost[visit, at[0], week] == 0
            stays.append(cell if free else -1)
        return tuple(stays)

    def _left(self, plans: list[Cells]) -> int:
        """Seats of visits that had a place and are not there in these plans."""
        return self.count([[cells] * int(size) for cells, size in zip(plans, self.sizes, strict=True)])[1]

    def affected(self) -> set[int]:
        """Who must move, has a visit without a place, or sits where there are too many."""
        nothing: Floats = np.zeros(self.capacity.shape)
        priced = self.pricer.price(nothing, self.capacity)
        alone = {column.owner: column for _, column in priced}
        stays = [self._allowed(kind) for kind in range(len(self.old))]
        excess = np.maximum(0, self.seats_used(stays, self.capacity.shape) - self.capacity)
        self.plain = self._left(stays) + seats_to_leave(self.moves, excess)
        self.proven = sum(value * int(self.sizes[column.owner]) for value, column in priced)
        full = set(np.flatnonzero(excess.ravel()).tolist())
        leaves = [self._leaving(kind, cells, full) for kind, cells in enumerate(stays)]
        self.known = [
            Column(kind, without_orphans(self.moves.learners[kind], cells), 0.0)
            for plans in (self.old, stays, leaves)
            for kind, cells in enumerate(plans)
        ]
        self.known += alone.values()
        return {
            kind
            for kind, cells in enumerate(self.old)
            if alone[kind].cells != cells or -1 in cells or leaves[kind] != stays[kind]
        }

    def _leaving(self, kind: int, cells: Cells, full: set[int]) -> Cells:
        """The plan without the visits that take of one of these cells."""
        return tuple(-1 if not full.isdisjoint(taken(self.alone, kind, [cell])) else cell for cell in cells)

    def part(self, problem: Problem, free: list[int]) -> Problem:
        """The problem of those who are free, within the seats that the others leave."""
        gone = set(free)
        others = [() if kind in gone else cells for kind, cells in enumerate(self.old)]
        left = np.maximum(0, self.capacity - self.seats_used(others, self.capacity.shape))
        return replace(problem, learners=tuple(problem.learners[kind] for kind in free), capacity=left)

    def columns(self, problem: Problem, free: list[int]) -> list[Column]:
        """What those who are free have now, as far as it is still allowed, and what else is worth trying."""
        place = {kind: at for at, kind in enumerate(free)}
        known = [replace(one, owner=place[one.owner]) for one in self.known if one.owner in place]
        return legal_columns(problem, known, partial=True)

    def holds(self, cells: list[Cells]) -> bool:
        """Whether this plan of all learners keeps the rules, the past and the seats."""
        columns = self.following(cells)
        return whole(self.problem, self.problem.capacity, legal_columns(self.problem, columns, partial=True))

    def following(self, cells: Sequence[Cells]) -> list[Column]:
        """A plan of all learners as columns of their kinds."""
        return [Column(kind, cells[at], 0.0) for kind, members in enumerate(self.members) for at in members]

    def widen(self, affected: set[int], deadline: float) -> tuple[set[int], float, bool]:
        """Who moves in the linear programme beside those affected; the bound for all learners.

        Lagrangian: at any prices, everybody's cheapest plan less what the seats are worth is never more than a repair costs.
        Where kinds are many, those are freed step by step who would move aside at the seat prices of the others. When nobody
        else would move (told last), the bound is the optimum of the linear programme over everybody.
        """
        free = set(range(len(self.old))) if len(self.old) <= TOGETHER else affected
        while True:
            order = sorted(free)
            search = Search(self.part(self.moves, order))
            search.master.add(self.columns(search.problem, order))
            prices = search.prices(deadline)
            self.known = [replace(one, owner=order[one.owner]) for one in search.master.tight()]
            values = np.zeros(len(self.old))
            for value, column in self.pricer.price(prices):
                values[column.owner] = value
            least = float((values * self.sizes).sum() - (prices * self.capacity).sum())
            self.proven = max(self.proven, least)
            gain = {
                kind: self.stays(kind, prices) - values[kind] for kind in set(range(len(self.old))) - free
            }
            ready = sorted(
                (kind for kind in gain if gain[kind] > EPSILON), key=lambda kind: (-gain[kind], kind)
            )
            late = moment() > deadline
            if late or not ready:
                return affected | self._moving(search, order), self.proven, not late
            free = free | set(ready[: max(40, len(free) // 2)])

    def _moving(self, search: Search, order: list[int]) -> set[int]:
        """The kinds that do not all stay in the best choice of a search."""
        _, count, _, _ = search.master.solve()
        staying = np.zeros(len(order))
        for column, times in zip(search.master.columns, count.tolist(), strict=True):
            staying[column.owner] += times * (column.cells == self.old[order[column.owner]])
        return {kind for at, kind in enumerate(order) if staying[at] < self.sizes[kind] - EPSILON}

    def stays(self, kind: int, prices: Floats) -> float:
        """What keeping its plan costs a learner at these prices."""
        used = taken(self.alone, kind, self.old[kind])
        return sum(amount * float(prices.ravel()[cell]) for cell, amount in used.items())

    def bound(self, best: float, uncovered: int) -> Bound:
        """What the bound says about the two aims: first nobody without a place, then few changes.

        A repair costs its changes, what those who had no place pay anyway, and `most` for each visit without a place.
        """
        best, most = best - self.had_none, self.moves.missing - 1
        least = int(np.ceil(max(0.0, best - most + 1) / most - EPSILON))
        changed = int(np.ceil(best - most * uncovered - EPSILON))
        return Bound(min(uncovered, least), max(0, changed))

    def count(self, plans: list[list[Cells]]) -> tuple[int, int, float]:
        """Seats of visits without a place, seats of visits that had one and have another or none, and the lag."""
        uncovered, changed, cost = 0, 0, 0.0
        for kind, of_kind in enumerate(plans):
            one = self.lag[kind]
            for cells, times in Counter(of_kind).items():
                seats = one.seats * times
                uncovered += seats * sum(cell < 0 for cell in cells)
                changed += seats * sum(a >= 0 and a != b for a, b in zip(self.old[kind], cells, strict=True))
                cost += times * sum(
                    self._lag_of(one, visit, cell) for visit, cell in enumerate(cells) if cell >= 0
                )
        return uncovered, changed, cost

    def _lag_of(self, one: Learners, visit: int, cell: int) -> float:
        station, week = divmod(cell, self.weeks)
        lag = one.cost[visit, int(np.argmax(one.stations[visit] == station)), week]
        return float(lag) if np.isfinite(lag) else 0.0


def slots_with(slots: tuple[tuple[int, int], ...], frozen: list[int]) -> tuple[tuple[int, int], ...]:
    """Slots in which each week of the past that holds a visit has a place of its own."""
    inside = [[week for week in frozen if first <= week < last] for first, last in slots]
    if sum(map(len, inside)) == len(frozen) and all(len(weeks) <= 1 for weeks in inside):
        return slots
    whole = [slot for slot, weeks in zip(slots, inside, strict=True) if not weeks]
    return tuple(sorted(whole + [(week, week + 1) for week in frozen]))
