"""Plans who is at which station in which week: the fewest weeks between theory and its workshop, with proof.

Column generation (Dantzig-Wolfe): a column is one learner's whole legal plan, priced by dynamic programming; the
linear programme over columns proves the bound; a dive rounds it, neighbourhood search closes what is left.
After Akbarzadeh and Maenhout (2021) and Cire, Diamant, Yunes, Carrasco (POM), with pricing per class of learners.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from services.placement.exact import close
from services.placement.legal import legal_columns, whole
from services.placement.master import Master
from services.placement.neighbourhood import cost_of, improve
from services.placement.pricing import Pricer
from services.placement.problem import (
    Answer,
    Column,
    Floats,
    Ints,
    Problem,
    Word,
    reachable_seats,
    taken,
    without_costs,
    worth,
)
from services.placement.stopwatch import moment

Tell = Callable[[Word], None]
EPSILON = 1e-6
FEW = 12
"""With fewer classes than this a round of pricing looks for several columns a class."""
FIRST_ROUNDS = 40
WHY = 0.4
"""Share of the remaining time that is left over where not every visit can have a place."""


def plan(
    problem: Problem,
    seconds: float = 30.0,
    tell: Tell | None = None,
    *,
    start: Sequence[Column] = (),
    best: Sequence[Column] = (),
    patience: int | None = None,
    seed: int = 1,
) -> Answer:
    """The best plan found within this wall time, its proven bound, and seat prices. Deterministic but for the time.

    `start` are columns worth knowing from the beginning, such as the plan in force; `best` is a whole plan to better,
    such as an earlier run's; with `patience` the search ends after so many rounds without gain.
    """
    deadline = moment() + seconds
    search = Search(problem, tell)
    search.master.add(legal_columns(problem, start))
    bound, prices, full_cover = search.prove(deadline)
    fewest = 0
    if not full_cover:  # a part of the time is for proving how many, and for saying why
        fewest = fewest_uncovered(search, moment() + WHY * max(0.0, deadline - moment()) / 2)
        deadline -= WHY * max(0.0, deadline - moment())
    chosen = search.first(best, deadline)
    search.say(chosen, bound)
    chosen, bound = close(search, chosen, bound, moment() + 0.4 * max(0.0, deadline - moment()))
    search.say(chosen, bound)
    chosen = improve(search, chosen, bound, (deadline, patience), seed)
    plans: list[list[Column]] = [[] for _ in problem.learners]
    for index in sorted(chosen):
        column = search.master.columns[index]
        plans[column.owner] += [column] * chosen[index]
    columns = [column for of_class in plans for column in of_class]
    cost = sum(column.cost for column in columns)
    uncovered = sum(column.uncovered for column in columns)
    lost = sum(worth(problem, column) - column.cost for column in columns)
    lower = min(cost + lost, _rounded_up(bound))
    return Answer(
        tuple(map(tuple, plans)),
        cost,
        max(0.0, lower - lost),
        (cost + lost - lower) / (cost + lost) if cost + lost else 0.0,
        uncovered,
        0 if full_cover else min(uncovered, fewest),
        prices,
        {"columns": len(search.master.columns)},
    )


def fewest_uncovered(search: "Search", deadline: float) -> int:
    """No plan leaves fewer visits without a place; proven by the same linear programme without lag."""
    bare = Search(without_costs(search.problem))
    bare.partial = Pricer(bare.problem, partial=True)
    bare.master.add(replace(column, cost=0.0) for column in search.master.columns)
    bound = bare.generate(bare.sizes, None, deadline)
    most = max(one.seats for one in search.problem.learners)
    return int(_rounded_up(bound / most)) if np.isfinite(bound) else 0


def _rounded_up(bound: float) -> float:
    """Costs are whole numbers, so a bound of 19684.2 proves 19685."""
    return max(0.0, float(np.ceil(bound - EPSILON)))


class Search:
    """One run: the master, the pricers, and what they have proven."""

    def __init__(self, problem: Problem, tell: Tell | None = None) -> None:
        self.problem = problem
        self.capacity = reachable_seats(problem)
        self.sizes: Ints = np.array([one.size for one in problem.learners], dtype=np.int64)
        self.master = Master(problem, self.capacity)
        self.pricer = Pricer(problem)
        self.partial: Pricer | None = None
        self.tell = tell or (lambda _: None)

    def say(self, chosen: Counter[int], bound: float) -> None:
        """The best plan so far, with what it costs and what any plan must."""
        columns = [self.master.columns[at] for at in chosen.elements()]
        columns.sort(key=lambda column: column.owner)
        self.tell(Word(bound, cost_of(self, chosen), tuple(column.cells for column in columns)))

    def first(self, best: Sequence[Column], deadline: float) -> Counter[int]:
        """The plan to better: the given one where it leaves nobody out, else the cheaper of it and a dive."""
        begun = self.begun(best)
        if begun and not any(self.master.columns[at].uncovered for at in begun):
            return begun
        return min(filter(None, (begun, self.dive(deadline))), key=partial(cost_of, self), default=begun)

    def begun(self, best: Sequence[Column]) -> Counter[int]:
        """A whole plan from elsewhere as a choice of columns; nothing where it breaks a rule."""
        legal = legal_columns(self.problem, best, partial=True)
        if not whole(self.problem, self.capacity, legal):
            return Counter()
        self.master.add(legal)
        at = {(column.owner, column.cells): place for place, column in enumerate(self.master.columns)}
        return Counter(at[column.owner, column.cells] for column in legal)

    def prove(self, deadline: float) -> tuple[float, Floats, bool]:
        """The lower bound, the seat prices of the optimum, and whether every visit can have a place (in the LP)."""
        nothing = np.zeros(self.capacity.shape)
        self.master.add(self.side_by_side(self.pricer, self.sizes, self.capacity, nothing))
        bound = self.generate(self.sizes, None, deadline)
        _, count, _, prices = self.master.solve()
        if self.missing(count) > EPSILON:
            self.partial = Pricer(self.problem, partial=True)
            bound = self.generate(self.sizes, None, deadline)
            _, count, _, prices = self.master.solve()
        self.tell(Word(bound))
        return bound, prices, self.missing(count) <= EPSILON

    def prices(self, deadline: float) -> Floats:
        """What a seat is worth where any visit may also stay without a place."""
        self.partial = Pricer(self.problem, partial=True)
        self.generate(self.sizes, None, deadline)
        return self.master.solve()[3]

    def missing(self, count: Floats) -> float:
        """Visits without a place in this (fractional) choice of columns."""
        return float(
            sum(self.master.columns[at].uncovered * count[at] for at in np.flatnonzero(count > EPSILON))
        )

    def generate(self, sizes: Ints, left: Ints | None, deadline: float, rounds: int = 10_000) -> float:
        """Add columns until none would help; the best bound seen (Lagrangian, valid at every round)."""
        bound = -np.inf
        pricer = self.partial or self.pricer
        for _ in range(rounds):
            objective, _, dual, price = self.master.solve()
            helpful, correction = [], 0.0
            for value, column in pricer.price(price, left):
                reduced = value - dual[column.owner]
                if reduced < -EPSILON and sizes[column.owner]:
                    correction += float(sizes[column.owner]) * reduced
                    helpful.append(column)
            bound = max(bound, objective + correction)
            if helpful and len(self.sizes) < FEW:
                room = self.capacity if left is None else left
                helpful += self.side_by_side(pricer, sizes, room, price, -(-FEW // len(self.sizes)))
            if not self.master.add(helpful) or objective - bound < EPSILON or moment() > deadline:
                break
        return bound

    def side_by_side(
        self, pricer: Pricer, sizes: Ints, room: Ints, price: Floats, rounds: int = FIRST_ROUNDS
    ) -> list[Column]:
        """Cheap plans that fit beside each other: each round takes the seats that the one before has left."""
        sizes, room = sizes.copy(), room.copy()
        seats_left = room.ravel()
        found = []
        for _ in range(rounds):
            for _, column in pricer.price(price, room):
                used = taken(self.problem, column.owner, column.cells)
                room_for = (int(seats_left[cell]) // amount for cell, amount in used.items())
                times = min([int(sizes[column.owner]), *room_for])
                if times > 0 and used:
                    seats_left[list(used)] -= times * np.array(list(used.values()))
                    sizes[column.owner] -= times
                    found.append(column)
            if not sizes.any():
                break
        return found

    def reprice(self, sizes: Ints, left: Ints, deadline: float, rounds: int) -> Floats:
        """How many of the remaining learners follow each column, after pricing within the seats left."""
        self.master.restrict(sizes, left)
        self.generate(sizes, left, deadline, rounds)
        return self.master.solve()[1]

    def dive(self, deadline: float) -> Counter[int]:
        """Fix whole parts, then the largest fractions that fit, pricing again in between."""
        chosen: Counter[int] = Counter()
        sizes, left = self.sizes.copy(), self.capacity.copy()
        count = self.master.solve()[1]
        while sizes.sum():
            fixed = self._fix(count, sizes, left, chosen)
            if not fixed:
                break
            count = self.reprice(sizes, left, deadline, rounds=6)
        for owner in np.flatnonzero(sizes):  # what found no place yet: the neighbourhood search takes it up
            chosen[int(owner)] += int(sizes[owner])
        self.master.restrict(self.sizes, self.capacity)
        return chosen

    def _fix(self, count: Floats, sizes: Ints, left: Ints, chosen: Counter[int]) -> int:
        seats_left = left.ravel()
        order = np.argsort(-count, kind="stable")
        order = order[count[order] > 0.01]
        fixed, budget = 0, max(1, int(0.15 * count[order].sum()))
        for at in order.tolist():
            column = self.master.columns[at]
            if column.uncovered == len(column.cells) and column.cells:
                continue
            times = max(int(count[at] + EPSILON), 0 if fixed >= budget else 1)
            used = taken(self.problem, column.owner, column.cells)
            room = min((int(seats_left[cell]) // amount for cell, amount in used.items()), default=times)
            times = min(times, room, int(sizes[column.owner]))
            if times > 0:
                chosen[at] += times
                sizes[column.owner] -= times
                seats_left[list(used)] -= times * np.array(list(used.values()), dtype=np.int64)
                fixed += times
        return fixed
