"""Semester balance against the three instances of CSPLib problem 030, whose least heaviest loads are published."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from typer.testing import CliRunner

from services.curriculum.balancing import Balance, NoArrangement, balance
from tailored.cli import app

DATA = Path(__file__).parent / "data"
PUBLISHED = {"bacp8": 17, "bacp10": 14, "bacp12": 17}


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_optimum_is_found_and_proven(name):
    problem = Balance.model_validate(json.loads((DATA / "bacp.json").read_text())[name])

    found = balance(problem, 20)

    assert (found.greatest, found.bound) == (PUBLISHED[name], PUBLISHED[name])
    assert all(found.period[before] < found.period[after] for before, after in problem.prerequisites)
    counts = [list(found.period.values()).count(n) for n in range(1, problem.periods + 1)]
    assert all(2 <= count <= 10 for count in counts)
    assert all(10 <= load <= 24 for load in found.loads)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(1, 3))
def test_no_arrangement_of_few_courses_is_lighter(sizes, periods):
    from itertools import product

    courses = {f"c{n}": size for n, size in enumerate(sizes)}
    best = min(
        max(
            sum(size for size, at in zip(sizes, where, strict=True) if at == period)
            for period in range(periods)
        )
        for where in product(range(periods), repeat=len(sizes))
    )

    assert balance(Balance(periods=periods, courses=courses)).greatest == best


def test_a_circle_of_prerequisites_is_refused_by_name():
    with pytest.raises(ValidationError, match="circle: a -> b -> a"):
        Balance(periods=2, courses={"a": 1, "b": 1}, prerequisites=[("a", "b"), ("b", "a")])


def test_more_steps_than_periods_is_no_arrangement():
    with pytest.raises(NoArrangement):
        balance(Balance(periods=2, courses={"a": 1, "b": 1, "c": 1}, prerequisites=[("a", "b"), ("b", "c")]))


def test_the_command_tells_each_semester_and_refuses_bad_input(tmp_path):
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"periods": 2, "courses": {"a": 3, "b": 3}, "prerequisites": [["a", "b"]]}))
    bad.write_text(json.dumps({"periods": 2, "courses": {"a": 3}, "prerequisites": [["a", "x"]]}))

    answer = CliRunner().invoke(app, ["balance", str(good), "--json"])
    refused = CliRunner().invoke(app, ["balance", str(bad)])

    assert json.loads(answer.output)["period"] == {"a": 1, "b": 2}
    assert refused.exit_code == 2
    assert "no such course: x" in refused.output


async def test_a_plan_shows_its_semesters_and_a_more_even_arrangement(planned, client, token_for):
    url = f"/curriculum/v1/plans/{planned.plan_id}/semesters?weeks=14"

    shown = (await client.get(url, headers=token_for("coordinator"))).json()

    assert len(shown["loads"]) == 2
    assert sum(shown["loads"]) == pytest.approx(420)
    assert shown["balanced"]["proven"]
    assert shown["balanced"]["greatest"] <= max(shown["loads"])
