"""Why not everybody has a place and what would be enough, within the time that is left for saying so. Weeks count from 1 in `told`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from services.placement.conflicts import Clash, clashes
from services.placement.enough import Enough, enough
from services.placement.problem import Column, Problem
from services.placement.stopwatch import moment

SHARE = 0.6
"""Share of that time for the rules in conflict; the rest is for what would be enough."""
STEP = 0.1
"""Seconds that the step takes which is under way when the time is over; of most problems."""
Reason = tuple[str, UUID | None, tuple[int, ...], int]
"""Rule, station or whose limit, weeks, how many are missing."""
Addition = tuple[UUID, tuple[int, ...], int]
"""Station or whose limit, weeks, at most how many more in one of them."""


@dataclass(frozen=True)
class Why:
    """Rules in conflict, nothing where time was too short to know any; and what would be enough, where that was found."""

    clashes: list[Clash]
    enough: Enough | None

    @property
    def smallest(self) -> bool:
        """Whether it was shown that without any of these rules the others could hold."""
        return all(one.proven for one in self.clashes)

    def reasons(self, problem: Problem, rows: Sequence[UUID]) -> tuple[Reason, ...]:
        """The rules, with ids in place of rows."""
        at = [one.station if one.crew is None else problem.stations + one.crew for one in self.clashes]
        return tuple(
            (one.rule, None if row is None else rows[row], tuple(week + 1 for week in one.weeks), one.missing)
            for row, one in zip(at, self.clashes, strict=True)
        )

    def additions(self, rows: Sequence[UUID]) -> tuple[Addition, ...]:
        """What gives everybody a place, shown by a plan: nothing where seats do not help or time was short."""
        if self.enough is None or self.enough.extra is None:
            return ()
        return tuple(
            (row, tuple(int(week) + 1 for week in np.flatnonzero(extra)), int(extra.max()))
            for row, extra in zip(rows, self.enough.extra, strict=True)
            if extra.any()
        )


def why(problem: Problem, plan: Iterable[Column], deadline: float, from_week: int = 0) -> Why:
    """Of the best plan found, which leaves visits out, in the weeks that may still change."""
    plan, deadline = list(plan), deadline - STEP
    uncovered = sum(column.uncovered for column in plan)
    found = clashes(problem, uncovered, SHARE * (deadline - moment()), from_week=from_week, plan=plan)
    left = deadline - moment()
    return Why(found, enough(problem, left) if left > 0 else None)
