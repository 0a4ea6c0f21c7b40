"""Plans who is at which station in which week: the fewest weeks between theory and its workshop, with proof.

Column generation (Dantzig-Wolfe): a column is one learner's whole legal plan, priced by dynamic programming; the
linear programme over columns proves the bound; a dive rounds it, neighbourhood search closes what is left.
After Akbarzadeh and Maenhout (2021) and Cire, Diamant, Yunes, Carrasco (POM), with pricing per class of learners.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from services.placement.diving import coarse, dive
from services.placement.exact import close
from services.placement.legal import legal_columns, whole
from services.placement.neighbourhood import improve
from services.placement.pricing import Pricer
from services.placement.problem import Answer, Column, Problem, cost_of, without_costs
from services.placement.search import EPSILON, Search, Tell
from services.placement.seat_price import least_prices
from services.placement.stopwatch import moment

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
    short: bool = False,
    seed: int = 1,
) -> Answer:
    """The best plan found within this wall time, its proven bound, and seat prices. Deterministic but for the time.

    `start` are columns worth knowing from the beginning, such as the plan in force; `best` is a whole plan to better,
    such as an earlier run's; with `patience` the search ends after so many rounds without gain; `short`: it is known
    that not every visit can have a place, and how many at most.
    """
    until = deadline = moment() + seconds
    search = Search(problem, tell)
    search.master.add(legal_columns(problem, start, partial=True))
    search.partial = Pricer(problem, partial=True) if short else None
    begun = _begun(search, best)
    if len(search.master.columns) == len(problem.learners):
        search.begin()
    bound, prices, full_cover = search.prove(deadline)
    if full_cover:
        prices = least_prices(search, prices, deadline)
    fewest = 0
    if (
        not full_cover and not short and moment() < deadline
    ):  # a part of the time is for proving how many, and for saying why
        fewest = fewest_uncovered(search, moment() + WHY * max(0.0, deadline - moment()) / 2)
        deadline -= WHY * max(0.0, deadline - moment())
        search.say(min(filter(None, (search.best, coarse(search))), key=partial(cost_of, problem)), bound)
    chosen = _first(search, begun, deadline, until)
    search.say(chosen, bound)
    chosen, bound = close(search, chosen, bound, moment() + 0.4 * max(0.0, deadline - moment()))
    search.say(chosen, bound)
    chosen = improve(search, chosen, bound, (deadline, patience), seed)
    columns = sorted(chosen.elements(), key=lambda column: (column.owner, column.cells))
    plans = [tuple(of_class) for of_class in _by_class(columns, len(problem.learners))]
    cost = sum(column.cost for column in columns)
    uncovered = sum(column.uncovered for column in columns)
    lost = cost_of(problem, chosen) - cost
    lower = min(cost + lost, _rounded_up(bound))
    return Answer(
        tuple(plans),
        cost,
        max(0.0, lower - lost),
        (cost + lost - lower) / (cost + lost) if cost + lost else 0.0,
        uncovered,
        0 if full_cover else min(uncovered, fewest),
        prices,
        {"columns": len(search.master.columns)},
    )


def _first(search: Search, begun: Counter[Column], deadline: float, until: float) -> Counter[Column]:
    """The plan to better: the given one where it leaves nobody out, else the cheaper of what there is and a dive."""
    if begun and not any(column.uncovered for column in begun):
        return begun
    found = filter(None, (search.best, dive(search, deadline, until)))
    return min(found, key=partial(cost_of, search.problem), default=begun)


def _begun(search: Search, best: Sequence[Column]) -> Counter[Column]:
    """A whole plan from elsewhere as a choice of columns; nothing where it breaks a rule."""
    legal = legal_columns(search.problem, best, partial=True)
    if not whole(search.problem, search.capacity, legal):
        return Counter()
    search.master.add(legal)
    search.best = Counter(search.master.known[column.owner, column.cells] for column in legal)
    return search.best


def _by_class(columns: Sequence[Column], classes: int) -> list[list[Column]]:
    plans: list[list[Column]] = [[] for _ in range(classes)]
    for column in columns:
        plans[column.owner].append(column)
    return plans


def fewest_uncovered(search: Search, deadline: float) -> int:
    """No plan leaves fewer visits without a place; proven by the same linear programme without lag."""
    bare = Search(without_costs(search.problem))
    bare.partial = Pricer(bare.problem, partial=True)
    bare.master.add(replace(column, cost=0.0) for column in search.master.columns)
    bound = bare.generate(deadline)
    most = max(one.seats for one in search.problem.learners)
    return int(_rounded_up(bound / most)) if np.isfinite(bound) else 0


def _rounded_up(bound: float) -> float:
    """Costs are whole numbers, so a bound of 19684.2 proves 19685."""
    return max(0.0, float(np.ceil(bound - EPSILON)))
