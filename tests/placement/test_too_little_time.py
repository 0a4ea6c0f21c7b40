"""A search that runs out of time says so, and never that a plan that could exist is impossible."""

import time
from itertools import count, pairwise

import pytest

from benchmarks.rotation_problems import make
from services.placement import stopwatch
from services.placement.conflict_words import after_search
from services.placement.conflicts import Clash, clashes
from services.placement.floor import Floor
from services.placement.plan_file import rotate_rotation
from services.placement.problem_file import read
from services.placement.reasons import Why
from services.placement.rotation import plan
from services.placement.situation import Situation
from services.placement.stopwatch import by_processor_time, moment
from services.placement.timetable import Outcome
from tests.placement.validator import faults, uncovered

TIGHT = {
    "weeks": 4, "foundation_weeks": 0, "block_weeks": 1, "min_gap": 1, "class_size": [2, 2],
    "class_direction": ["a", "a"], "required": {"a": [0, 1]}, "precedence": {"a": [[0, 1]]},
    "release": [[0, 0], [0, 0]], "capacity": [[1, 0, 0, 0], [4, 4, 4, 4]], "no_lag": [],
}  # fmt: skip


def test_what_was_not_proven_in_time_is_no_conflict():
    problem = read(TIGHT).problem()

    assert clashes(problem, 3, seconds=10.0)
    assert clashes(problem, 3, seconds=-1.0) == []


def test_a_file_whose_search_had_no_time_to_know_why_says_that():
    found = rotate_rotation(read(TIGHT), 0.0)

    assert {one["rule"] for one in found["conflicts"]} == {"not-found-in-time"}


def test_a_job_counts_what_it_computes_and_a_command_what_the_clock_says():
    began = moment()
    time.sleep(0.05)
    assert moment() - began >= 0.05
    with by_processor_time():
        began = moment()
        time.sleep(0.2)
        assert moment() - began < 0.1


@pytest.fixture
def by_looks():
    """A clock that moves on at each look: so much is done, on whatever machine."""
    looks = count()
    before = stopwatch._clock.set(lambda: float(next(looks)))
    yield
    stopwatch._clock.reset(before)


def names(found):
    return {(one.rule, one.station) for one in found}


@pytest.mark.usefixtures("by_looks")
def test_rules_that_there_was_no_time_to_try_stay_in_a_set_that_is_not_said_to_be_smallest():
    problem = read(TIGHT).problem()
    whole = clashes(problem, 3, seconds=1000)

    tried = [clashes(problem, 3, seconds=looks) for looks in range(40)]

    assert all(one.proven for one in whole)
    assert all(names(found) == names(whole) for found in tried if found and all(one.proven for one in found))
    unproven = [found for found in tried if found and not any(one.proven for one in found)]
    assert any(names(found) > names(whole) for found in unproven)


def test_a_set_that_is_not_proven_smallest_is_shown_with_the_words_that_say_so():
    shown = {}
    for proven in (True, False):
        why = Why([Clash("min-gap", None, [], 0, proven=proven)], None)
        outcome = Outcome({}, 0.0, 0.0, (("g01", "m"),), clashes=why.reasons(None, ()), smallest=why.smallest)
        shown[proven] = after_search(outcome, Situation(1, (), 1, 4, (), {}), Floor([], [], []))

    assert [one.rule for one in shown[True]] == ["min-gap"]
    assert [one.rule for one in shown[False]] == ["min-gap", "not-proven-smallest"]
    assert "not proven" in shown[False][-1].words.en
    assert "未能证明" in shown[False][-1].words.zh


@pytest.mark.parametrize("kind", ["even", "infeasible"])
def test_a_search_without_time_ends_with_a_whole_plan_and_a_bound(kind):
    problem = make(kind, 60, seed=2, class_size=15)

    found = rotate_rotation(read(problem), 0.0)

    wrong, cost = faults(problem, found["plan"])
    assert (wrong, cost) == ([], found["cost"])
    assert sorted(map(tuple, found["uncovered"])) == uncovered(problem, found["plan"])
    placed = sum(len(visits) for _, visits in found["plan"])
    assert placed > len(found["uncovered"])
    assert 0 <= found["lower_bound"] <= found["cost"]
    assert 0 <= found["gap"] < 1


def test_a_search_tells_a_whole_plan_with_its_bound_before_it_proves_anything_and_never_a_dearer_one_after():
    problem = read(make("infeasible", 60, seed=2, class_size=15)).problem()
    heard = []

    answer = plan(problem, 20.0, heard.append, patience=3)

    assert all(len(word.cells) == 60 and word.bound <= word.cost for word in heard)
    assert all(later.cost <= sooner.cost for sooner, later in pairwise(heard))
    assert all(later.bound >= sooner.bound for sooner, later in pairwise(heard))
    assert heard[0].bound > 0
    assert heard[0].cost > heard[-1].cost == answer.cost + problem.missing * answer.uncovered
