"""Makes a whole plan of the linear programme: fixes a part of it, prices again within the seats left, until nobody is left."""

from collections import Counter

import numpy as np

from services.placement.problem import Column, Floats, taken
from services.placement.search import EPSILON, Search
from services.placement.stopwatch import moment

ROUNDS = 60
"""Of pricing between two fixings at most: what is left must come to its optimum, or the next fixing goes astray."""
SHARE = 0.15
"""Of those who are left, so many are fixed at once where their plan is no whole part."""
LEAST = 0.01


def dive(search: Search, deadline: float, until: float) -> Counter[Column]:
    """Fix whole parts, then the largest fractions that fit; from the deadline on with little pricing between two fixings.

    Where a plan is there already, this one is cut short after `until`. Who is left then is placed beside the others.
    """
    chosen: Counter[Column] = Counter()
    rest = search
    while rest.sizes.any() and not (search.best and moment() > until):
        fixed = _fixed(rest, rest.master.solve()[1])
        if not fixed:
            break
        chosen += fixed
        rest = rest.part(fixed)
        rest.generate(deadline, ROUNDS)
        search.master.add(rest.master.columns)
    return chosen + rest.filled() if rest.sizes.any() else chosen


def coarse(search: Search) -> Counter[Column]:
    """A plan in a moment: the whole parts of the linear programme, and everybody else beside them."""
    fixed = _fixed(search, search.master.solve()[1])
    return fixed + search.part(fixed).filled()


def _fixed(rest: Search, count: Floats) -> Counter[Column]:
    """Whole parts, and the largest fractions while those fixed are few."""
    sizes, left = rest.sizes.copy(), rest.capacity.copy().ravel()
    order = np.argsort(-count, kind="stable")
    order = order[count[order] > LEAST]
    budget = max(1, int(SHARE * count[order].sum()))
    fixed: Counter[Column] = Counter()
    for at in order.tolist():
        column = rest.master.columns[at]
        if column.cells and column.uncovered == len(column.cells):
            continue
        used = taken(rest.problem, column.owner, column.cells)
        times = max(int(count[at] + EPSILON), 0 if rest.sizes.sum() - sizes.sum() >= budget else 1)
        room = min((int(left[cell]) // amount for cell, amount in used.items()), default=times)
        times = min(times, room, int(sizes[column.owner]))
        if times > 0:
            fixed[column] += times
            sizes[column.owner] -= times
            left[list(used)] -= times * np.array(list(used.values()), dtype=np.int64)
    return fixed
