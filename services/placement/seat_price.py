"""What one more place at a station would save: at most so much, by the prices of the linear programme."""

from collections.abc import Iterator
from copy import copy

import numpy as np

from services.placement.master import Master
from services.placement.problem import Floats, Problem, fillable
from services.placement.search import EPSILON, Search

NUDGE = 1e-4
"""So many more seats everywhere: the prices there hold for more seats, not for fewer."""


def least_prices(search: Search, prices: Floats, deadline: float) -> Floats:
    """Of all prices that prove the bound, the least together; the given ones where time is too short for that.

    An optimum may have many. Each says how much a seat saves at most, so that only the least say something of it.
    """
    more = copy(search)
    capacity = search.capacity.astype(np.float64) + NUDGE
    more.master = Master(search.problem, capacity, search.sizes)
    more.master.add(search.master.tight())
    bound = more.generate(deadline)
    objective, _, _, least = more.master.solve()
    return least if objective - bound < EPSILON else prices


def price_of_seats(problem: Problem, prices: Floats, most: int = 20) -> Iterator[tuple[int, int, float, int]]:
    """(station, week, cost that more seats save at most, so many seats), dearest first.

    It is one seat, or where groups move whole as many as let more of them in. Proven but for the gap of the plan: no plan
    with these seats costs less than the bound without them, less what they save.
    """
    fits = fillable(problem, int(problem.capacity.max(initial=0)) + max_seats(problem))
    found = []
    for station, week in np.argwhere(prices[: problem.stations] > EPSILON).tolist():
        now = max(0, int(problem.capacity[station, week]))
        enough = np.flatnonzero(fits > fits[now])
        if len(enough):
            saves = float(prices[station, week]) * int(fits[enough[0]] - fits[now])
            found.append((station, week, round(saves, 2), int(enough[0]) - now))
    yield from sorted(found, key=lambda one: (-one[2], one))[:most]


def max_seats(problem: Problem) -> int:
    """What the largest learner takes."""
    return max((one.seats for one in problem.learners), default=1)
