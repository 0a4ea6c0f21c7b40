"""Why no plan covers everything: a smallest set of rules that cannot all hold, and what a seat is worth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from services.placement.pricing import Pricer
from services.placement.problem import UNCOVERED, Column, Floats, Ints, Problem, without_costs
from services.placement.rotation import EPSILON, Search
from services.placement.stopwatch import moment

RULES = ("precedence", "min-gap", "release")


@dataclass(frozen=True)
class Clash:
    """One rule of the set; for seats and crews also where, in which weeks, and how many are missing."""

    rule: str
    station: int | None
    weeks: list[int]
    missing: int
    crew: int | None = None


def price_of_seats(problem: Problem, prices: Floats, most: int = 20) -> Iterator[tuple[int, int, float]]:
    """(station, week, cost saved by one more seat), dearest first."""
    prices = prices[: problem.stations]
    order = np.argsort(-prices, axis=None, kind="stable")[:most]
    for cell in order.tolist():
        station, week = divmod(cell, prices.shape[1])
        if prices[station, week] > EPSILON:
            yield station, week, round(float(prices[station, week]), 2)


def clashes(problem: Problem, uncovered: int, seconds: float = 10.0) -> list[Clash]:
    """Drop rules one by one while the rest still cannot hold: what stays is a smallest set in conflict.

    Nothing where the time was too short to know whether they can hold.
    """
    deadline = moment() + seconds
    bare = without_costs(problem, UNCOVERED)
    lacking, _, sure = shortage(bare, problem.capacity, deadline)
    if lacking <= EPSILON:
        return [Clash("whole-learners", None, [], uncovered)]
    if not sure:
        return []
    kept: list[str] = []
    for rule in RULES:
        if moment() > deadline:
            kept.append(rule)
            continue
        relaxed = _relax(bare, rule)
        if _surely_lacking(relaxed, problem.capacity, deadline):
            bare = relaxed
        else:
            kept.append(rule)
    capacity = problem.capacity.copy()
    tight = []
    for row in range(len(capacity)):
        if moment() > deadline:
            break
        open_wide = capacity.copy()
        open_wide[row] = np.maximum(open_wide[row], _demand(problem))
        if _surely_lacking(bare, open_wide, deadline):
            capacity = open_wide
        else:
            tight.append(row)
    found = [Clash(rule, None, [], 0) for rule in kept]
    missing, extra, _ = shortage(bare, capacity, deadline + 1)
    short = np.flatnonzero(extra.max(axis=1, initial=0.0) > EPSILON).tolist()
    if not short and not tight and missing > EPSILON:
        found.append(Clash("one-visit-a-block", None, [], int(np.ceil(missing - EPSILON))))
    rows = [*short, *(row for row in tight if row not in short)]
    return [_too_small(problem, row, extra[row]) for row in rows] + found


def _too_small(problem: Problem, row: int, extra: Floats) -> Clash:
    """Too few seats at a station, or too few of a crew who may be away."""
    weeks = np.flatnonzero(extra > EPSILON).tolist()
    missing = int(np.ceil(extra.max() - EPSILON)) if weeks else 1
    if row < problem.stations:
        return Clash("seats", row, weeks, missing)
    return Clash("crew-release", None, weeks, missing, row - problem.stations)


def _demand(problem: Problem) -> int:
    return sum(one.size * one.seats for one in problem.learners)


def _relax(problem: Problem, rule: str) -> Problem:
    if rule == "min-gap":
        return replace(problem, gap=1)
    if rule == "precedence":
        return replace(problem, learners=tuple(replace(one, precedence=()) for one in problem.learners))
    learners = []
    for one in problem.learners:
        allowed = np.isfinite(one.cost).any(axis=2, keepdims=True)
        first = min((slot[0] for slot in one.slots), default=0)
        weeks = np.arange(problem.weeks) >= first
        learners.append(replace(one, cost=np.where(allowed & weeks, 0.0, np.inf)))
    return replace(problem, learners=tuple(learners))


SEAT = 1.0
"""What an extra seat costs in the question "how many seats are missing"; a visit without a place costs far more."""


def _surely_lacking(problem: Problem, capacity: Ints, deadline: float) -> bool:
    lacking, _, sure = shortage(problem, capacity, deadline)
    return sure and lacking > EPSILON


def shortage(problem: Problem, capacity: Ints, deadline: float) -> tuple[float, Floats, bool]:
    """Seats (and visits that no seat would help) missing for full cover, and where: 0 if the rules can hold.

    Last whether that is proven; where time ran out first, no more than this is missing.
    """
    search = Search(replace(problem, capacity=capacity))
    search.pricer = Pricer(problem, partial=True)
    extra = _Extra(search)
    proven = extra.generate(deadline)
    return *extra.missing(), proven


class _Extra:
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

    def generate(self, deadline: float) -> bool:
        """Whether the time was enough for the optimum."""
        nothing = np.zeros(self.search.capacity.shape)
        self.master.add(
            self.search.side_by_side(self.search.pricer, self.search.sizes, self.search.capacity, nothing)
        )
        while moment() < deadline:
            _, _, dual, price = self.master.solve()
            found = self.search.pricer.price(price)
            if not self.master.add(
                column for value, column in found if value - dual[column.owner] < -EPSILON
            ):
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
