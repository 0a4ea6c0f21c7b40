"""Whether plans made elsewhere, such as the one in force or one kept from an earlier run, keep the rules. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from services.placement.problem import Cells, Column, Ints, Learners, Problem, taken


def whole(problem: Problem, capacity: Ints, columns: Sequence[Column]) -> bool:
    """Whether these columns are a plan: one for each learner, together within the seats and the limits of crews."""
    owners = Counter(column.owner for column in columns)
    used = np.zeros(capacity.size, dtype=np.int64)
    for column in columns:
        for cell, amount in taken(problem, column.owner, column.cells).items():
            used[cell] += amount
    enough = all(owners[at] == one.size for at, one in enumerate(problem.learners))
    return enough and bool((used <= capacity.ravel()).all())


def legal_columns(problem: Problem, start: Iterable[Column], *, partial: bool = False) -> list[Column]:
    """Those of the columns whose every visit is allowed, with their cost here; `partial`: a visit may have no place."""
    legal = []
    for column in start:
        one = problem.learners[column.owner]
        cost = 0.0
        for visit, cell in enumerate(column.cells):
            if cell < 0 and partial:
                continue
            station, week = divmod(cell, problem.weeks)
            at = np.flatnonzero(one.stations[visit] == station)
            cost += float(one.cost[visit, at[0], week]) if cell >= 0 and len(at) else np.inf
        if np.isfinite(cost) and in_order(one, column.cells, problem):
            legal.append(Column(column.owner, column.cells, cost))
    return legal


def in_order(one: Learners, cells: tuple[int, ...], problem: Problem) -> bool:
    """Whether a plan keeps precedence, gap and one visit a slot."""
    week_of = {visit: cell % problem.weeks for visit, cell in enumerate(cells) if cell >= 0}
    weeks = sorted(week_of.values())
    return (
        all(b not in week_of or (a in week_of and week_of[a] < week_of[b]) for a, b in one.precedence)
        and all(later - sooner >= problem.gap for sooner, later in pairwise(weeks))
        and all(sum(first <= week < last for week in weeks) <= 1 for first, last in one.slots)
        and all(any(first <= week < last for first, last in one.slots) for week in weeks)
    )


def without_orphans(one: Learners, cells: Cells) -> Cells:
    """The plan without the visits that need one that has no place."""
    orphans = {b for a, b in one.precedence if cells[a] < 0 <= cells[b]}
    rest = tuple(-1 if visit in orphans else cell for visit, cell in enumerate(cells))
    return without_orphans(one, rest) if orphans else rest


def seats_to_leave(problem: Problem, excess: Ints) -> int:
    """At least so many seats must be left where so many too many are in each cell of the capacity.

    A visit that moves may be one too many at its station and under each limit of its learner at once.
    """
    at, under = int(excess[: problem.stations].sum()), int(excess[problem.stations :].sum())
    people = [sum(people for _, people in one.crews) / one.seats for one in problem.learners]
    return max(at, int(np.ceil(under / max([1.0, *people]) - 1e-9)))
