"""What a timetable must respect, as numbers. Weeks, stations and visits count from 0 here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cells = tuple[int, ...]
"""Where each visit of a plan is: station * weeks + week, -1 for nowhere."""

UNCOVERED = 10_000.0
"""What a visit that finds no place costs: more than any lag, so that a plan covers all it can."""


@dataclass(frozen=True, eq=False)
class Learners:
    """Trainees, or groups that move whole, who need the same: `size` of them, each taking `seats` seats."""

    size: int
    seats: int
    stations: Ints
    """[visit, choice]: where the visit may be, -1 beyond the last choice."""
    cost: Floats
    """[visit, choice, week]: weighted weeks of lag, infinite where the visit may not be."""
    precedence: tuple[tuple[int, int], ...]
    """(a, b): visit a lies strictly before visit b, and b needs a."""
    slots: tuple[tuple[int, int], ...]
    """[first, last) weeks in order; each holds at most one visit."""
    crews: tuple[tuple[int, int], ...] = ()
    """(crew, how many of them work in it): a week of one learner at a station takes so many of its crew away."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Learners, and the seats of every station in every week."""

    learners: tuple[Learners, ...]
    capacity: Ints
    """[station, week] seats; below them, for each crew, how many of it may be away in a week."""
    gap: int = 1
    """Consecutive visits lie at least so many weeks apart."""
    missing: float = UNCOVERED
    """What a seat of an uncovered visit costs."""
    crews: int = 0
    """So many of the last rows of `capacity` are crews."""

    @property
    def stations(self) -> int:
        """How many rows of `capacity` are stations."""
        return len(self.capacity) - self.crews

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return int(self.capacity.shape[1])


@dataclass(frozen=True, eq=False)
class Column:
    """A whole legal plan of one of the learners of a class: the cell (station * weeks + week) of each visit, -1 for none."""

    owner: int
    cells: tuple[int, ...]
    cost: float

    @property
    def uncovered(self) -> int:
        """Visits without a place."""
        return sum(cell < 0 for cell in self.cells)


@dataclass(frozen=True, eq=False)
class Answer:
    """A plan with its proof. `plans[c]` holds one column for each learner of class c."""

    plans: tuple[tuple[Column, ...], ...]
    cost: float
    """Of the visits that have a place."""
    lower_bound: float
    """No plan that covers as many visits costs less."""
    gap: float
    """Share of the cost that is not proven to be necessary, a visit without a place weighing `missing`."""
    uncovered: int
    uncovered_bound: int
    """No plan leaves fewer visits without a place."""
    prices: Floats
    """[station, week], then [crew, week]: what one more seat, or one more of the crew away, would save."""
    progress: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Word:
    """What a search knows on its way: what any plan costs at least, what the best one so far does, and that plan."""

    bound: float
    cost: float | None = None
    cells: tuple[Cells, ...] = ()
    """Of each learner, class by class."""


def worth(problem: Problem, column: Column) -> float:
    """What a column costs with its uncovered visits, each weighed by the seats it would take."""
    return column.cost + problem.missing * problem.learners[column.owner].seats * column.uncovered


def taken(problem: Problem, owner: int, cells: Iterable[int]) -> dict[int, int]:
    """What these visits of a learner take of each cell of `capacity`: seats, and people of a crew."""
    one = problem.learners[owner]
    found = {cell: one.seats for cell in cells if cell >= 0}
    for cell in tuple(found) if one.crews else ():
        for crew, people in one.crews:
            away = (problem.stations + crew) * problem.weeks + cell % problem.weeks
            found[away] = found.get(away, 0) + people
    return found


def cost_of(problem: Problem, chosen: Mapping[Column, int]) -> float:
    """What so many learners with these plans cost."""
    return sum(worth(problem, column) * times for column, times in chosen.items())


def seats_used(problem: Problem, chosen: Mapping[Column, int]) -> Ints:
    """What so many learners with these plans take of each cell of the capacity."""
    used = np.zeros(problem.capacity.size, dtype=np.int64)
    for column, times in chosen.items():
        for cell, amount in taken(problem, column.owner, column.cells).items():
            used[cell] += times * amount
    return used.reshape(problem.capacity.shape)


def without_costs(problem: Problem, missing: float = 1.0) -> Problem:
    """The same rules where only a visit without a place costs anything."""
    learners = tuple(
        replace(one, cost=np.where(np.isfinite(one.cost), 0.0, np.inf)) for one in problem.learners
    )
    return replace(problem, learners=learners, missing=missing)


def lag_cost(lag: Floats, soon: int = 4) -> Floats:
    """A week of lag costs 1 up to `soon` weeks and 2 beyond: theory is applied at once or it fades."""
    return np.where(lag <= soon, lag, soon + 2.0 * (lag - soon))


def reachable_seats(problem: Problem) -> Ints:
    """Seats that learners who move whole can really fill: the largest sum of group sizes that fits each cell."""
    if all(one.seats == 1 for one in problem.learners):
        return problem.capacity
    best = fillable(problem, int(problem.capacity.max(initial=0)))
    found = np.asarray(best[np.maximum(problem.capacity, 0)], dtype=np.int64)
    found[problem.stations :] = problem.capacity[problem.stations :]  # a group is seldom of one crew
    return found


def fillable(problem: Problem, top: int) -> Ints:
    """Of so many seats, from none to `top`, how many learners who move whole can fill."""
    count: dict[int, int] = {}
    for one in problem.learners:
        count[one.seats] = count.get(one.seats, 0) + one.size
    reach = np.zeros(top + 1, dtype=bool)
    reach[0] = True
    for seats, available in count.items():
        for _ in range(min(available, top // seats)):
            reach[seats:] |= reach[:-seats].copy()
    return np.maximum.accumulate(np.where(reach, np.arange(top + 1), 0))
