"""Closes the gap that the dive leaves: frees some learners, prices within the seats they leave, solves exactly."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from services.placement.master import matrix_of, silent_highs
from services.placement.problem import Column, Floats, Ints, Problem, taken, worth
from services.placement.stopwatch import moment

if TYPE_CHECKING:
    from services.placement.rotation import Search


VARIED = 4
"""Rounds of shaken prices in each neighbourhood."""


HALF = 0.5
SIDE_SECONDS = 2.0


def improve(
    search: Search, chosen: Counter[int], bound: float, until: tuple[float, int | None], seed: int
) -> Counter[int]:
    """Free a part, solve it exactly, keep what is better; until the bound is met or the time is up."""
    chance = Random(seed)  # noqa: S311 - a search order, not a secret
    noise = np.random.default_rng(seed)
    cost = cost_of(search, chosen)
    _, _, dual, price = search.master.solve()
    size, quiet = 30, 0
    deadline, patience = until
    while cost - bound >= 1 - 1e-6 and moment() < deadline and quiet < (patience or np.inf):
        freed = _free(search, chosen, (dual, price), size, chance)
        better = _resolve(search, chosen, freed, (deadline, noise))
        new = cost_of(search, better)
        if new < cost - 1e-6:
            chosen, cost, quiet = better, new, 0
            search.say(chosen, bound)
        else:
            quiet += 1
            size = min(30 + 5 * quiet, 120)
    search.master.restrict(search.sizes, search.capacity)
    return chosen


def cost_of(search: Search, chosen: Counter[int]) -> float:
    columns = search.master.columns
    return sum(worth(search.problem, columns[at]) * times for at, times in chosen.items())


def seats_used(problem: Problem, columns: list[Column], chosen: Counter[int]) -> Ints:
    """What these columns take of each cell of the capacity."""
    used = np.zeros(problem.capacity.size, dtype=np.int64)
    for at, times in chosen.items():
        for cell, amount in taken(problem, columns[at].owner, columns[at].cells).items():
            used[cell] += times * amount
    return used.reshape(problem.capacity.shape)


def _free(
    search: Search, chosen: Counter[int], duals: tuple[Floats, Floats], size: int, chance: Random
) -> Counter[int]:
    """Those whose plan is dear at the optimal prices, those who could use dear seats left empty, and some by chance."""
    dual, price = duals
    columns = search.master.columns
    flat = price.ravel()
    weight = {}
    for at in chosen:
        column = columns[at]
        used = taken(search.problem, column.owner, column.cells)
        paid = sum(amount * flat[cell] for cell, amount in used.items())
        reduced = worth(search.problem, column) + paid - dual[column.owner]
        weight[at] = max(0.0, float(reduced)) + 0.3
    units = [at for at, times in sorted(chosen.items()) for _ in range(min(times, size))]
    keys = {place: chance.random() ** (1 / weight[at]) for place, at in enumerate(units)}
    picked = sorted(keys, key=keys.__getitem__, reverse=True)[:size]
    return Counter(units[place] for place in picked)


def _resolve(
    search: Search, chosen: Counter[int], freed: Counter[int], how: tuple[float, np.random.Generator]
) -> Counter[int]:
    deadline, noise = how
    kept = chosen - freed
    columns = search.master.columns
    left = search.capacity - seats_used(search.problem, columns, kept)
    sizes = np.zeros_like(search.sizes)
    for at, times in freed.items():
        sizes[columns[at].owner] += times
    search.reprice(sizes, left, deadline, rounds=12)
    search.master.add(_varied(search, sizes, left, noise))
    solved = _whole(search, sizes, left, freed, deadline)
    return kept + solved


def _varied(search: Search, sizes: Ints, left: Ints, noise: np.random.Generator) -> list[Column]:
    """Plans that are only nearly cheapest: a whole solution may need some that the linear programme never asks for."""
    price = search.master.solve()[3]
    scale = max(1.0, float(price.mean()))
    found = []
    for _ in range(VARIED):
        shaken = price * noise.uniform(0.5, 1.5, price.shape) + scale * noise.exponential(1.0, price.shape)
        found += search.side_by_side(search.partial or search.pricer, sizes, left, shaken, rounds=2)
    return found


def _whole(search: Search, sizes: Ints, left: Ints, start: Counter[int], deadline: float) -> Counter[int]:
    """The exact best choice of columns for the freed learners, by HiGHS, from what they had."""
    problem, columns = search.problem, search.master.columns
    _, _, dual, price = search.master.solve()
    flat, flat_left = price.ravel(), left.ravel()
    candidates: list[tuple[float, int]] = []
    for at, column in enumerate(columns):
        owner = column.owner
        if not sizes[owner]:
            continue
        used = taken(problem, owner, column.cells)
        if all(flat_left[cell] >= amount for cell, amount in used.items()):
            paid = sum(amount * flat[cell] for cell, amount in used.items())
            reduced = worth(problem, column) + paid - dual[owner]
            candidates.append((float(reduced), at))
    candidates.sort()
    names = sorted({at for _, at in candidates[:1500]} | set(start))
    return choose(search, names, start, min(deadline, moment() + SIDE_SECONDS), (sizes, left))[0]


def choose(
    search: Search,
    names: list[int],
    start: Counter[int],
    deadline: float,
    part: tuple[Ints, Ints] | None = None,
) -> tuple[Counter[int], float]:
    """The exact best choice of these columns, from `start`, by HiGHS; and the bound it proved for them.

    `part` limits it to so many learners of each class within these seats.
    """
    sizes, left = part or (search.sizes, search.capacity)
    names = sorted({*names, *start})
    columns = [search.master.columns[at] for at in names]
    solver = silent_highs()
    limits = {"time_limit": max(0.05, deadline - moment()), "mip_rel_gap": 0.0, "mip_abs_gap": 0.99}
    for option, value in limits.items():
        solver.setOptionValue(option, value)
    lower = np.concatenate([sizes.astype(float), np.full(left.size, -np.inf)])
    upper = np.concatenate([sizes.astype(float), left.ravel().astype(float)])
    none = np.zeros(0, dtype=np.int32)
    solver.addRows(len(lower), lower, upper, 0, none, none, np.zeros(0))
    starts, rows, values = matrix_of(search.problem, columns, len(search.problem.learners))
    count = len(names)
    cost = np.array([worth(search.problem, column) for column in columns])
    most = np.array([float(sizes[column.owner]) for column in columns])
    solver.addCols(count, cost, np.zeros(count), most, len(rows), starts, rows, values)
    index = np.arange(count, dtype=np.int32)
    solver.changeColsIntegrality(count, index, np.ones(count, dtype=np.uint8))
    solver.setSolution(count, index, np.array([float(start[at]) for at in names]))
    solver.run()
    answer = np.asarray(solver.getSolution().col_value)
    found = Counter({at: round(value) for at, value in zip(names, answer, strict=False) if value > HALF})
    given: Counter[int] = Counter()
    for at, times in found.items():
        given[search.master.columns[at].owner] += times
    right = all(given[owner] == size for owner, size in enumerate(sizes.tolist()))
    return (found if right else start), float(solver.getInfo().mip_dual_bound)
