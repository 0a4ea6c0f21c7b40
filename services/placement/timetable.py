"""A cohort's timetable as a problem for the heart, and the heart's answer as stints. Pure; weeks count from 1 here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

import numpy as np

from services.placement.kept import Kept
from services.placement.problem import Cells, Column, Learners, Problem, Word, lag_cost
from services.placement.reasons import Addition, Reason, why
from services.placement.repair import repair
from services.placement.rotation import plan
from services.placement.search import Tell
from services.placement.seat_price import price_of_seats
from services.placement.situation import GroupNeed, Place, Situation
from services.placement.stopwatch import by_processor_time, moment
from services.placement.telling import Places, Told, told

PATIENCE = 6
"""Rounds of neighbourhood search without gain after which a timetable is good enough to publish."""


@dataclass(frozen=True)
class Outcome:
    """Where each group practises each module, with proof; or what has no place, and why."""

    places: dict[tuple[str, str], Place]
    cost: float
    lower_bound: float
    uncovered: tuple[tuple[str, str], ...]
    changed: int = 0
    changed_bound: int = 0
    prices: tuple[tuple[UUID, int, float, int], ...] = ()
    clashes: tuple[Reason, ...] = ()
    smallest: bool = True
    """Whether it is proven that without any of these rules the others could hold."""
    enough: tuple[Addition, ...] = ()
    """With all of these everybody has a place."""
    enough_least: int = 0
    """Whatever is added, it is at least so many seats of a week."""


@by_processor_time()
def solve(
    situation: Situation,
    seconds: float,
    begin: Places | None = None,
    tell: Callable[[Told], None] | None = None,
) -> Outcome:
    """A timetable from nothing, or the smallest repair of the published one. For a worker: it takes seconds.

    The seconds are of processor time, those for the reasons included: the same situation gives the same timetable on a busy
    machine. `begin` is the best plan of an earlier run; `tell` hears each better one.
    """
    deadline = moment() + seconds
    stations = sorted(situation.seats)
    if situation.change_from is None:
        problem, order = _together(situation, stations)
        hear = _hearing(situation, stations, "lag", order, tell)
        owners = [owner for owner, one in enumerate(problem.learners) for _ in range(one.size)]
        begun = _cells(situation, stations, begin or {})
        best = [Column(owner, begun[at], 0.0) for owner, at in zip(owners, order, strict=True) if begin]
        answer = plan(problem, seconds, hear, best=best, patience=PATIENCE)
        columns = [column for of_class in answer.plans for column in of_class]
        cells = [columns[order.index(at)].cells for at in range(len(order))]
        prices = tuple(
            (stations[s], week + 1, saves, seats)
            for s, week, saves, seats in price_of_seats(problem, answer.prices)
        )
        figures = (answer.cost, answer.lower_bound)
        changed, bound_by, first = (0, 0), problem, 0
    else:
        problem = problem_of(situation, stations)
        old, first = _cells(situation, stations, _published(situation)), situation.change_from - 1
        hear = _hearing(situation, stations, "moves", list(range(len(old))), tell)
        earlier = _cells(situation, stations, begin) if begin else None
        done = repair(problem, old, first, seconds, hear, begin=earlier)
        cells, prices, figures = list(done.cells), (), (done.cost, min(done.cost, done.cost_bound))
        changed = (done.changed, done.changed_bound)
        kept = Kept(problem, old, first)
        bound_by, columns = kept.moves, kept.following(cells)
    found = {one[:2]: one[2:] for one in _places(situation, stations, cells)}
    wanted = [(group.group, visit.module) for group in situation.groups for visit in group.visits]
    uncovered = tuple(name for name in wanted if name not in found)
    rows = [*stations, *sorted(situation.limits)]
    outcome = Outcome(found, *figures, uncovered, *changed, prices)
    if not uncovered:
        return outcome
    told_why = why(bound_by, columns, deadline, first)
    return replace(
        outcome,
        clashes=told_why.reasons(bound_by, rows),
        smallest=told_why.smallest,
        enough=told_why.additions(rows),
        enough_least=told_why.enough.least if told_why.enough else 0,
    )


def _together(situation: Situation, stations: list[UUID]) -> tuple[Problem, list[int]]:
    """Groups that need the same are one class: that is what makes the search short. Also whose each learner is."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for at, group in enumerate(situation.groups):
        same = (group.trainees, group.visits, group.busy, group.limited, group.slots)
        alike.setdefault(same, []).append(at)
    whole = problem_of(situation, stations)
    learners = tuple(replace(whole.learners[of_class[0]], size=len(of_class)) for of_class in alike.values())
    return replace(whole, learners=learners), [at for of_class in alike.values() for at in of_class]


def problem_of(situation: Situation, stations: list[UUID]) -> Problem:
    """The situation as numbers for the heart, each group a class of its own."""
    limits = sorted(situation.limits)
    rows = [*(situation.seats[station] for station in stations), *(situation.limits[one] for one in limits)]
    capacity = np.array(rows, dtype=np.int64).reshape(len(rows), situation.weeks)
    learners = tuple(_learners(group, situation, stations) for group in situation.groups)
    return Problem(learners, capacity, situation.gap, crews=len(limits))


def _learners(group: GroupNeed, situation: Situation, stations: list[UUID]) -> Learners:
    index = {station: at for at, station in enumerate(stations)}
    most = max((len(visit.stations) for visit in group.visits), default=1)
    where = np.full((len(group.visits), most), -1, dtype=np.int64)
    cost = np.full((len(group.visits), most, situation.weeks), np.inf)
    weeks = np.arange(1, situation.weeks + 1, dtype=float)
    open_weeks = np.zeros(situation.weeks, dtype=bool)
    for first, last in situation.slots_of(group):
        open_weeks[first - 1 : last] = True
    for week in group.busy:
        open_weeks[week - 1 : week] = False
    for at, visit in enumerate(group.visits):
        due = _due(visit.earliest, open_weeks)
        lag = group.trainees * lag_cost(weeks - due, situation.soon)
        for choice, station in enumerate(visit.stations):
            where[at, choice] = index[station]
            cost[at, choice] = np.where(open_weeks & (weeks >= visit.earliest), lag, np.inf)
        if visit.kept and visit.kept[0] in visit.stations:
            week = visit.kept[1] - 1
            choice = visit.stations.index(visit.kept[0])
            cost[at, choice, week] = max(
                0.0, group.trainees * float(lag_cost(np.array([week + 1.0 - due]))[0])
            )
    modules = [visit.module for visit in group.visits]
    order = tuple(
        (modules.index(before), at)
        for at, visit in enumerate(group.visits)
        for before in visit.after
        if before in modules and before != visit.module
    )
    slots = tuple((first - 1, last) for first, last in situation.slots_of(group))
    limits = sorted(situation.limits)
    away = tuple((limits.index(limit), people) for limit, people in group.limited)
    return Learners(1, group.trainees, where, cost, order, slots, away)


def _due(earliest: int, open_weeks: np.ndarray) -> int:
    """Lag counts from the first workshop week in which the visit could be."""
    ahead = np.flatnonzero(open_weeks[max(0, earliest - 1) :])
    return max(1, earliest) + int(ahead[0]) if len(ahead) else max(1, earliest)


def _published(situation: Situation) -> Places:
    return {
        (group.group, module): place
        for group in situation.groups
        for module, place in group.published.items()
    }


def _cells(situation: Situation, stations: list[UUID], places: Places) -> list[Cells]:
    """These places as cells of each group's visits; -1 where there is none, or none that is known."""

    def cell(place: Place | None) -> int:
        known = place is not None and place[0] in stations and place[1] <= situation.weeks
        return stations.index(place[0]) * situation.weeks + place[1] - 1 if place and known else -1

    return [
        tuple(cell(places.get((group.group, visit.module))) for visit in group.visits)
        for group in situation.groups
    ]


def _places(
    situation: Situation, stations: list[UUID], cells: Sequence[Cells]
) -> Iterator[tuple[str, str, UUID, int]]:
    """Group, module, station and week of each visit that has a place."""
    for group, of_group in zip(situation.groups, cells, strict=True):
        for visit, cell in zip(group.visits, of_group, strict=True):
            if cell >= 0:
                station, week = divmod(cell, situation.weeks)
                yield group.group, visit.module, stations[station], week + 1


def _hearing(
    situation: Situation,
    stations: list[UUID],
    aim: Literal["lag", "moves"],
    order: list[int],
    tell: Callable[[Told], None] | None,
) -> Tell | None:
    """What the heart tells, in the terms of the timetable."""

    def hear(word: Word) -> None:
        cells = [word.cells[order.index(at)] for at in range(len(order))] if word.cells else []
        places = _places(situation, stations, cells) if cells else ()
        if tell:
            tell(told(aim, word, places))

    return hear if tell else None
