"""Why not everybody has a place and what would be enough, from rows of the heart to ids of the timetable. Weeks count from 1."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from services.placement.conflicts import clashes
from services.placement.enough import enough
from services.placement.problem import Problem

Reason = tuple[str, UUID | None, tuple[int, ...], int]
"""Rule, station or whose limit, weeks, how many are missing."""
Addition = tuple[UUID, tuple[int, ...], int]
"""Station or whose limit, weeks, at most how many more in one of them."""


def reasons(
    problem: Problem, uncovered: int, rows: Sequence[UUID], seconds: float, from_week: int
) -> tuple[Reason, ...]:
    """The rules in conflict, in the weeks that may still change."""
    found = []
    for one in clashes(problem, uncovered, seconds, from_week=from_week):
        row = one.station if one.crew is None else problem.stations + one.crew
        where = None if row is None else rows[row]
        found.append((one.rule, where, tuple(week + 1 for week in one.weeks), one.missing))
    return tuple(found)


def additions(problem: Problem, rows: Sequence[UUID], seconds: float) -> tuple[tuple[Addition, ...], int]:
    """What gives everybody a place, shown by a plan (nothing where seats do not help or time was short); and how many seats any plan must add."""
    more = enough(problem, seconds)
    if more is None or more.extra is None:
        return (), more.least if more else 0
    found = tuple(
        (row, tuple(int(week) + 1 for week in np.flatnonzero(extra)), int(extra.max()))
        for row, extra in zip(rows, more.extra, strict=True)
        if extra.any()
    )
    return found, more.least
