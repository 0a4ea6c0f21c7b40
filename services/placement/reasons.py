"""Why not everybody has a place and what would be enough, from rows of the heart to ids of the timetable. Weeks count from 1."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from services.placement.conflicts import clashes
from services.placement.extra_seats import enough
from services.placement.problem import Problem

Reason = tuple[str, UUID | None, tuple[int, ...], int]
"""Rule, station or whose limit, weeks, how many are missing."""
Addition = tuple[UUID, tuple[int, ...], int]
"""Station or whose limit, weeks, at most how many more in one of them."""


def reasons(problem: Problem, uncovered: int, rows: Sequence[UUID], seconds: float) -> tuple[Reason, ...]:
    """The rules in conflict."""
    found = []
    for one in clashes(problem, uncovered, seconds):
        row = one.station if one.crew is None else problem.stations + one.crew
        where = None if row is None else rows[row]
        found.append((one.rule, where, tuple(week + 1 for week in one.weeks), one.missing))
    return tuple(found)


def additions(problem: Problem, rows: Sequence[UUID], seconds: float) -> tuple[Addition, ...]:
    """What gives everybody a place, shown by a plan; nothing where seats do not help or time was short."""
    more = enough(problem, seconds)
    if more is None:
        return ()
    return tuple(
        (row, tuple(int(week) + 1 for week in np.flatnonzero(extra)), int(extra.max()))
        for row, extra in zip(rows, more.extra, strict=True)
        if extra.any()
    )
