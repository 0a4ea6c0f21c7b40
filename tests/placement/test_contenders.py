"""The model that the benchmark gives to general solvers is the same problem: they find what exhaustive search finds."""

import json

import pytest

from benchmarks.contenders.rotation_models import with_cp_sat, with_highs
from benchmarks.rotation_table import README, RESULTS, written
from services.placement.plan_file import rotate_rotation
from services.placement.problem_file import read
from tests.placement.test_rotation import cheapest, small

MISSING = 10_000.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("solver", [with_cp_sat, with_highs])
def test_the_time_indexed_model_has_the_same_optimum(solver, seed):
    problem, best = small(seed), cheapest(small(seed))

    hard, loose = solver(problem, 20), solver(problem, 20, MISSING)

    assert hard["value"] == best
    if best is not None:
        assert loose["value"] == best
    else:
        ours = rotate_rotation(read(problem), 20)
        assert loose["value"] == ours["cost"] + MISSING * len(ours["uncovered"])


def test_the_tables_of_rotations_are_those_of_the_recorded_run():
    rows = json.loads(RESULTS.read_text())["rows"]

    assert written(README.read_text(), rows) == README.read_text()
