"""Why no plan covers everything: a smallest set of rules that cannot all hold, and what a seat is worth."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from services.placement.extra_seats import shortage
from services.placement.problem import UNCOVERED, Floats, Ints, Problem, without_costs
from services.placement.rotation import EPSILON
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


def _surely_lacking(problem: Problem, capacity: Ints, deadline: float) -> bool:
    lacking, _, sure = shortage(problem, capacity, deadline)
    return sure and lacking > EPSILON
