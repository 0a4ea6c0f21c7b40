"""Few visits without a place, few changes: against everything that could be, on problems small enough to try it all."""

from itertools import product

import pytest

from benchmarks.rotation_problems import make
from services.placement.plan_file import repair_rotation, rotate_rotation
from services.placement.problem_file import read
from tests.placement.test_rotation import small
from tests.placement.validator import faults, uncovered


def every_plan(problem, c):
    """All legal plans of one trainee of a class, those that leave visits out too."""
    stations = problem["required"][problem["class_direction"][c]]
    alone = {**problem, "class_size": [int(k == c) for k in range(2)]}
    for weeks in product([None, *range(problem["weeks"])], repeat=len(stations)):
        visits = [[s, w] for s, w in zip(stations, weeks, strict=True) if w is not None]
        if not faults(alone, [[c, visits]])[0]:
            yield frozenset(map(tuple, visits))


def best(problem, judge):
    """The least of `judge(trainee, visits)`, added up, over all plans within the seats and what the crews allow."""
    owners = [c for c, size in enumerate(problem["class_size"]) for _ in range(size)]
    options = [
        sorted(
            ((judge(trainee, visits), visits) for visits in every_plan(problem, c)), key=lambda one: one[0]
        )
        for trainee, c in enumerate(owners)
    ]
    least = [None]

    def place(trainee, spent, taken):
        if least[0] is not None and spent >= least[0]:
            return
        if trainee == len(owners):
            least[0] = spent
            return
        for cost, visits in options[trainee]:
            if least[0] is not None and tuple(map(sum, zip(spent, cost, strict=True))) >= least[0]:
                break
            cells = [*visits, *_away(problem, owners[trainee], visits)]
            if all(taken.get(cell, 0) < _room(problem, cell) for cell in cells):
                now = {**taken, **{cell: taken.get(cell, 0) + 1 for cell in cells}}
                place(trainee + 1, tuple(map(sum, zip(spent, cost, strict=True))), now)

    place(0, (0, 0), {})
    return least[0]


def _away(problem, c, visits):
    crew = problem.get("class_crew", [None, None])[c]
    return [] if crew is None else [(crew, week) for week in {week for _, week in visits}]


def _room(problem, cell):
    row, week = cell
    of = problem["capacity"][row] if isinstance(row, int) else problem["crew_release"][row]
    return of[week] if isinstance(of, list) else of


def needed(problem):
    return [
        set(problem["required"][problem["class_direction"][c]])
        for c, size in enumerate(problem["class_size"])
        for _ in range(size)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_leaves_as_few_visits_without_a_place_as_any_could(seed):
    problem = small(seed)
    wanted = needed(problem)

    found = rotate_rotation(read(problem), 20)

    least, _ = best(problem, lambda trainee, visits: (len(wanted[trainee]) - len(visits), 0))
    assert len(found["uncovered"]) == least
    assert found.get("uncovered_lower_bound", 0) <= least


@pytest.mark.parametrize("seed", range(12))
def test_a_repair_changes_as_few_visits_as_any_could(seed):
    problem = small(seed)
    old = rotate_rotation(read(problem), 20)["plan"]
    busiest = max((visit for _, visits in old for visit in visits), key=lambda visit: visit[1])
    problem["capacity"][busiest[0]][busiest[1]] = 0
    wanted = needed(problem)
    was = [frozenset(map(tuple, visits)) for _, visits in old]

    found = repair_rotation(read(problem), old, 0, 20)

    assert faults(problem, found["plan"])[0] == []
    assert sorted(map(tuple, found["uncovered"])) == uncovered(problem, found["plan"])
    judged = best(problem, lambda trainee, now: (len(wanted[trainee]) - len(now), len(was[trainee] - now)))
    assert (len(found["uncovered"]), found["changed"]) == judged
    assert found["changed_lower_bound"] <= judged[1]
    assert found.get("uncovered_lower_bound", 0) <= judged[0]


def test_what_has_no_place_is_beside_what_is_proven_to_have_none():
    problem = make("infeasible", 90, seed=1)

    found = rotate_rotation(read(problem), 8)

    assert 0 < found["uncovered_lower_bound"] <= len(found["uncovered"])
    assert found["gap"] < 0.1
