"""A cohort's timetable as a problem for the heart, and the heart's answer as stints. Pure; weeks count from 1 here."""

from dataclasses import dataclass, field, replace
from uuid import UUID

import numpy as np

from services.placement.conflicts import Clash, clashes, price_of_seats
from services.placement.problem import Cells, Learners, Problem, lag_cost
from services.placement.repair import repair
from services.placement.rotation import plan
from services.placement.stopwatch import by_processor_time

PATIENCE = 6
"""Rounds of neighbourhood search without gain after which a timetable is good enough to publish."""
Place = tuple[UUID, int]
"""A station and a teaching week."""


@dataclass(frozen=True)
class Visit:
    """One module to be practised: where, not before which week, after which others."""

    module: str
    stations: tuple[UUID, ...]
    earliest: int
    after: tuple[str, ...] = ()
    kept: Place | None = None
    """A place that stays allowed although the rules have changed since."""


@dataclass(frozen=True)
class GroupNeed:
    """A group, how many seats it takes, what it must visit, and the weeks in which it is elsewhere."""

    group: str
    trainees: int
    visits: tuple[Visit, ...]
    busy: frozenset[int] = frozenset()
    published: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Situation:
    """Everything that the timetable of a cohort depends on."""

    weeks: int
    slots: tuple[tuple[int, int], ...]
    """First and last week; each holds at most one visit of a group."""
    gap: int
    soon: int
    groups: tuple[GroupNeed, ...]
    seats: dict[UUID, tuple[int, ...]]
    """Free seats of each station in each week, after what other cohorts take."""
    change_from: int | None = None
    """First week that may still change; none where nothing is published."""


@dataclass(frozen=True)
class Outcome:
    """Where each group practises each module, with proof; or what has no place, and why."""

    places: dict[tuple[str, str], Place]
    cost: float
    lower_bound: float
    uncovered: tuple[tuple[str, str], ...]
    changed: int = 0
    changed_bound: int = 0
    prices: tuple[tuple[UUID, int, float], ...] = ()
    clashes: tuple[tuple[str, UUID | None, tuple[int, ...], int], ...] = ()


@by_processor_time()
def solve(situation: Situation, seconds: float) -> Outcome:
    """A timetable from nothing, or the smallest repair of the published one. For a worker: it takes seconds.

    The seconds are of processor time: the same situation gives the same timetable on a busy machine.
    """
    stations = sorted(situation.seats)
    if situation.change_from is None:
        problem, order = _together(situation, stations)
        answer = plan(problem, seconds, patience=PATIENCE)
        flat = [column.cells for of_class in answer.plans for column in of_class]
        cells = [flat[order.index(at)] for at in range(len(order))]
        prices = tuple((stations[s], week + 1, saves) for s, week, saves in price_of_seats(answer.prices))
        figures = (answer.cost, answer.lower_bound)
        changed = (0, 0)
    else:
        problem = problem_of(situation, stations)
        old = [_published(group, stations, situation.weeks) for group in situation.groups]
        done = repair(problem, old, situation.change_from - 1, seconds)
        cells, prices, figures = list(done.cells), (), (done.cost, min(done.cost, done.cost_bound))
        changed = (done.changed, done.changed_bound)
    places, uncovered = {}, []
    for group, of_group in zip(situation.groups, cells, strict=True):
        for visit, cell in zip(group.visits, of_group, strict=True):
            if cell < 0:
                uncovered.append((group.group, visit.module))
            else:
                station, week = divmod(cell, situation.weeks)
                places[group.group, visit.module] = (stations[station], week + 1)
    why = clashes(problem, len(uncovered), min(seconds, 10.0)) if uncovered else []
    named = tuple(_named(one, stations) for one in why)
    return Outcome(places, *figures, tuple(uncovered), *changed, prices, named)


def _together(situation: Situation, stations: list[UUID]) -> tuple[Problem, list[int]]:
    """Groups that need the same are one class: that is what makes the search short. Also whose each learner is."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for at, group in enumerate(situation.groups):
        alike.setdefault((group.trainees, group.visits, group.busy), []).append(at)
    whole = problem_of(situation, stations)
    learners = tuple(replace(whole.learners[of_class[0]], size=len(of_class)) for of_class in alike.values())
    return replace(whole, learners=learners), [at for of_class in alike.values() for at in of_class]


def _named(clash: Clash, stations: list[UUID]) -> tuple[str, UUID | None, tuple[int, ...], int]:
    station = None if clash.station is None else stations[clash.station]
    return clash.rule, station, tuple(week + 1 for week in clash.weeks), clash.missing


def problem_of(situation: Situation, stations: list[UUID]) -> Problem:
    """The situation as numbers for the heart, each group a class of its own."""
    capacity = np.array([situation.seats[station] for station in stations], dtype=np.int64)
    capacity = capacity.reshape(len(stations), situation.weeks)
    learners = tuple(_learners(group, situation, stations) for group in situation.groups)
    return Problem(learners, capacity, situation.gap)


def _learners(group: GroupNeed, situation: Situation, stations: list[UUID]) -> Learners:
    index = {station: at for at, station in enumerate(stations)}
    most = max((len(visit.stations) for visit in group.visits), default=1)
    where = np.full((len(group.visits), most), -1, dtype=np.int64)
    cost = np.full((len(group.visits), most, situation.weeks), np.inf)
    weeks = np.arange(1, situation.weeks + 1, dtype=float)
    open_weeks = np.zeros(situation.weeks, dtype=bool)
    for first, last in situation.slots:
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
    slots = tuple((first - 1, last) for first, last in situation.slots)
    return Learners(1, group.trainees, where, cost, order, slots)


def _due(earliest: int, open_weeks: np.ndarray) -> int:
    """Lag counts from the first workshop week in which the visit could be."""
    ahead = np.flatnonzero(open_weeks[max(0, earliest - 1) :])
    return max(1, earliest) + int(ahead[0]) if len(ahead) else max(1, earliest)


def _published(group: GroupNeed, stations: list[UUID], weeks: int) -> Cells:
    cells = []
    for visit in group.visits:
        place = group.published.get(visit.module)
        known = place is not None and place[0] in stations and place[1] <= weeks
        cells.append(stations.index(place[0]) * weeks + place[1] - 1 if known and place else -1)
    return tuple(cells)


def holds(situation: Situation) -> bool:
    """Whether the published timetable still keeps every rule, so that nothing has to move."""
    used: dict[Place, int] = {}
    for group in situation.groups:
        for visit in group.visits:
            place = group.published.get(visit.module)
            if place is None:
                return False
            used[place] = used.get(place, 0) + group.trainees
            if place[1] >= (situation.change_from or 1) and not _allowed(group, visit, place, situation):
                return False
    start = situation.change_from or 1
    return all(
        week < start or seats <= situation.seats.get(station, (0,) * situation.weeks)[week - 1]
        for (station, week), seats in used.items()
        if week <= situation.weeks
    )


def _allowed(group: GroupNeed, visit: Visit, place: Place, situation: Situation) -> bool:
    station, week = place
    if visit.kept != place and (week < visit.earliest or station not in visit.stations):
        return False
    if week in group.busy or not any(first <= week <= last for first, last in situation.slots):
        return False
    before = [group.published[other][1] for other in visit.after if other in group.published]
    return all(earlier < week for earlier in before)
