"""The heart against brute force, and its prices against deciding again."""

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.curriculum import coverage
from services.curriculum.coverage import Problem
from services.curriculum.designing import design, prices
from services.curriculum.revising import in_steps, revise


def problem(hours=(8, 12, 8), budget=24, targets=(16, 20), **more) -> Problem:
    modules = [
        {"id": f"m{number}", "phase": "p", "hours": value, "min": 4, "max": 16, "core": number == 0}
        for number, value in enumerate(hours)
    ]
    return Problem.model_validate(
        {
            "modules": modules,
            "competencies": [
                {"id": "a", "target": targets[0], "importance": 2},
                {"id": "b", "target": targets[1]},
            ],
            "contribution": [[1, 0], [0.5, 1], [0, 2]],
            "budgets": {"p": budget},
            "prerequisites": [["m0", "m1"]],
            **more,
        }
    )


def allowed(problem: Problem):
    """Every division of hours that keeps the rules."""
    choices = []
    for unit in problem.modules:
        steps = [problem.step * n for n in range(1, 10) if unit.min <= problem.step * n <= unit.max]
        choices.append([unit.hours] if unit.locked else steps if unit.core else [0, *steps])
    for hours in product(*choices):
        by = dict(zip((unit.id for unit in problem.modules), hours, strict=True))
        inside = sum(hours) <= problem.budgets["p"]
        if inside and all(by[before] > 0 or by[after] == 0 for before, after in problem.prerequisites):
            yield by


SMALL = st.builds(
    problem,
    hours=st.tuples(*[st.sampled_from([4, 8, 12, 16])] * 3),
    budget=st.sampled_from([12, 20, 28, 40]),
    targets=st.tuples(st.integers(4, 40), st.integers(4, 40)),
)


@settings(max_examples=25, deadline=None)
@given(SMALL)
def test_no_division_of_hours_misses_less_than_the_one_found(case):
    best = min(coverage.objective(case, coverage.shortfall(case, hours)) for hours in allowed(case))

    found = design(case)

    assert found.objective == pytest.approx(best, abs=1e-4)
    assert found.bound <= found.objective + 1e-6
    assert found.hours in list(allowed(case))


@settings(max_examples=25, deadline=None)
@given(SMALL, st.sampled_from(["a", "b"]), st.sampled_from([1.1, 1.5]), st.booleans())
@example(problem((8, 12, 12), 12, (4, 4)), "b", 1.1, True)
def test_no_smaller_change_closes_the_gap(case, name, factor, protect):
    case = Problem.model_validate(
        {**case.model_dump(), "budgets": {"p": max(case.budgets["p"], sum(case.hours().values()))}}
    )
    now = coverage.coverage(case, case.hours())
    target = {name: now[name] * factor}
    aimed = Problem.model_validate(
        {
            **case.model_dump(),
            "competencies": [
                {**g.model_dump(), "target": target.get(g.id, g.target)} for g in case.competencies
            ],
        }
    )

    def size(hours):
        moved = [abs(hours[unit] - before) for unit, before in case.hours().items()]
        missing = coverage.shortfall(aimed, hours).get(name, 0)
        return round(missing, 6), sum(one > 0 for one in moved), sum(moved)

    other = "b" if name == "a" else "a"
    kept = [
        hours
        for hours in allowed(case)
        if not protect or coverage.coverage(case, hours)[other] >= now[other] - 1e-6
    ]
    found = revise(case, target, protect=protect)

    smallest = min(size(hours) for hours in kept)
    assert size(found.hours) == pytest.approx(smallest, abs=1e-4)
    assert found.fewest_modules == smallest[1]
    assert found.fewest_hours == pytest.approx(smallest[2], abs=1e-4)


@pytest.mark.parametrize(
    ("found", "step", "told"), [(119.999999, 4, 120), (45.350001, 0.05, 45.35), (-0.0, 4, 0)]
)
def test_hours_are_told_in_steps_and_not_as_the_solver_computes(found, step, told):
    assert in_steps(found, step) == told


def test_the_price_of_an_hour_is_what_deciding_again_saves():
    tight = problem(budget=20, targets=(30, 50))
    roomier = problem(budget=21, targets=(30, 50))

    objective, price = prices(tight)

    assert price["p"] == pytest.approx(objective - prices(roomier)[0], abs=1e-6)
    assert price["p"] > 0


def test_half_of_a_prerequisite_does_not_let_all_of_what_follows_be_taught_in_the_linear_answer():
    modules = [{"id": name, "phase": "p", "hours": 8, "min": 8, "max": 16} for name in ("before", "after")]
    case = Problem.model_validate(
        {
            "modules": modules,
            "competencies": [{"id": "a", "target": 8}],
            "contribution": [[0], [1]],
            "budgets": {"p": 12},
            "prerequisites": [["before", "after"]],
        }
    )

    assert prices(case)[0] == pytest.approx(25)
    assert design(case).objective == pytest.approx(100)


def test_an_hour_beyond_the_designed_ones_counts_half():
    assert coverage.effective(10, 8) == 9


def test_a_locked_module_never_changes():
    locked = problem().model_dump()
    locked["modules"][1]["locked"] = True

    found = revise(Problem.model_validate(locked), {"b": 40}, protect=False)

    assert "m1" not in found.changed


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"prerequisites": [["m0", "m1"], ["m1", "m2"], ["m2", "m0"]]}, "m0 -> m1 -> m2 -> m0"),
        ({"prerequisites": [["m0", "m9"]]}, "'m9', which does not exist"),
        ({"budgets": {"q": 10}}, "phase 'p', which has no budget"),
        ({"contribution": [[1, 0]]}, "1 rows for 3 modules"),
        ({"contribution": [[1, float("nan")], [1, 1], [1, 1]]}, "finite"),
        ({"shares": [{"modules": ["m0"], "min": 0.9, "max": 0.1}]}, "min 0.9 is above max 0.1"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_problem_that_does_not_hold_together_is_refused_by_name(change, complaint):
    with pytest.raises(ValidationError, match=complaint):
        problem(**change)


def test_a_module_whose_least_is_above_its_most_is_refused():
    broken = problem().model_dump()
    broken["modules"][0]["min"] = 99

    with pytest.raises(ValidationError, match="min 99 is above max 16"):
        Problem.model_validate(broken)
