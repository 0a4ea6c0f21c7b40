"""The same problem with more seats for sale: how many are missing, and how many are enough for everybody."""

from dataclasses import dataclass, replace

import numpy as np

from services.placement.pricing import Pricer
from services.placement.problem import (
    UNCOVERED,
    Answer,
    Column,
    Floats,
    Ints,
    Problem,
    taken,
    without_costs,
)
from services.placement.rotation import EPSILON, Search, plan
from services.placement.stopwatch import moment

SEAT = 1.0
"""What an extra seat costs in the question "how many seats are missing"; a visit without a place costs far more."""


def shortage(problem: Problem, capacity: Ints, deadline: float) -> tuple[float, Floats, bool]:
    """Seats (and visits that no seat would help) missing for full cover, and where: 0 if the rules can hold.

    Last whether that is proven; where time ran out first, no more than this is missing.
    """
    search = Search(replace(problem, capacity=capacity))
    search.pricer = Pricer(problem, partial=True)
    extra = Extra(search)
    proven = extra.generate(deadline)
    return *extra.missing(), proven


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

    def generate(self, deadline: float) -> bool:
        """Whether the time was enough for the optimum; `bound` is proven either way."""
        nothing = np.zeros(self.search.capacity.shape)
        self.master.add(
            self.search.side_by_side(self.search.pricer, self.search.sizes, self.search.capacity, nothing)
        )
        while moment() < deadline:
            objective, _, dual, price = self.master.solve()
            found = [
                (value - dual[column.owner], column) for value, column in self.search.pricer.price(price)
            ]
            gain = sum(min(0.0, reduced) * self.search.sizes[column.owner] for reduced, column in found)
            self.bound = max(self.bound, float(objective + gain))
            if not self.master.add(column for reduced, column in found if reduced < -EPSILON):
                return True
        return False

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
PATIENCE = 6


@dataclass(frozen=True, eq=False)
class Enough:
    """Extra seats, and learners of a crew away, with which every visit has a place, shown by a plan; none has less than `least`."""

    extra: Ints
    """[station, week], then [crew, week]."""
    least: int


def enough(problem: Problem, seconds: float) -> Enough | None:
    """The fewest extra seats that were found within this time; nothing where seats alone do not help, or time was short."""
    deadline = moment() + seconds
    bare = without_costs(problem, UNCOVERED)
    search = Search(bare)
    search.pricer = Pricer(bare, partial=True)
    sale = Extra(search)
    sale.generate(moment() + seconds / 2)
    total, extra = sale.missing()
    if total - extra.sum() > EPSILON:
        return None
    sale.level()
    more = np.ceil(sale.missing()[1] - EPSILON).astype(np.int64)
    step = max(one.seats for one in problem.learners)
    while moment() < deadline:
        wide = replace(bare, capacity=problem.capacity + more)
        answer = plan(wide, (deadline - moment()) / 2, patience=PATIENCE)
        if not answer.uncovered:
            return Enough(_beyond(problem, answer), int(np.ceil(sale.bound - EPSILON)))
        more = np.where(more > 0, more + step, more)  # whole learners need more than parts of them
    return None


def _beyond(problem: Problem, answer: Answer) -> Ints:
    """What a plan takes that is not there."""
    used = np.zeros(problem.capacity.size, dtype=np.int64)
    for column in (one for of_class in answer.plans for one in of_class):
        for cell, amount in taken(problem, column.owner, column.cells).items():
            used[cell] += amount
    beyond: Ints = used.reshape(problem.capacity.shape) - problem.capacity
    return np.maximum(beyond, 0)
