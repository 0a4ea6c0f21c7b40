"""Why no plan covers everything: a smallest set of rules that cannot all hold."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from services.placement.extra_seats import lacks, shortage
from services.placement.pricing import Pricer
from services.placement.problem import UNCOVERED, Column, Floats, Problem, without_costs
from services.placement.search import EPSILON
from services.placement.stopwatch import moment

RULES = ("precedence", "min-gap", "release")
SUM = 0.2
"""Seconds for how many seats are missing where, if the time is up by then; never more than the time that there was."""


@dataclass(frozen=True)
class Clash:
    """One rule of the set; for seats and crews also where, in which weeks, and how many are missing at most."""

    rule: str
    station: int | None
    weeks: list[int]
    missing: int
    crew: int | None = None
    proven: bool = True
    """Whether the set was shown to be a smallest one: without any of its rules the others could hold."""


def clashes(
    problem: Problem,
    uncovered: int,
    seconds: float = 10.0,
    *,
    from_week: int = 0,
    plan: Iterable[Column] = (),
) -> list[Clash]:
    """Drop rules one by one while the rest still cannot hold: what stays is a smallest set in conflict.

    Nothing where the time was too short to know whether they can hold. Where it was too short to try every rule, what was
    not tried stays too, and each rule says that the set is not proven to be smallest. Visits before `from_week` stay as
    they are. `plan` is one that leaves visits out, to begin with.
    """
    deadline = moment() + seconds
    bare = Pricer(without_costs(problem, UNCOVERED), partial=True)
    known = [replace(column, cost=0.0) for column in plan]
    lacking = lacks(bare, problem.capacity, deadline, known)
    if not lacking:
        return [] if lacking is None else [Clash("whole-learners", None, [], uncovered)]
    tried: list[bool | None] = []
    kept: list[str] = []
    for rule in RULES:
        relaxed = Pricer(_relax(bare.problem, rule, from_week), partial=True)
        tried.append(lacks(relaxed, problem.capacity, deadline, known))
        if tried[-1]:
            bare = relaxed
        else:
            kept.append(rule)
    capacity = problem.capacity.copy()
    tight = []
    for row in range(len(capacity)):
        open_wide = capacity.copy()
        open_wide[row] = np.maximum(open_wide[row], _demand(problem))
        tried.append(lacks(bare, open_wide, deadline, known))
        if tried[-1]:
            capacity = open_wide
        elif tried[-1] is False:
            tight.append(row)
    found = [Clash(rule, None, [], 0) for rule in kept]
    missing, extra = shortage(bare, capacity, deadline + min(SUM, seconds), known)
    short = np.flatnonzero(extra.max(axis=1, initial=0.0) > EPSILON).tolist()
    proven = None not in tried
    if proven and not short and not tight and missing > EPSILON:
        found.append(Clash("one-visit-a-block", None, [], int(np.ceil(missing - EPSILON))))
    rows = [*short, *(row for row in tight if row not in short)]
    found = [_too_small(problem, row, extra[row]) for row in rows] + found
    return found if proven else [replace(one, proven=False) for one in found]


def _too_small(problem: Problem, row: int, extra: Floats) -> Clash:
    """Too few seats at a station, or too few of a crew who may be away."""
    weeks = np.flatnonzero(extra > EPSILON).tolist()
    missing = int(np.ceil(extra.max() - EPSILON)) if weeks else 1
    if row < problem.stations:
        return Clash("seats", row, weeks, missing)
    return Clash("crew-release", None, weeks, missing, row - problem.stations)


def _demand(problem: Problem) -> int:
    return sum(one.size * one.seats for one in problem.learners)


def _relax(problem: Problem, rule: str, from_week: int) -> Problem:
    if rule == "min-gap":
        return replace(problem, gap=1)
    if rule == "precedence":
        return replace(problem, learners=tuple(replace(one, precedence=()) for one in problem.learners))
    weeks = np.arange(problem.weeks)
    learners = []
    for one in problem.learners:
        known = np.isfinite(one.cost)
        over = np.logical_or.reduce(known[:, :, :from_week], axis=(1, 2), keepdims=True)
        first = max(from_week, min((slot[0] for slot in one.slots), default=0))
        allowed = np.where(over, known, known.any(axis=2, keepdims=True) & (weeks >= first))
        learners.append(replace(one, cost=np.where(allowed, 0.0, np.inf)))
    return replace(problem, learners=tuple(learners))
