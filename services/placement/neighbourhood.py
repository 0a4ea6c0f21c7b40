"""Closes the gap that the dive leaves: frees some learners, prices within the seats they leave, solves exactly."""

from collections import Counter
from collections.abc import Iterable
from random import Random

import numpy as np

from services.placement.master import matrix_of, silent_highs
from services.placement.problem import Column, Floats, cost_of, taken, worth
from services.placement.search import Search
from services.placement.stopwatch import moment

VARIED = 4
"""Rounds of shaken prices in each neighbourhood."""
LISTED = 1500
"""So many columns at most are chosen from, those that are cheapest at the optimal prices."""
HALF = 0.5
SIDE_SECONDS = 2.0


def improve(
    search: Search, chosen: Counter[Column], bound: float, until: tuple[float, int | None], seed: int
) -> Counter[Column]:
    """Free a part, solve it exactly, keep what is better; until the bound is met or the time is up."""
    chance = Random(seed)  # noqa: S311 - a search order, not a secret
    noise = np.random.default_rng(seed)
    cost = cost_of(search.problem, chosen)
    _, _, dual, price = search.master.solve()
    size, quiet = 30, 0
    deadline, patience = until
    while cost - bound >= 1 - 1e-6 and moment() < deadline and quiet < (patience or np.inf):
        freed = _free(search, chosen, (dual, price), size, chance)
        better = _resolve(search, chosen, freed, (deadline, noise))
        new = cost_of(search.problem, better)
        if new < cost - 1e-6:
            chosen, cost, quiet = better, new, 0
            search.say(chosen, bound)
        else:
            quiet += 1
            size = min(30 + 5 * quiet, 120)
    return chosen


def _free(
    search: Search, chosen: Counter[Column], duals: tuple[Floats, Floats], size: int, chance: Random
) -> Counter[Column]:
    """Those whose plan is dear at the optimal prices, those who could use dear seats left empty, and some by chance."""
    weight = {column: max(0.0, reduced(search, column, *duals)) + 0.3 for column in chosen}
    order = sorted(chosen.items(), key=lambda one: (one[0].owner, one[0].cells))
    units = [column for column, times in order for _ in range(min(times, size))]
    keys = {place: chance.random() ** (1 / weight[column]) for place, column in enumerate(units)}
    picked = sorted(keys, key=keys.__getitem__, reverse=True)[:size]
    return Counter(units[place] for place in picked)


def reduced(search: Search, column: Column, dual: Floats, price: Floats) -> float:
    """What a column costs beyond what its class must pay at these prices."""
    flat, used = price.ravel(), taken(search.problem, column.owner, column.cells)
    paid = sum(amount * flat[cell] for cell, amount in used.items())
    return float(worth(search.problem, column) + paid - dual[column.owner])


def _resolve(
    search: Search, chosen: Counter[Column], freed: Counter[Column], how: tuple[float, np.random.Generator]
) -> Counter[Column]:
    """The same plan with the freed ones placed as well as can be."""
    deadline, noise = how
    part = search.part(chosen - freed)
    part.generate(deadline, rounds=12)
    part.master.add(_varied(part, noise))
    search.master.add(part.master.columns)
    _, _, dual, price = part.master.solve()
    cheap = sorted(part.master.columns, key=lambda column: reduced(part, column, dual, price))
    return chosen - freed + choose(part, cheap[:LISTED], freed, min(deadline, moment() + SIDE_SECONDS))[0]


def _varied(part: Search, noise: np.random.Generator) -> list[Column]:
    """Plans that are only nearly cheapest: a whole solution may need some that the linear programme never asks for."""
    price = part.master.solve()[3]
    scale = max(1.0, float(price.mean()))
    found: list[Column] = []
    for _ in range(VARIED):
        shaken = price * noise.uniform(0.5, 1.5, price.shape) + scale * noise.exponential(1.0, price.shape)
        found += part.side_by_side(shaken, rounds=2)
    return found


def choose(
    search: Search, columns: Iterable[Column], start: Counter[Column], deadline: float
) -> tuple[Counter[Column], float]:
    """The exact best choice of these columns, from `start`, by HiGHS; and the bound it proved for them."""
    sizes, left = search.sizes, search.capacity
    names = sorted({*columns, *start}, key=lambda column: (column.owner, column.cells))
    solver = silent_highs()
    limits = {"time_limit": max(0.05, deadline - moment()), "mip_rel_gap": 0.0, "mip_abs_gap": 0.99}
    for option, value in limits.items():
        solver.setOptionValue(option, value)
    lower = np.concatenate([sizes.astype(float), np.full(left.size, -np.inf)])
    upper = np.concatenate([sizes.astype(float), left.ravel().astype(float)])
    none = np.zeros(0, dtype=np.int32)
    solver.addRows(len(lower), lower, upper, 0, none, none, np.zeros(0))
    starts, rows, values = matrix_of(search.problem, names, len(search.problem.learners))
    count = len(names)
    cost = np.array([worth(search.problem, column) for column in names])
    most = np.array([float(sizes[column.owner]) for column in names])
    solver.addCols(count, cost, np.zeros(count), most, len(rows), starts, rows, values)
    index = np.arange(count, dtype=np.int32)
    solver.changeColsIntegrality(count, index, np.ones(count, dtype=np.uint8))
    solver.setSolution(count, index, np.array([float(start[column]) for column in names]))
    solver.run()
    answer = np.asarray(solver.getSolution().col_value)
    found = Counter(
        {column: round(value) for column, value in zip(names, answer, strict=False) if value > HALF}
    )
    given: Counter[int] = Counter()
    for column, times in found.items():
        given[column.owner] += times
    right = all(given[owner] == size for owner, size in enumerate(sizes.tolist()))
    return (found if right else start), float(solver.getInfo().mip_dual_bound)
