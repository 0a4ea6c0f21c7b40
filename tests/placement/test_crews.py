"""At most so many learners of a crew are away from their job in one week: against everything that could be."""

from random import Random

import pytest

from benchmarks.rotation_problems import make
from services.placement.file_checks import BadFile
from services.placement.plan_file import repair_rotation, rotate_rotation
from services.placement.problem_file import read
from tests.placement.test_fewest import best, needed
from tests.placement.test_rotation import cheapest, small
from tests.placement.validator import faults, uncovered


def in_crews(seed):
    """A small problem whose seats are plenty and whose crews are short of people."""
    chance = Random(f"crews-{seed}")
    problem = small(seed)
    problem["capacity"] = [[2] * problem["weeks"] for _ in problem["capacity"]]
    weekly = [chance.choice([0, 1, 1, 2]) for _ in range(problem["weeks"])]
    return problem | {
        "class_crew": chance.choice([["a", "a"], ["a", "b"], ["a", None]]),
        "crew_release": {"b": 1, "a": chance.choice([1, 2, weekly])},
    }


@pytest.mark.parametrize("seed", range(30))
def test_small_problems_with_crews_are_solved_as_exhaustive_search_solves_them(seed):
    problem = in_crews(seed)

    found = rotate_rotation(read(problem), 10)

    wrong, cost = faults(problem, found["plan"])
    assert wrong == []
    assert sorted(map(tuple, found["uncovered"])) == uncovered(problem, found["plan"])
    least = cheapest(problem)
    if least is None:
        assert found["uncovered"]
        assert found["conflicts"]
    else:
        assert found["uncovered"] == []
        assert found["cost"] == cost == least
        assert found["lower_bound"] <= least


@pytest.mark.parametrize("seed", range(12))
def test_as_few_visits_are_left_out_as_the_crews_allow(seed):
    problem = in_crews(seed)
    wanted = needed(problem)

    found = rotate_rotation(read(problem), 20)

    least, _ = best(problem, lambda trainee, visits: (len(wanted[trainee]) - len(visits), 0))
    assert len(found["uncovered"]) == least
    assert found.get("uncovered_lower_bound", 0) <= least


@pytest.mark.parametrize("seed", range(12))
def test_a_crew_that_lets_fewer_go_changes_as_few_visits_as_any_repair_could(seed):
    problem = in_crews(seed)
    old = rotate_rotation(read(problem), 20)["plan"]
    crew = problem["class_crew"][0]
    week = max((week for c, visits in old for _, week in visits if c == 0), default=0)
    limit = problem["crew_release"][crew]
    weekly = limit if isinstance(limit, list) else [limit] * problem["weeks"]
    problem["crew_release"][crew] = [0 if at == week else most for at, most in enumerate(weekly)]
    wanted = needed(problem)
    was = [frozenset(map(tuple, visits)) for _, visits in old]

    found = repair_rotation(read(problem), old, 0, 20)

    assert faults(problem, found["plan"])[0] == []
    judged = best(problem, lambda trainee, now: (len(wanted[trainee]) - len(now), len(was[trainee] - now)))
    assert (len(found["uncovered"]), found["changed"]) == judged
    assert found["changed_lower_bound"] <= judged[1]
    assert found.get("uncovered_lower_bound", 0) <= judged[0]


def test_learners_of_a_crew_take_turns_where_there_are_seats_for_all():
    problem = make("even", 60, seed=1) | {
        "class_crew": ["red", "blue"],
        "crew_release": {"red": 9, "blue": 30},
    }
    free = make("even", 60, seed=1)

    found, before = rotate_rotation(read(problem), 8), rotate_rotation(read(free), 8)

    assert faults(problem, found["plan"])[0] == []
    assert faults(problem, before["plan"])[0] != [], "without the limit more of a crew are away"
    assert found["uncovered"] == []
    assert before["lower_bound"] <= found["lower_bound"] <= found["cost"]


def test_a_crew_that_lets_too_few_go_is_named_with_the_weeks_and_how_many_more_must():
    problem = small(0) | {
        "class_size": [2, 1], "required": {"a": [0, 1, 2], "b": [2, 0]}, "precedence": {"a": [], "b": []}, "min_gap": 1,
        "release": [[0] * 3] * 2, "capacity": [[3] * 8] * 3, "class_crew": ["red", None],
        "crew_release": {"red": [0, 0, 1, 0, 2, 2, 2, 2]},
    }  # fmt: skip

    found = rotate_rotation(read(problem), 5)

    [clash] = found["conflicts"]
    assert clash["rule"] == "crew-release"
    assert clash["crew"] == "red"
    assert clash["station"] is None
    assert set(clash["weeks"]) <= {2, 3}, "the first block lets one of the two go"
    assert clash["missing"] == 1
    assert found["uncovered_lower_bound"] == len(found["uncovered"]) == 1


def test_limits_change_nothing_for_those_who_work_in_no_crew():
    problem = small(4)
    limited = problem | {"class_crew": [None, None], "crew_release": {"red": 0}}

    assert rotate_rotation(read(limited), 20) == rotate_rotation(read(problem), 20)


BAD = {
    "class_crew": lambda p: p["class_crew"].pop(),
    "class_crew[1]": lambda p: p["class_crew"].__setitem__(1, "green"),
    "class_crew[0]": lambda p: p["class_crew"].__setitem__(0, ["red"]),
    "crew_release": lambda p: p.__setitem__("crew_release", [3]),
    "crew_release.red": lambda p: p["crew_release"].__setitem__("red", [1, 2]),
    "crew_release.red[2]": lambda p: p["crew_release"].__setitem__("red", [1, 2, -1, 1, 1, 1, 1, 1]),
    "crew_release.blue": lambda p: p["crew_release"].__setitem__("blue", "many"),
}


@pytest.mark.parametrize("place", BAD)
def test_bad_limits_are_refused_with_the_place(place):
    problem = small(4) | {"class_crew": ["red", "blue"], "crew_release": {"red": 2, "blue": 1}}
    BAD[place](problem)

    with pytest.raises(BadFile) as refused:
        read(problem)

    assert refused.value.place == place
    assert refused.value.zh
