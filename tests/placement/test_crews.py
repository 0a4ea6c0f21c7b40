"""At most so many learners of a crew are away from their job in one week; that it is exact, test_rotation and test_fewest show."""

import pytest

from benchmarks.rotation_problems import make
from services.placement.file_checks import BadFile
from services.placement.plan_file import rotate_rotation
from services.placement.problem_file import read
from tests.placement.test_rotation import small
from tests.placement.validator import faults


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
