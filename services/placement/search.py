"""One run of column generation: the master, the pricers, and what they have proven."""

from collections import Counter
from collections.abc import Callable, Iterable
from copy import copy

import numpy as np

from services.placement.master import Master
from services.placement.pricing import Pricer
from services.placement.problem import (
    Column,
    Floats,
    Ints,
    Problem,
    Word,
    cost_of,
    reachable_seats,
    seats_used,
    taken,
)
from services.placement.stopwatch import moment

Tell = Callable[[Word], None]
EPSILON = 1e-6
FEW = 12
"""With fewer classes than this a round of pricing looks for several columns a class."""
MANY = 10_000
"""More rounds than any plan needs."""


class Search:
    """All learners of a problem within its seats, or those of them who are still open within the seats left."""

    def __init__(self, problem: Problem, tell: Tell | None = None, pricer: Pricer | None = None) -> None:
        self.problem = problem
        self.capacity = reachable_seats(problem)
        self.sizes: Ints = np.array([one.size for one in problem.learners], dtype=np.int64)
        self.master = Master(problem, self.capacity, self.sizes)
        self.pricer = pricer or Pricer(problem)
        self.partial: Pricer | None = None
        self.tell = tell or (lambda _: None)
        self.best: Counter[Column] = Counter()
        """The best plan so far."""
        self.least = -np.inf
        """What any plan costs at least, as it was known at the beginning."""
        self.left: Ints | None = None
        """Seats beyond which no column is priced; none in the whole problem, where a seat that is not there has a price too."""
        self.proving: Floats = np.zeros(self.capacity.shape)
        """The seat prices that prove the best bound."""

    def part(self, chosen: Counter[Column]) -> "Search":
        """Those for whom nothing is chosen yet, within the seats that are left; with the known columns that fit there."""
        part = copy(self)
        part.sizes = self.sizes.copy()
        for column, times in chosen.items():
            part.sizes[column.owner] -= times
        part.left = part.capacity = self.capacity - seats_used(self.problem, chosen)
        part.master = Master(self.problem, part.capacity, part.sizes)
        part.master.add(self.master.fitting(part.sizes, part.capacity))
        return part

    def say(self, chosen: Counter[Column], bound: float) -> None:
        """The best plan so far, with what it costs and what any plan must."""
        self.best = chosen
        columns = sorted(chosen.elements(), key=lambda column: column.owner)
        self.tell(Word(bound, cost_of(self.problem, chosen), tuple(column.cells for column in columns)))

    def prove(self, deadline: float) -> tuple[float, Floats, bool]:
        """The lower bound, the seat prices of the optimum, and whether every visit can have a place (in the LP)."""
        bound = self.generate(deadline)
        _, count, _, prices = self.master.solve()
        if self.missing(count) > EPSILON and not self.partial:
            self.partial = Pricer(self.problem, partial=True)
            bound = self.generate(deadline)
            _, count, _, prices = self.master.solve()
        bound = max(bound, self.least)
        self.say(self.best, bound) if self.best else self.tell(Word(bound))
        return bound, prices, self.missing(count) <= EPSILON

    def begin(self) -> None:
        """A plan in a moment, whose columns without visits left out are the first; and what any costs where seats are plenty."""
        quick = copy(self)
        quick.partial = Pricer(self.problem, partial=True)
        chosen = quick.filled()
        self.master.add(column for column in chosen if not column.uncovered)
        alone = quick.price(np.zeros(self.capacity.shape), self.capacity)
        self.least = sum(value * int(self.sizes[column.owner]) for value, column in alone)
        self.say(chosen, self.least)

    def filled(self) -> Counter[Column]:
        """Everybody in a moment: each class in turn takes what is cheapest within the seats left, or leaves visits out."""
        chosen = self.side_by_side(np.zeros(self.capacity.shape), MANY)
        sizes = self.sizes.copy()
        for column, times in chosen.items():
            sizes[column.owner] -= times
        for owner in np.flatnonzero(sizes).tolist():
            chosen[self.master.columns[owner]] += int(sizes[owner])
        return chosen

    def prices(self, deadline: float) -> Floats:
        """The seat prices that prove most where any visit may also stay without a place."""
        self.partial = Pricer(self.problem, partial=True)
        self.generate(deadline)
        return self.proving

    def missing(self, count: Floats) -> float:
        """Visits without a place in this (fractional) choice of columns."""
        return float(
            sum(self.master.columns[at].uncovered * count[at] for at in np.flatnonzero(count > EPSILON))
        )

    def generate(self, deadline: float, rounds: int = 10_000) -> float:
        """Add columns until none would help; the best bound seen (Lagrangian, valid at every round)."""
        bound = -np.inf
        for _ in range(rounds):
            objective, _, dual, price = self.master.solve()
            helpful, correction = [], 0.0
            for value, column in self.price(price, self.left):
                reduced = value - dual[column.owner]
                if reduced < -EPSILON and self.sizes[column.owner]:
                    correction += float(self.sizes[column.owner]) * reduced
                    helpful.append(column)
            if objective + correction > bound:
                bound, self.proving = objective + correction, price
            if helpful and len(self.sizes) < FEW:
                helpful += self.side_by_side(price, -(-FEW // len(self.sizes)))
            if not self.master.add(helpful) or objective - bound < EPSILON or moment() > deadline:
                break
        return bound

    def price(self, price: Floats, left: Ints | None) -> Iterable[tuple[float, Column]]:
        """The best plan of each class at these prices, leaving visits out where not all can have a place."""
        return (self.partial or self.pricer).price(price, left)

    def side_by_side(self, price: Floats, rounds: int = 40) -> Counter[Column]:
        """Cheap plans that fit beside each other: each round takes the seats that the one before has left."""
        sizes, room = self.sizes.copy(), self.capacity.copy()
        seats_left = room.ravel()
        found: Counter[Column] = Counter()
        for _ in range(rounds):
            before = found.total()
            for _, column in self.price(price, room):
                used = taken(self.problem, column.owner, column.cells)
                room_for = (int(seats_left[cell]) // amount for cell, amount in used.items())
                times = min([int(sizes[column.owner]), *room_for])
                if times > 0 and used:
                    seats_left[list(used)] -= times * np.array(list(used.values()))
                    sizes[column.owner] -= times
                    found[column] += times
            if not sizes.any() or found.total() == before:
                break
        return found
