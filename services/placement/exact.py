"""Proves the optimum where that is small enough: every plan that could be part of it, then one exact choice.

A plan whose reduced cost is more than the gap is in no better solution (reduced-cost fixing); the others are listed.
Where not all have a place, plans that leave visits out are among them.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from services.placement.neighbourhood import choose
from services.placement.problem import Column, Floats, Learners, Problem, cost_of
from services.placement.search import EPSILON, Search
from services.placement.stopwatch import moment

MOST_COLUMNS = 4000
MOST_STEPS = 60_000


def close(
    search: Search, chosen: Counter[Column], bound: float, deadline: float
) -> tuple[Counter[Column], float]:
    """The best choice and the proven bound; unchanged where there are too many plans to list in time."""
    gap = cost_of(search.problem, chosen) - bound
    if gap < 1 - EPSILON:
        return chosen, bound
    _, _, dual, price = search.master.solve()
    found: list[Column] = []
    for owner in range(len(search.problem.learners)):
        limit = float(dual[owner]) + gap + EPSILON
        leave = search.problem.missing * search.problem.learners[owner].seats if search.partial else np.inf
        listing = _Listing(search.problem, owner, price, limit, leave)
        if not listing.complete(deadline, MOST_COLUMNS - len(found)):
            return chosen, bound
        found += listing.columns
    search.master.add(found)
    names = [search.master.known[column.owner, column.cells] for column in found]
    best, proven = choose(search, names, chosen, deadline)
    return best, max(bound, min(proven, cost_of(search.problem, best)))


@dataclass
class _Listing:
    """All plans of one class that cost at most `limit` at these seat prices; `leave`: what a visit left out costs."""

    problem: Problem
    owner: int
    price: Floats
    limit: float
    leave: float
    columns: list[Column] = field(default_factory=list)
    steps: int = 0

    def complete(self, deadline: float, most: int) -> bool:
        """Whether all could be listed."""
        one = self.problem.learners[self.owner]
        self.options = [self._options(one, visit) for visit in range(len(one.stations))]
        self.least = [min([self.leave, *(cost for cost, *_ in options)]) for options in self.options]
        self.needs = [{a for a, b in one.precedence if b == visit} for visit in range(len(one.stations))]
        self.deadline, self.most = deadline, most
        return self._extend(0, -self.problem.gap, {}, (0.0, sum(self.least)))

    def _options(self, one: Learners, visit: int) -> list[tuple[float, int, int, float]]:
        """(cost with prices, week, station, lag), cheap ones first."""
        found = []
        away = sum(
            (people * self.price[self.problem.stations + crew] for crew, people in one.crews),
            np.zeros(self.problem.weeks),
        )
        for choice, station in enumerate(one.stations[visit].tolist()):
            paid = one.seats * self.price[station] + away
            for week in np.flatnonzero(np.isfinite(one.cost[visit, choice])).tolist():
                lag = float(one.cost[visit, choice, week])
                found.append((lag + float(paid[week]), week, station, lag))
        return sorted(found)

    def _extend(
        self, slot: int, last: int, made: dict[int, tuple[int, int, float]], sums: tuple[float, float]
    ) -> bool:
        spent, rest = sums
        self.steps += 1
        if self.steps > MOST_STEPS or len(self.columns) > self.most or moment() > self.deadline:
            return False
        one = self.problem.learners[self.owner]
        wanted = len(self.options) - len(made)
        never = wanted - (len(one.slots) - slot)
        if never > 0 and spent + never * self.leave > self.limit:
            return True
        if not wanted or slot == len(one.slots):
            self.columns.append(self._column(made))
            return True
        first, end = one.slots[slot]
        for visit, options in enumerate(self.options):
            if visit in made or not self.needs[visit] <= made.keys():
                continue
            remaining = rest - self.least[visit]
            for cost, week, station, lag in options:
                if spent + cost + remaining > self.limit:
                    break
                if first <= week < end and week - last >= self.problem.gap:
                    after = {**made, visit: (week, station, lag)}
                    if not self._extend(slot + 1, week, after, (spent + cost, remaining)):
                        return False
        return self._extend(slot + 1, last, made, sums)

    def _column(self, made: dict[int, tuple[int, int, float]]) -> Column:
        places = [made.get(visit) for visit in range(len(self.options))]
        cells = tuple(place[1] * self.problem.weeks + place[0] if place else -1 for place in places)
        return Column(self.owner, cells, sum(place[2] for place in places if place))
