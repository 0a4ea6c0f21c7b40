"""What would be enough for everybody to have a place, shown by a plan, beside how many seats any plan must add.

The linear programme that sells seats proves the least. Its whole parts stand; everybody else is placed where that takes the
fewest seats that are not there, and who sits on such a seat is placed again until nobody's move saves one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from services.placement.extra_seats import PEAK, Extra
from services.placement.master import Master
from services.placement.pricing import Pricer
from services.placement.problem import (
    UNCOVERED,
    Cells,
    Column,
    Floats,
    Ints,
    Problem,
    taken,
    without_costs,
)
from services.placement.search import EPSILON, Search
from services.placement.stopwatch import moment

PROOF = 0.5
"""Share of the time for the least; the rest is for the plan."""
HINT = 1e-4
"""How much the price of a seat in the linear programme counts between places that take equally few."""


@dataclass(frozen=True, eq=False)
class Enough:
    """Extra seats, and learners of a crew away, with which every visit has a place, shown by a plan; none has less than `least`."""

    extra: Ints | None
    """[station, week], then [crew, week]; nothing where time was too short for a plan."""
    least: int


def enough(problem: Problem, seconds: float) -> Enough | None:
    """As few extra seats as were found within this time; nothing where seats alone do not help, or nothing is known."""
    deadline = moment() + seconds
    bare = without_costs(problem, UNCOVERED)
    search = Search(bare)
    if len(search.pricer.price(np.zeros(bare.capacity.shape))) < len(bare.learners):
        return None
    search.capacity, search.master = bare.capacity, Master(bare, bare.capacity, search.sizes)
    sale = Extra(search)
    sale.generate(moment() + PROOF * seconds)
    sale.level()
    _, count, _, price = search.master.solve()
    placing = _Placing(bare, price)
    for at in np.flatnonzero(count >= 1 - EPSILON).tolist():
        column = search.master.columns[at]
        placing.put(column, int(count[at] + EPSILON) if column.cells and not column.uncovered else 0)
    least = max(0, int(np.ceil(sale.bound - EPSILON)))
    if placing.place_all(deadline):
        return Enough(placing.extra(), least)
    return Enough(None, least) if least else None


class _Placing:
    """Whole learners in their places, and what these leave of each cell: less than nothing where more is taken."""

    def __init__(self, problem: Problem, hint: Floats) -> None:
        self.problem, self.hint = problem, HINT * hint
        self.left = problem.capacity.astype(np.int64).ravel()
        self.pricers = [Pricer(replace(problem, learners=(one,))) for one in problem.learners]
        self.placed: list[list[Cells]] = [[] for _ in problem.learners]

    def put(self, column: Column, times: int = 1) -> None:
        for cell, amount in taken(self.problem, column.owner, column.cells).items():
            self.left[cell] -= times * amount
        self.placed[column.owner] += [column.cells] * times

    def take_out(self, owner: int, cells: Cells) -> None:
        self.placed[owner].remove(cells)
        for cell, amount in taken(self.problem, owner, cells).items():
            self.left[cell] += amount

    def extra(self) -> Ints:
        """What is taken and not there."""
        return np.maximum(0, -self.left).reshape(self.problem.capacity.shape)

    def place_all(self, deadline: float) -> bool:
        """Whether the time was enough for everybody to be placed; what is left of it saves seats."""
        for owner, one in enumerate(self.problem.learners):
            while len(self.placed[owner]) < one.size:
                if moment() > deadline:
                    return False
                self.put(self._cheapest(owner))
        gained = True
        while gained and moment() < deadline:
            gained = sum(self._again(*one) for one in self._beyond() if moment() < deadline) > 0
        return True

    def _beyond(self) -> Iterator[tuple[int, Cells]]:
        """Who takes what is not there."""
        for owner, of_class in enumerate(self.placed):
            for cells in tuple(of_class):
                if any(self.left[cell] < 0 for cell in taken(self.problem, owner, cells)):
                    yield owner, cells

    def _again(self, owner: int, cells: Cells) -> bool:
        """Whether this one could be placed for less."""
        self.take_out(owner, cells)
        price = self._price(owner).ravel()
        paid = sum(amount * price[cell] for cell, amount in taken(self.problem, owner, cells).items())
        found = self._cheapest(owner)
        better = sum(amount * price[cell] for cell, amount in taken(self.problem, owner, found.cells).items())
        self.put(found if better < paid - EPSILON else Column(owner, cells, 0.0))
        return bool(better < paid - EPSILON)

    def _cheapest(self, owner: int) -> Column:
        [(_, column)] = self.pricers[owner].price(self._price(owner))
        return Column(owner, column.cells, 0.0)

    def _price(self, owner: int) -> Floats:
        """What one more of these learners would take of each cell beyond what is there, for each seat that it takes.

        Where that is more than in the highest week of the row, a little more: mentors are named, not seats.
        """
        one, shape = self.problem.learners[owner], self.problem.capacity.shape
        need = np.zeros((shape[0], 1))
        need[: self.problem.stations] = one.seats
        for crew, people in one.crews:
            need[self.problem.stations + crew] = people
        left = self.left.reshape(shape)
        taken_now, then = np.maximum(0, -left), np.maximum(0, need - left)
        higher = np.maximum(0, then - taken_now.max(axis=1, keepdims=True))
        price: Floats = (then - taken_now + PEAK * higher) / np.maximum(1, need) + self.hint
        return price
