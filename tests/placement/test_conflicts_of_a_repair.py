"""A repair that cannot place every visit names rules in conflict in the weeks that may still change, and nothing of the past."""

import pytest

from services.placement.conflict_words import after_search, beforehand
from services.placement.floor import Floor
from services.placement.plan_file import repair_rotation
from services.placement.problem_file import read
from services.placement.situation import GroupNeed, Situation, Visit
from services.placement.timetable import solve
from tests.placement.plant import an

TWO = {
    "weeks": 8, "foundation_weeks": 0, "block_weeks": 2, "min_gap": 1, "class_size": [2], "class_direction": ["a"],
    "required": {"a": [0, 1]}, "precedence": {"a": []}, "release": [[0, 0]], "capacity": [[2] * 8, [2] * 8], "no_lag": [],
}  # fmt: skip
OLD = [[0, [[0, 0], [1, 6]]]] * 2


@pytest.mark.parametrize("seats_of_the_past", [0, 1, 2])
def test_seats_that_a_station_had_too_few_of_in_the_past_are_not_named(seats_of_the_past):
    closed = TWO | {"capacity": [[seats_of_the_past] * 4 + [0] * 4, [0] * 6 + [1, 0]]}

    found = repair_rotation(read(closed), OLD, 4, 5)

    assert len(found["uncovered"]) == 1
    [clash] = found["conflicts"]
    assert (clash["rule"], clash["station"], clash["missing"]) == ("seats", 1, 1)
    assert clash["weeks"]
    assert min(clash["weeks"]) >= 4
    assert all(week >= 4 for _, week, _ in found["enough"]["seats"])


def test_a_module_whose_theory_ends_later_is_no_conflict_where_its_visits_are_over():
    late = TWO | {"release": [[7, 5]], "capacity": [[2] * 8, [2] * 4 + [0] * 2 + [1, 0]]}

    found = repair_rotation(read(late), OLD, 4, 5)

    assert all(station == 1 for _, station in found["uncovered"])
    assert {one["station"] for one in found["conflicts"]} == {1}


ONE, OTHER = an("one"), an("other")


def situation(seats, published, trainees=5):
    """Two visits, the first of them long ago; the station of the second has so many seats from now on."""
    visits = (Visit("m0", (ONE,), 1), Visit("m1", (OTHER,), 1))
    group = GroupNeed("a", trainees, visits, published=published)
    slots = ((1, 2), (3, 4), (5, 6), (7, 8))
    return Situation(8, slots, 1, 4, (group,), {ONE: (0,) * 8, OTHER: (5,) * 4 + (seats,) * 4}, change_from=5)


WAS = {"m0": (ONE, 1), "m1": (OTHER, 7)}


def test_a_station_that_shrank_after_everybody_had_been_there_is_no_conflict():
    assert beforehand(situation(5, WAS), Floor([], [], [])) == []


def test_a_station_that_is_too_small_from_now_on_is_named_whatever_it_once_took():
    [told] = beforehand(situation(4, WAS), Floor([], [], []))

    assert (told.rule, told.station_id, told.missing) == ("group-too-large", OTHER, 1)


def test_the_search_names_the_station_that_lacks_seats_ahead_and_no_other():
    now = situation(0, WAS)

    outcome = solve(now, 5)

    assert outcome.uncovered == (("a", "m1"),)
    assert {where for _, where, _, _ in outcome.clashes} == {OTHER}
    assert all(week >= 5 for _, _, weeks, _ in outcome.clashes for week in weeks)
    [told] = after_search(outcome, now, Floor([], [], []))
    assert told.missing == 5
