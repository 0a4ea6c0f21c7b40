"""The cheapest legal plan of one learner at given seat prices: dynamic programming over visits made.

State before a slot: the set of visits made, and how many of the slot's first weeks are still too close to the
last visit. All classes with the same visits, order and slots are solved at once in numpy.
"""

from collections import defaultdict
from itertools import product

import numpy as np

from services.placement.problem import Column, Floats, Ints, Learners, Problem

Shape = tuple[int, tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]


def shape_of(one: Learners) -> Shape:
    """Classes of one shape share their states."""
    return len(one.stations), one.precedence, one.slots


class Pricer:
    """Prices all classes of a problem."""

    def __init__(self, problem: Problem, *, partial: bool = False) -> None:
        """With `partial` a plan may leave visits uncovered, at `problem.missing` a seat."""
        by_shape: dict[Shape, list[int]] = defaultdict(list)
        for index, one in enumerate(problem.learners):
            by_shape[shape_of(one)].append(index)
        self.problem = problem
        self.alike = [_Alike(problem, shape, owners, partial=partial) for shape, owners in by_shape.items()]

    def price(self, seat_price: Floats, seats_left: Ints | None = None) -> list[tuple[float, Column]]:
        """The best plan of each class, with its cost at these prices of the capacity's cells; none where no plan is legal."""
        found: list[tuple[float, Column]] = []
        for alike in self.alike:
            found += alike.best(seat_price, seats_left)
        return found


class _Alike:
    """Classes that share visits, order and slots: their dynamic programme."""

    def __init__(self, problem: Problem, shape: Shape, owners: list[int], *, partial: bool) -> None:
        self.visits, precedence, self.slots = shape
        self.owners = np.array(owners)
        self.gap, self.missing, self.partial = problem.gap, problem.missing, partial
        learners = [problem.learners[owner] for owner in owners]
        choices = max((one.stations.shape[1] for one in learners), default=1)
        self.stations = np.stack([_pad(one.stations, choices, -1) for one in learners])
        self.cost = np.stack([_pad(one.cost, choices, np.inf) for one in learners])
        self.seats = np.array([one.seats for one in learners])
        self.crews = np.zeros((len(owners), problem.crews))
        for at, one in enumerate(learners):
            for crew, people in one.crews:
                self.crews[at, crew] += people
        self.rows = problem.stations
        self.cooling = max(1, problem.gap)
        needs = [sum(1 << a for a, b in precedence if b == visit) for visit in range(self.visits)]
        self.masks = _closed_sets(self.visits, needs)
        index = {mask: at for at, mask in enumerate(self.masks)}
        self.count = np.array([mask.bit_count() for mask in self.masks])
        self.before = np.full((len(self.masks), self.visits), -1)
        for at, mask in enumerate(self.masks):
            for visit in range(self.visits):
                if mask >> visit & 1:
                    self.before[at, visit] = index.get(mask & ~(1 << visit), -1)
        self.steps = [self._targets(slot) for slot in range(len(self.slots))]

    def _targets(self, slot: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Sets that can stand after this slot, where each one's sources begin, those sources, and the visit made."""
        least = 0 if self.partial else self.visits - (len(self.slots) - slot - 1)
        fits = (self.count <= slot + 1) & (self.count >= least)
        after, visit = np.nonzero((self.before >= 0) & fits[:, None])
        targets, begin = np.unique(after, return_index=True)
        return targets, begin, self.before[after, visit], visit

    def best(self, seat_price: Floats, seats_left: Ints | None) -> list[tuple[float, Column]]:
        """One column for each class that has a legal plan."""
        value, choice = self._values(seat_price, seats_left)
        moves = [self._moves(value, slot) for slot in range(len(self.slots))]
        table = [np.full((len(self.masks), self.cooling, len(self.owners)), np.inf)]
        table[0][0, 0] = 0.0
        for slot in range(len(self.slots)):
            table.append(self._advance(table[-1], moves[slot][0], slot))
        return self._read(table, moves, choice)

    def _values(self, seat_price: Floats, seats_left: Ints | None) -> tuple[Floats, Ints]:
        """Cost with prices of each class, visit and week, over the best station; and that station."""
        full = self.cost + self.seats[:, None, None, None] * seat_price[self.stations]
        away = self.crews @ seat_price[self.rows :]
        if seats_left is not None:
            full = np.where(seats_left[self.stations] < self.seats[:, None, None, None], np.inf, full)
            too_many = self.crews[:, :, None] > seats_left[None, self.rows :]
            away = np.where(too_many.any(axis=1), np.inf, away)
        full += away[:, None, None, :]
        choice = np.argmin(full, axis=2)
        value = np.take_along_axis(full, choice[:, :, None, :], axis=2)[:, :, 0, :]
        return value, choice

    def _moves(self, value: Floats, slot: int) -> tuple[Floats, Ints]:
        """[visit, cooling before, cooling after, class]: the cheapest week of the slot, and which."""
        first, last = self.slots[slot]
        shape = (self.visits, self.cooling, self.cooling, len(self.owners))
        cheapest, week_of = np.full(shape, np.inf), np.zeros(shape, dtype=np.int64)
        for week, before in product(range(first, last), range(self.cooling)):
            if week < first + before:
                continue
            after = self._cooling_after(week, slot)
            now = value[:, :, week].T
            better = now < cheapest[:, before, after]
            cheapest[:, before, after] = np.where(better, now, cheapest[:, before, after])
            week_of[:, before, after] = np.where(better, week, week_of[:, before, after])
        return cheapest, week_of

    def _cooling_after(self, week: int, slot: int) -> int:
        if slot + 1 == len(self.slots):
            return 0
        return max(0, week + self.gap - self.slots[slot + 1][0])

    def _advance(self, now: Floats, cheapest: Floats, slot: int) -> Floats:
        after = np.full_like(now, np.inf)
        for before in range(self.cooling):  # the slot stays empty
            left = self._cooling_after(self.slots[slot][0] + before - self.gap, slot)
            np.minimum(after[:, left], now[:, before], out=after[:, left])
        targets, begin, sources, visits = self.steps[slot]
        if len(targets):
            possible = np.isfinite(cheapest).any(axis=(0, 3))
            for before, left in np.argwhere(possible):
                came = now[sources, before] + cheapest[visits, before, left]
                after[targets, left] = np.minimum(
                    after[targets, left], np.minimum.reduceat(came, begin, axis=0)
                )
        return after

    def _read(
        self, table: list[Floats], moves: list[tuple[Floats, Ints]], choice: Ints
    ) -> list[tuple[float, Column]]:
        """Walk back from the cheapest end."""
        classes = np.arange(len(self.owners))
        end = table[-1][:, 0] if self.partial else table[-1][-1:, 0]
        end = end + self.missing * self.seats * (self.visits - self.count[-len(end) :, None])
        at = np.argmin(end, axis=0)
        total = end[at, classes]
        at = at + len(self.masks) - len(end)
        cooling = np.zeros_like(at)
        weeks = np.full((len(classes), self.visits), -1)
        for slot in reversed(range(len(self.slots))):
            at, cooling = self._step_back(table, moves[slot], slot, (at, cooling), weeks)
        return self._columns(total, weeks, choice)

    def _step_back(
        self, table: list[Floats], move: tuple[Floats, Ints], slot: int, state: tuple[Ints, Ints], weeks: Ints
    ) -> tuple[Ints, Ints]:
        at, cooling = state
        classes = np.arange(len(at))
        cheapest, week_of = move
        best = np.full(len(at), np.inf)
        source, source_cooling, by = at.copy(), np.zeros_like(cooling), np.full(len(at), -1)
        for before in range(self.cooling):
            left = self._cooling_after(self.slots[slot][0] + before - self.gap, slot)
            now = np.where(cooling == left, table[slot][at, before, classes], np.inf)
            better = now < best
            best[better], source_cooling[better] = now[better], before
            source[better], by[better] = at[better], -1
            came = self.before[at]
            step = cheapest[:, before, cooling, classes].T
            reached = np.where(came >= 0, table[slot][came, before, classes[:, None]] + step, np.inf)
            visit = np.argmin(reached, axis=1) if self.visits else np.zeros_like(at)
            now = reached[classes, visit] if self.visits else np.full(len(at), np.inf)
            better = now < best
            best[better], source[better] = now[better], came[classes, visit][better] if self.visits else 0
            source_cooling[better], by[better] = before, visit[better]
        moved = np.flatnonzero(by >= 0)
        weeks[moved, by[moved]] = week_of[by[moved], source_cooling[moved], cooling[moved], moved]
        return source, source_cooling

    def _columns(self, total: Floats, weeks: Ints, choice: Ints) -> list[tuple[float, Column]]:
        found = []
        horizon = self.cost.shape[3]
        visits = np.arange(self.visits)
        for at in np.flatnonzero(np.isfinite(total)):
            week = weeks[at]
            chosen = choice[at, visits, week]
            made = week >= 0
            cells = np.where(made, self.stations[at, visits, chosen] * horizon + week, -1)
            cost = float(self.cost[at, visits, chosen, week][made].sum())
            column = Column(int(self.owners[at]), tuple(cells.tolist()), cost)
            found.append((float(total[at]), column))
        return found


def _pad(array: np.ndarray, choices: int, fill: float) -> np.ndarray:
    missing = choices - array.shape[1]
    if not missing:
        return array
    width = [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2)
    return np.pad(array, width, constant_values=fill)


def _closed_sets(visits: int, needs: list[int]) -> list[int]:
    """All sets of visits that hold what each of their members needs, small ones first; the full set is last."""
    level, found = {0}, [0]
    while level:
        level = {
            mask | 1 << visit
            for mask in level
            for visit in range(visits)
            if not mask >> visit & 1 and needs[visit] & ~mask == 0
        }
        found += sorted(level)
    return found
