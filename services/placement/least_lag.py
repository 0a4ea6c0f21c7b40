"""What any plan with the same past costs at least, however much of a published one it changed."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.placement.kept import Kept
from services.placement.legal import legal_columns
from services.placement.pricing import Pricer
from services.placement.problem import Cells, Column, Learners, Problem
from services.placement.search import EPSILON, Search


def least_lag(kept: Kept, found: Sequence[Cells], deadline: float, *, short: bool) -> float:
    """Proven; a visit without a place weighs what it does in `kept.problem`.

    `found` is a plan to begin with; `short`: not every visit can have a place.
    """
    problem, start = _by_past(kept, found)
    search = Search(problem)
    search.partial = Pricer(problem, partial=True) if short else None
    search.master.add(legal_columns(problem, start, partial=True))
    alone = Pricer(problem).price(np.zeros(kept.capacity.shape))
    trivial = sum(value * problem.learners[column.owner].size for value, column in alone)
    bound, _, _ = search.prove(deadline)
    return float(max(0.0, trivial, np.ceil(bound - EPSILON)))


def _by_past(kept: Kept, found: Sequence[Cells]) -> tuple[Problem, list[Column]]:
    """The problem where only lag costs, those with the same past being one class; and the plan found, in its columns."""
    classes: dict[tuple[int, Cells], int] = {}
    learners: list[Learners] = []
    start: list[Column] = []
    for kind, (cells, members) in enumerate(zip(kept.old, kept.members, strict=True)):
        past = tuple(cell if cell >= 0 and cell % kept.weeks < kept.from_week else -1 for cell in cells)
        one, lag = kept.problem.learners[kind], kept.lag[kind]
        at = classes.setdefault((id(lag), past), len(classes))
        start += [Column(at, found[member], 0.0) for member in members]
        if at < len(learners):
            learners[at] = replace(learners[at], size=learners[at].size + one.size)
            continue
        cost = np.where(np.isfinite(lag.cost), lag.cost, 0.0)
        learners.append(replace(one, cost=np.where(np.isfinite(one.cost), cost, np.inf)))
    return replace(kept.problem, learners=tuple(learners)), start
