"""A search that runs out of time says so, and never that a plan that could exist is impossible."""

import time

from services.placement.conflicts import clashes
from services.placement.plan_file import rotate_rotation
from services.placement.problem_file import read
from services.placement.stopwatch import by_processor_time, moment

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
