"""Answers as files: a plan with its proof, or what cannot be covered and why."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from services.placement.conflicts import Clash
from services.placement.enough import Enough
from services.placement.file_checks import BadFile
from services.placement.kept import Kept
from services.placement.problem import Cells, Column, Problem
from services.placement.problem_file import Rotation
from services.placement.reasons import why
from services.placement.repair import repair
from services.placement.rotation import plan
from services.placement.search import Tell
from services.placement.seat_price import price_of_seats
from services.placement.stopwatch import moment

Visits = list[list[int]]


def rotate_rotation(rotation: Rotation, seconds: float, tell: Tell | None = None) -> dict[str, Any]:
    """A plan from nothing."""
    deadline = moment() + seconds
    problem = rotation.problem()
    answer = plan(problem, seconds, tell)
    cells = [column.cells for of_class in answer.plans for column in of_class]
    found = _written(rotation, problem, cells)
    found |= {"cost": answer.cost, "lower_bound": answer.lower_bound, "gap": round(answer.gap, 6)}
    found["changed"] = 0
    if answer.uncovered:
        found["uncovered_lower_bound"] = answer.uncovered_bound
        columns = [column for of_class in answer.plans for column in of_class]
        found |= _why(rotation, problem, columns, deadline)
    else:
        found["prices"] = [
            [station, week, saves] for station, week, saves, _ in price_of_seats(problem, answer.prices)
        ]
    return found


def repair_rotation(rotation: Rotation, old: Sequence[Any], from_week: int, seconds: float) -> dict[str, Any]:
    """The plan that changes least from the old one."""
    deadline = moment() + seconds
    problem = rotation.problem()
    singles = [(replace(one, size=1), one.size) for one in problem.learners]
    alone = replace(problem, learners=tuple(one for one, size in singles for _ in range(size)))
    published = _cells(rotation, old, problem)
    done = repair(alone, published, from_week, seconds)
    found = _written(rotation, problem, list(done.cells))
    found |= {"cost": done.cost, "lower_bound": done.cost_bound, "gap": round(done.gap, 6)}
    found |= {"changed": done.changed, "changed_lower_bound": done.changed_bound}
    if done.uncovered:
        found["uncovered_lower_bound"] = done.uncovered_bound
        kept = Kept(alone, published, from_week)
        found |= _why(rotation, kept.moves, kept.following(done.cells), deadline, from_week)
    return found


def _why(
    rotation: Rotation, problem: Problem, columns: list[Column], deadline: float, from_week: int = 0
) -> dict[str, Any]:
    """The rules in conflict, or that the time was too short to know them; and what would be enough."""
    found = why(problem, columns, deadline, from_week)
    uncovered = sum(column.uncovered for column in columns)
    clash = found.clashes or [Clash("not-found-in-time", None, [], uncovered)]
    said: dict[str, Any] = {"conflicts": [_conflict(rotation, one) for one in clash]}
    said |= {} if found.smallest else {"smallest": False}
    return said | ({"enough": _enough(rotation, found.enough)} if found.enough else {})


def _enough(rotation: Rotation, more: Enough) -> dict[str, Any]:
    if more.extra is None:
        return {"added_lower_bound": more.least}
    names = [*range(len(rotation.capacity)), *rotation.crew_release]
    cells = [[names[row], week, int(more.extra[row, week])] for row, week in np.argwhere(more.extra).tolist()]
    seats = [cell for cell in cells if isinstance(cell[0], int)]
    crews = [cell for cell in cells if isinstance(cell[0], str)]
    added = {"added": int(more.extra.sum()), "added_lower_bound": more.least, "seats": seats}
    return added | ({"crews": crews} if crews else {})


def _written(rotation: Rotation, problem: Problem, cells: list[Cells]) -> dict[str, Any]:
    owners = [index for index, size in enumerate(rotation.class_size) for _ in range(size)]
    plans, uncovered = [], []
    for trainee, (owner, of_one) in enumerate(zip(owners, cells, strict=True)):
        stations = rotation.required[rotation.class_direction[owner]]
        placed = [
            (cell % problem.weeks, station)
            for cell, station in zip(of_one, stations, strict=True)
            if cell >= 0
        ]
        plans.append([owner, [[station, week] for week, station in sorted(placed)]])
        uncovered += [[trainee, station] for cell, station in zip(of_one, stations, strict=True) if cell < 0]
    return {"plan": plans, "uncovered": uncovered}


def _conflict(rotation: Rotation, one: Clash) -> dict[str, Any]:
    said = {"rule": one.rule, "station": one.station, "weeks": one.weeks, "missing": one.missing}
    return said if one.crew is None else said | {"crew": list(rotation.crew_release)[one.crew]}


def _cells(rotation: Rotation, old: Sequence[Any], problem: Problem) -> list[Cells]:
    owners = [index for index, size in enumerate(rotation.class_size) for _ in range(size)]
    if len(old) != len(owners):
        raise BadFile(
            "plan",
            f"has {len(old)} trainees, the problem {len(owners)}",
            f"有 {len(old)} 名学员，问题中为 {len(owners)} 名",
        )
    cells = []
    for trainee, (owner, entry) in enumerate(zip(owners, old, strict=True)):
        place = f"plan[{trainee}]"
        if not (
            isinstance(entry, list) and len(entry) == 2 and entry[0] == owner and isinstance(entry[1], list)
        ):
            raise BadFile(
                place, f"must be [{owner}, [[station, week], ...]]", f"必须是 [{owner}, [[工位, 周], ...]]"
            )
        stations = rotation.required[rotation.class_direction[owner]]
        week_of = {}
        for visit in entry[1]:
            if not (isinstance(visit, list) and len(visit) == 2 and all(type(part) is int for part in visit)):
                raise BadFile(place, f"{visit!r} is not [station, week]", f"{visit!r} 不是 [工位, 周]")
            station, week = visit
            if not (0 <= station < len(rotation.capacity) and 0 <= week < rotation.weeks):
                raise BadFile(
                    place, f"{visit!r} names an unknown station or week", f"{visit!r} 的工位或周次未知"
                )
            week_of[station] = week
        cells.append(
            tuple(
                station * problem.weeks + week_of[station] if station in week_of else -1
                for station in stations
            )
        )
    return cells
