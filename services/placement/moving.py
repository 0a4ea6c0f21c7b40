"""A timetable that a person has changed by hand: which rules it breaks, in words, and what it costs. Pure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np

from services.placement.floor import Floor
from services.placement.limits import by_share, too_many_away
from services.placement.situation import GroupNeed, Place, Situation, Visit
from services.placement.timetable import problem_of
from shared.events.base import Text

Places = Mapping[tuple[str, str], Place]
"""(group, module) -> station and teaching week."""


def faults(situation: Situation, places: Places, floor: Floor) -> list[Text]:
    """Every rule that these places break; nothing where they may be published."""
    found = [*_crowded(situation, places, floor)]
    found += [one.words(floor) for one in too_many_away(situation, places, situation.change_from or 1)]
    for group in situation.groups:
        for visit in group.visits:
            place = places.get((group.group, visit.module))
            if place is not None and place != visit.kept:
                found += _of_visit(group, visit, place, situation)
        found += _of_group(group, situation, places)
    return found


def _of_visit(group: GroupNeed, visit: Visit, place: Place, situation: Situation) -> Iterator[Text]:
    station, week = place
    name, module = group.group, visit.module
    moved = group.published.get(module) != place
    if moved and min(week, group.published.get(module, place)[1]) < (situation.change_from or 1):
        yield Text(
            zh=f"{name}组“{module}”：第 {situation.change_from} 周之前的安排已固定",
            en=f"group {name}, {module}: weeks before {situation.change_from} stay as they are",
        )
    if station not in visit.stations:
        yield Text(
            zh=f"{name}组“{module}”：该工位不能实践此模块",
            en=f"group {name}, {module}: this station is not one where the module is practised",
        )
    if week < visit.earliest:
        yield Text(
            zh=f"{name}组“{module}”：理论课第 {visit.earliest} 周才结束，第 {week} 周过早",
            en=f"group {name}, {module}: theory ends in week {visit.earliest}, week {week} is too early",
        )
    if week in group.busy:
        yield Text(
            zh=f"{name}组“{module}”：第 {week} 周有学员在别处",
            en=f"group {name}, {module}: a trainee is elsewhere in week {week}",
        )
    if not any(first <= week <= last for first, last in situation.slots_of(group)):
        yield Text(
            zh=f"{name}组“{module}”：第 {week} 周不是实践周",
            en=f"group {name}, {module}: week {week} is no workshop week of the plan",
        )


def _of_group(group: GroupNeed, situation: Situation, places: Places) -> Iterator[Text]:
    at = {
        visit.module: places[group.group, visit.module][1]
        for visit in group.visits
        if (group.group, visit.module) in places
    }
    for first, last in situation.slots_of(group):
        inside = sorted(module for module, week in at.items() if first <= week <= last)
        if len(inside) > 1:
            yield Text(
                zh=f"{group.group}组第 {first}-{last} 周有两次实践：{'、'.join(inside)}",
                en=f"group {group.group} has two visits in weeks {first}-{last}: {', '.join(inside)}",
            )
    for (a, sooner), (b, later) in pairwise(sorted(at.items(), key=lambda one: one[1])):
        if later - sooner < situation.gap:
            yield Text(
                zh=f"{group.group}组“{a}”与“{b}”至少应相隔 {situation.gap} 周",
                en=f"group {group.group}: {a} and {b} must be {situation.gap} weeks apart",
            )
    for visit in group.visits:
        for before in visit.after:
            if visit.module in at and before in at and at[before] >= at[visit.module]:
                yield Text(
                    zh=f"{group.group}组：“{before}”须在“{visit.module}”之前",
                    en=f"group {group.group}: {before} must come before {visit.module}",
                )


def _crowded(situation: Situation, places: Places, floor: Floor) -> Iterator[Text]:
    size = {group.group: group.trainees for group in situation.groups}
    taken: dict[Place, int] = {}
    for (group, _), place in places.items():
        taken[place] = taken.get(place, 0) + size.get(group, 0)
    for (station, week), seats in sorted(taken.items()):
        free = free_seats(situation, station, week)
        if week >= (situation.change_from or 1) and seats > free:
            known = floor.known(station)
            title = known.station.title if known else Text(zh=str(station), en=str(station))
            share = by_share(situation, station, [week])
            yield Text(
                zh=f"“{title.zh}”第 {week} 周超出 {seats - free} 人（{seats}/{free}）{'：岗位实习生占比' if share else ''}",
                en=f"“{title.en}” has {seats - free} too many in week {week} ({seats}/{free})"
                + (": share of interns at its post" if share else ""),
            )


def free_seats(situation: Situation, station: object, week: int) -> int:
    """Seats that other cohorts leave there."""
    row = situation.seats.get(station, ())  # type: ignore[call-overload]
    return row[week - 1] if 0 < week <= len(row) else 0


def cost_of(situation: Situation, places: Places) -> float:
    """Weeks of lag between theory and workshop, summed over trainees."""
    stations = sorted(situation.seats)
    problem = problem_of(situation, stations)
    total = 0.0
    for group, learner in zip(situation.groups, problem.learners, strict=True):
        for at, visit in enumerate(group.visits):
            place = places.get((group.group, visit.module))
            if place and place[0] in visit.stations:
                lag = float(learner.cost[at, visit.stations.index(place[0]), place[1] - 1])
                total += lag if np.isfinite(lag) else 0.0
    return total


def options(
    situation: Situation, places: Places, name: tuple[str, str], floor: Floor
) -> list[tuple[Place, int]]:
    """Where else this visit could be without breaking a rule, with the seats free there; soonest first."""
    group = next(one for one in situation.groups if one.group == name[0])
    visit = next(one for one in group.visits if one.module == name[1])
    others = {key: place for key, place in places.items() if key != name}
    before = len(faults(situation, others, floor))
    found = []
    for week in range(max(visit.earliest, situation.change_from or 1), situation.weeks + 1):
        for station in visit.stations:
            place = (station, week)
            if place != places.get(name) and len(faults(situation, {**others, name: place}, floor)) == before:
                taken = sum(
                    one.trainees
                    for one in situation.groups
                    for (g, _), p in others.items()
                    if p == place and g == one.group
                )
                found.append((place, free_seats(situation, station, week) - taken))
    return found
