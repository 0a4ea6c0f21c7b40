"""The heart on files: against exhaustive search, against a validator written apart, over all five kinds of problems."""

import json
from dataclasses import replace
from itertools import permutations, product
from random import Random

import pytest

from benchmarks.rotation import NOW, disturbed
from benchmarks.rotation_problems import KINDS, make
from services.placement.file_checks import BadFile
from services.placement.plan_file import repair_rotation, rotate_rotation
from services.placement.problem_file import read
from services.placement.repair import repair
from services.placement.rotation import plan
from services.placement.stopwatch import by_processor_time
from tests.placement.validator import faults, uncovered


def small(seed):
    """Two classes of one or two trainees, three stations, blocks of two weeks: every plan can be tried."""
    chance = Random(seed)
    weeks, blocks = 8, 3
    return {
        "weeks": weeks, "foundation_weeks": 2, "block_weeks": 2, "min_gap": chance.choice([1, 2, 3]),
        "class_size": [chance.choice([1, 2]), 1], "class_direction": ["a", "b"],
        "required": {"a": [0, 1, 2][: chance.choice([2, 3])], "b": [2, 0]},
        "precedence": {"a": [[0, 1]] if chance.random() < 0.6 else [], "b": []},
        "release": [[chance.randrange(0, 5) for _ in range(blocks)] for _ in range(2)],
        "capacity": [[chance.choice([0, 1, 1, 2]) for _ in range(weeks)] for _ in range(3)],
        "no_lag": [0] if chance.random() < 0.3 else [],
    }  # fmt: skip


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


def every_visit_list(problem, c):
    """All legal full plans of one trainee of a class, each with what it costs."""
    stations = problem["required"][problem["class_direction"][c]]
    alone = {**problem, "class_size": [int(k == c) for k in range(2)]}
    for weeks in product(range(problem["foundation_weeks"], problem["weeks"]), repeat=len(stations)):
        visits = [[station, week] for station, week in zip(stations, weeks, strict=True)]
        found, cost = faults(alone, [[c, visits]])
        if not found:
            yield cost, [c, visits]


def cheapest(problem):
    """The least cost of a full cover, by trying everything, what costs less first; None where there is none."""
    every = [
        list(every_visit_list(problem, c))
        for c, size in enumerate(problem["class_size"])
        for _ in range(size)
    ]
    for choice in sorted(product(*every), key=lambda choice: sum(cost for cost, _ in choice)):
        found, cost = faults(problem, [one for _, one in choice])
        if not found:
            return cost
    return None


@pytest.mark.parametrize(
    ("made", "seed"), [*((small, at) for at in range(25)), *((in_crews, at) for at in range(30))]
)
def test_small_problems_are_solved_as_exhaustive_search_solves_them(made, seed):
    problem = made(seed)

    found = rotate_rotation(read(problem), 10)

    wrong, cost = faults(problem, found["plan"])
    assert wrong == []
    assert sorted(map(tuple, found["uncovered"])) == uncovered(problem, found["plan"])
    best = cheapest(problem)
    if best is None:
        assert found["uncovered"]
        assert found["conflicts"]
    else:
        assert found["uncovered"] == []
        assert found["cost"] == cost == best
        assert found["lower_bound"] <= best


@pytest.mark.parametrize("kind", KINDS)
def test_every_plan_passes_the_validator_and_shows_its_bound(kind):
    problem = make(kind, 30, seed=3, class_size=15)

    found = rotate_rotation(read(problem), 8)

    wrong, cost = faults(problem, found["plan"])
    assert wrong == []
    assert cost == found["cost"]
    assert sorted(map(tuple, found["uncovered"])) == uncovered(problem, found["plan"])
    if not found["uncovered"]:
        assert 0 < found["lower_bound"] <= found["cost"]
        assert found["gap"] == pytest.approx((found["cost"] - found["lower_bound"]) / found["cost"], abs=1e-6)
    else:
        assert found["conflicts"]
        assert 0 < found["uncovered_lower_bound"] <= len(found["uncovered"])
        assert found["gap"] < 0.1


def test_a_large_plan_leaves_out_no_more_visits_than_any_plan_must():
    with by_processor_time():
        answer = plan(read(make("infeasible", 180, seed=3)).problem(), 30, patience=5)

    assert answer.uncovered == answer.uncovered_bound > 0
    assert answer.cost <= answer.lower_bound * 1.001


def test_a_repair_leaves_the_past_and_moves_the_fewest():
    problem = make("even", 90, seed=1)
    old = rotate_rotation(read(problem), 6)
    closed = json.loads(json.dumps(problem))
    for week in (24, 25):
        closed["capacity"][3][week] = 0
    broken = sum(visit in ([3, 24], [3, 25]) for _, visits in old["plan"] for visit in visits)

    found = repair_rotation(read(closed), old["plan"], 20, 8)

    wrong, cost = faults(closed, found["plan"])
    assert wrong == []
    assert cost == found["cost"]
    pairs = list(zip(old["plan"], found["plan"], strict=True))
    assert found["changed"] == sum(visit not in new for (_, was), (_, new) in pairs for visit in was)
    assert found["changed"] >= found["changed_lower_bound"] >= broken > 0
    assert found["changed"] <= 1.1 * found["changed_lower_bound"] + 1
    for (_, was), (_, new) in pairs:
        assert [visit for visit in was if visit[1] < 20] == [visit for visit in new if visit[1] < 20]


@pytest.mark.parametrize(("kind", "seed"), [("infeasible", 1), ("tight", 5)])
def test_a_large_repair_changes_no_more_visits_than_any_must_where_not_all_have_a_place(kind, seed):
    problem = make(kind, 180, seed)
    with by_processor_time():
        answer = plan(read(problem).problem(), 30, patience=2)
        cells = [column.cells for of_class in answer.plans for column in of_class]
        problem = disturbed(problem, seed)
        rotation = read(problem).problem()
        alone = [replace(one, size=1) for one in rotation.learners for _ in range(one.size)]

        found = repair(replace(rotation, learners=tuple(alone)), cells, NOW + 1, 30)

    assert found.uncovered == found.uncovered_bound
    assert found.changed == found.changed_bound > 0
    assert found.cost_bound <= found.cost


def test_a_repair_of_a_plan_that_still_holds_changes_nothing():
    problem = make("even", 60, seed=2)
    old = rotate_rotation(read(problem), 6)

    found = repair_rotation(read(problem), old["plan"], 10, 5)

    assert found["changed"] == 0
    assert found["plan"] == old["plan"]


def test_the_same_problem_gives_the_same_plan():
    problem = read(small(4))

    assert rotate_rotation(problem, 20) == rotate_rotation(problem, 20)


BAD = {
    "capacity[1]": lambda p: p["capacity"][1].pop(),
    "capacity[0][3]": lambda p: p["capacity"][0].__setitem__(3, -1),
    "class_size[0]": lambda p: p["class_size"].__setitem__(0, "many"),
    "class_direction[1]": lambda p: p["class_direction"].__setitem__(1, "nowhere"),
    "class_direction": lambda p: p["class_direction"].pop(),
    "required.a[0]": lambda p: p["required"]["a"].__setitem__(0, 99),
    "precedence.a": lambda p: p["precedence"].__setitem__("a", [[0, 1], [1, 0]]),
    "precedence.b[0]": lambda p: p["precedence"].__setitem__("b", [[0, 77]]),
    "release": lambda p: p["release"].pop(),
    "weeks": lambda p: p.pop("weeks"),
    "foundation_weeks": lambda p: p.__setitem__("foundation_weeks", 41),
    "min_gap": lambda p: p.__setitem__("min_gap", -1),
    "no_lag[0]": lambda p: p.__setitem__("no_lag", [44]),
    "colour": lambda p: p.__setitem__("colour", "red"),
}


@pytest.mark.parametrize("place", BAD)
def test_a_bad_file_is_refused_with_the_place(place):
    problem = make("even", 60, seed=1)
    BAD[place](problem)

    with pytest.raises(BadFile) as refused:
        read(problem)

    assert refused.value.place == place
    assert refused.value.zh


def test_a_circle_is_found_wherever_it_lies():
    for order in permutations([[1, 2], [2, 3], [3, 1], [0, 1]]):
        problem = small(1)
        problem["required"] = {"a": [0, 1, 2], "b": [2, 0]}
        problem["precedence"] = {"a": [[a % 3, b % 3] for a, b in order], "b": []}
        with pytest.raises(BadFile, match="circle"):
            read(problem)
