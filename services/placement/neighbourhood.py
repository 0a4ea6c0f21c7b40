"""Closes the gap that the dive leaves: frees some learners, prices within the seats they leave, solves exactly."""

from __future__ import annotations

import time
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from services.placement.master import matrix_of, silent_highs
from services.placement.problem import Column, Floats, Ints, Problem, worth

if TYPE_CHECKING:
    from services.placement.rotation import Search


def improve(
    search: Search, chosen: Counter[int], bound: float, until: tuple[float, int | None], seed: int
) -> Counter[int]:
    """Free a part, solve it exactly, keep what is better; until the bound is met or the time is up."""
    chance = Random(seed)  # noqa: S311 - a search order, not a secret
    cost = _cost(search, chosen)
    _, _, dual, price = search.master.solve()
    size, quiet = 30, 0
    deadline, patience = until
    while cost - bound >= 1 - 1e-6 and time.monotonic() < deadline and quiet < (patience or np.inf):
        freed = _free(search, chosen, (dual, price), size, chance)
        better = _resolve(search, chosen, freed, deadline)
        new = _cost(search, better)
        if new < cost - 1e-6:
            chosen, cost, quiet = better, new, 0
            search.tell({"cost": cost, "bound": bound})
        else:
            quiet += 1
            size = min(30 + 5 * quiet, 120)
    search.master.restrict(search.sizes, search.capacity)
    return chosen


def _cost(search: Search, chosen: Counter[int]) -> float:
    columns = search.master.columns
    return sum(worth(search.problem, columns[at]) * times for at, times in chosen.items())


def seats_used(problem: Problem, columns: list[Column], chosen: Counter[int]) -> Ints:
    """[station, week] seats that these columns take."""
    used = np.zeros(problem.capacity.size, dtype=np.int64)
    for at, times in chosen.items():
        cells = [cell for cell in columns[at].cells if cell >= 0]
        used[cells] += times * problem.learners[columns[at].owner].seats
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
        seats = search.problem.learners[column.owner].seats
        made = [cell for cell in column.cells if cell >= 0]
        reduced = worth(search.problem, column) + seats * flat[made].sum() - dual[column.owner]
        weight[at] = max(0.0, float(reduced)) + 0.3
    units = [at for at, times in sorted(chosen.items()) for _ in range(min(times, size))]
    keys = {place: chance.random() ** (1 / weight[at]) for place, at in enumerate(units)}
    picked = sorted(keys, key=keys.__getitem__, reverse=True)[:size]
    return Counter(units[place] for place in picked)


def _resolve(search: Search, chosen: Counter[int], freed: Counter[int], deadline: float) -> Counter[int]:
    kept = chosen - freed
    columns = search.master.columns
    left = search.capacity - seats_used(search.problem, columns, kept)
    sizes = np.zeros_like(search.sizes)
    for at, times in freed.items():
        sizes[columns[at].owner] += times
    search.reprice(sizes, left, deadline, rounds=12)
    solved = _whole(search, sizes, left, freed, deadline)
    return kept + solved


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
        seats = problem.learners[owner].seats
        made = [cell for cell in column.cells if cell >= 0]
        if all(flat_left[cell] >= seats for cell in made):
            reduced = worth(problem, column) + seats * flat[made].sum() - dual[owner]
            candidates.append((float(reduced), at))
    candidates.sort()
    names = sorted({at for _, at in candidates[:1500]} | set(start))
    chosen_columns = [columns[at] for at in names]
    solver = silent_highs()
    solver.setOptionValue("time_limit", max(0.05, min(2.0, deadline - time.monotonic())))
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", 0.99)
    lower = np.concatenate([sizes.astype(float), np.full(left.size, -np.inf)])
    upper = np.concatenate([sizes.astype(float), flat_left.astype(float)])
    none = np.zeros(0, dtype=np.int32)
    solver.addRows(len(lower), lower, upper, 0, none, none, np.zeros(0))
    starts, rows, values = matrix_of(problem, chosen_columns, len(problem.learners))
    count = len(names)
    cost = np.array([worth(problem, column) for column in chosen_columns])
    most = np.array([float(sizes[column.owner]) for column in chosen_columns])
    solver.addCols(count, cost, np.zeros(count), most, len(rows), starts, rows, values)
    solver.changeColsIntegrality(count, np.arange(count, dtype=np.int32), np.ones(count, dtype=np.uint8))
    solver.setSolution(count, np.arange(count, dtype=np.int32), np.array([float(start[at]) for at in names]))
    solver.run()
    answer = np.asarray(solver.getSolution().col_value)
    found = Counter({at: round(value) for at, value in zip(names, answer, strict=False) if value > 0.5})
    asked = {owner: int(size) for owner, size in enumerate(sizes) if size}
    given: Counter[int] = Counter()
    for at, times in found.items():
        given[columns[at].owner] += times
    return found if dict(given) == asked else start
