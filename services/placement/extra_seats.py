"""The same problem with more seats for sale: whether any are missing, how many at least, and where."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from services.placement.pricing import Pricer
from services.placement.problem import Column, Floats, Ints
from services.placement.search import EPSILON, Search
from services.placement.stopwatch import moment

SEAT = 1.0
"""What an extra seat costs in the question "how many seats are missing"; a visit without a place costs far more."""


def lacks(pricer: Pricer, capacity: Ints, deadline: float, known: list[Column]) -> bool | None:
    """Whether not everybody can have a place within these seats; nothing where time ran out before that was known.

    The pricer's problem may leave visits out. `known` are plans under the same rules or stricter ones; where not everybody can, those found on the way are added to it.
    """
    if moment() > deadline:
        return None
    extra = Extra(_selling(pricer, capacity))
    if not extra.generate(deadline, known, decide=True):
        return None
    if extra.bound > EPSILON:
        known[:] = [column for column in extra.master.columns if column.cells]
    return extra.bound > EPSILON


def shortage(
    pricer: Pricer, capacity: Ints, deadline: float, known: Sequence[Column]
) -> tuple[float, Floats]:
    """Seats (and visits that no seat would help) missing for full cover, and where; at most so many if time runs out."""
    extra = Extra(_selling(pricer, capacity))
    extra.generate(deadline, known)
    return extra.missing()


def _selling(pricer: Pricer, capacity: Ints) -> Search:
    return Search(replace(pricer.problem, capacity=capacity), pricer=pricer)


class Extra:
    """The master with a seat, or one more of a crew away, for sale in every cell."""

    def __init__(self, search: Search) -> None:
        self.search, self.master = search, search.master
        cells = search.capacity.size
        rows = np.arange(self.master.classes, self.master.classes + cells, dtype=np.int32)
        starts = np.arange(cells, dtype=np.int32)
        self.first = self.master.solver.getNumCol()
        cost, most = np.full(cells, SEAT), np.full(cells, np.inf)
        self.master.solver.addCols(
            cells, cost, np.zeros(cells), most, cells, starts, rows, np.full(cells, -1.0)
        )
        self.master.columns += [Column(0, (), 0.0)] * cells
        self.bound = 0.0
        """No plan takes fewer extra seats."""

    def generate(self, deadline: float, known: Sequence[Column] = (), *, decide: bool = False) -> bool:
        """Whether the time was enough for the optimum; `bound` is proven either way.

        `known` are plans to begin with; `decide`: it is enough to know whether any seats are missing.
        """
        self.master.add(known or self._beside())
        while moment() < deadline:
            objective, _, dual, price = self.master.solve()
            found = [
                (value - dual[column.owner], column) for value, column in self.search.pricer.price(price)
            ]
            gain = sum(min(0.0, reduced) * self.search.sizes[column.owner] for reduced, column in found)
            self.bound = max(self.bound, float(objective + gain))
            decided = decide and (self.bound > EPSILON or objective <= EPSILON)
            if decided or not self.master.add(column for reduced, column in found if reduced < -EPSILON):
                return True
        return False

    def _beside(self) -> Iterable[Column]:
        return self.search.side_by_side(np.zeros(self.search.capacity.shape))

    def missing(self) -> tuple[float, Floats]:
        _, count, _, _ = self.master.solve()
        extra = count[self.first : self.first + self.search.capacity.size]
        unplaced = sum(
            column.uncovered * count[at]
            for at, column in enumerate(self.master.columns)
            if count[at] > EPSILON
        )
        return float(extra.sum() + unplaced), extra.reshape(self.search.capacity.shape)

    def level(self) -> None:
        """From now on, among equal sums, prefer the one whose highest week of each row is lowest: mentors are named, not seats."""
        height, width = self.search.capacity.shape
        solver, none = self.master.solver, np.zeros(0, dtype=np.int32)
        peaks = solver.getNumCol()
        solver.addCols(
            height,
            np.full(height, PEAK),
            np.zeros(height),
            np.full(height, np.inf),
            0,
            none,
            none,
            np.zeros(0),
        )
        self.master.columns += [Column(0, (), 0.0)] * height
        cells = np.arange(height * width, dtype=np.int32)
        index = np.column_stack([self.first + cells, peaks + cells // width]).ravel().astype(np.int32)
        values = np.tile([1.0, -1.0], height * width)
        starts = 2 * cells
        solver.addRows(
            len(cells), np.full(len(cells), -np.inf), np.zeros(len(cells)), len(index), starts, index, values
        )


PEAK = 1e-3
"""What the highest week of a row costs beside the seats themselves."""
