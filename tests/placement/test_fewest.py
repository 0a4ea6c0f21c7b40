"""Few visits without a place, few changes, with crews and without: against everything that could be, on small problems."""

from itertools import product

import pytest

from services.placement.plan_file import repair_rotation, rotate_rotation
from services.placement.problem_file import read
from tests.placement.test_rotation import in_crews, small
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


def of_seats(seed):
    """A small problem, and the same where the last seat of the plan that is taken is gone."""

    def later(problem, old):
        busiest = max((visit for _, visits in old for visit in visits), key=lambda visit: visit[1])
        problem["capacity"][busiest[0]][busiest[1]] = 0

    return small(seed), later


def of_crews(seed):
    """A small problem with crews, and the same where the first of them lets nobody go in its last week."""

    def later(problem, old):
        crew = problem["class_crew"][0]
        last = max((week for c, visits in old for _, week in visits if c == 0), default=0)
        limit = problem["crew_release"][crew]
        weekly = limit if isinstance(limit, list) else [limit] * problem["weeks"]
        problem["crew_release"][crew] = [0 if at == last else most for at, most in enumerate(weekly)]

    return in_crews(seed), later


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("made", [of_seats, of_crews])
def test_a_plan_leaves_as_few_visits_without_a_place_as_any_could_and_a_repair_changes_as_few(made, seed):
    problem, later = made(seed)
    wanted = needed(problem)

    found = rotate_rotation(read(problem), 20)

    least, _ = best(problem, lambda trainee, visits: (len(wanted[trainee]) - len(visits), 0))
    assert len(found["uncovered"]) == least
    assert found.get("uncovered_lower_bound", 0) <= least
    later(problem, found["plan"])
    was = [frozenset(map(tuple, visits)) for _, visits in found["plan"]]

    mended = repair_rotation(read(problem), found["plan"], 0, 20)

    assert faults(problem, mended["plan"])[0] == []
    assert sorted(map(tuple, mended["uncovered"])) == uncovered(problem, mended["plan"])
    judged = best(problem, lambda trainee, now: (len(wanted[trainee]) - len(now), len(was[trainee] - now)))
    assert (len(mended["uncovered"]), mended["changed"]) == judged
    assert mended["changed_lower_bound"] <= judged[1]
    assert mended.get("uncovered_lower_bound", 0) <= judged[0]
