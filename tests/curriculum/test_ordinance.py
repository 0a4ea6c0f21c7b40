"""The whole training ordinance as a plan: check sums, branches, examination, coverage of O*NET positions."""

import json

import pytest
from typer.testing import CliRunner

from services.curriculum import handlers, ordinance
from services.curriculum.planning import phases_of
from shared.programmes import load
from shared.programmes.examining import examine
from tailored.cli import app

MVT = load("mvtausbv")


@pytest.mark.parametrize("branch", ordinance.BRANCHES)
def test_every_branch_has_the_weeks_that_the_ordinance_says(branch):
    assert ordinance.check_sums(branch) == (78, 104)


def test_the_plan_has_every_block_and_every_skill_and_the_same_weeks_as_the_template():
    modules = ordinance.modules(MVT)
    skills = {one.code for one in ordinance.framework()}

    assert (len(modules), len(skills)) == (32, 214)
    assert skills == {code for one in modules for code in one.contribution if code.startswith("mvt-")}
    weeks = {one.module: one.hours.total() / 35 for one in modules}
    assert weeks == {one.module: pytest.approx(one.weeks) for one in MVT.modules}


def test_each_phase_is_filled_exactly_by_one_branch():
    budgets = {phase.phase: phase.budget for phase in phases_of(MVT)}
    for branch in ordinance.BRANCHES:
        taken = dict.fromkeys(budgets, 0.0)
        for one in ordinance.modules(MVT):
            if one.direction in {None, branch}:
                taken[one.phase] += one.hours.total()
        assert taken == budgets


@pytest.mark.parametrize("branch", ordinance.BRANCHES)
def test_the_examination_weighs_thirty_forty_and_three_times_ten(branch):
    exam = ordinance.examination(MVT, branch)

    assert [part.weight for part in exam.parts] == [0.3, 0.4, 0.1, 0.1, 0.1]
    assert ordinance.AREAS[branch] in [part.title for part in exam.parts]
    names = [part.exam_part for part in exam.parts]
    passes = dict.fromkeys(names, 60.0)
    assert not examine(exam, passes).unmet
    assert examine(exam, passes | {"work-task": 49}).unmet
    assert examine(exam, passes | {"economics": 29}).unmet
    assert not examine(exam, passes | {"economics": 40}).unmet


def test_a_surer_count_never_covers_more_and_the_steel_branch_fits_furnaces_best():
    covered = {branch: {one.soc: one for one in ordinance.coverage(branch)} for branch in ordinance.BRANCHES}

    assert all(0 <= one.low <= one.middle <= one.high <= 1 for by in covered.values() for one in by.values())
    furnace = "51-4051.00"
    assert covered["iron-and-steel"][furnace].low >= covered["steel-forming"][furnace].low
    assert covered["iron-and-steel"][furnace].high - covered["iron-and-steel"][furnace].low > 0
    assert len(covered["iron-and-steel"]) == 10


def test_every_row_of_the_mapping_names_a_block_an_element_a_certainty_and_a_reason():
    blocks = {one["block"] for one in ordinance.rows("modules")}
    elements = {one["element"] for one in ordinance.rows("onet")}
    for row in ordinance.rows("mapping"):
        assert row["block"] in blocks
        assert row["element"] in elements
        assert row["sure"] in ordinance.SURE
        assert row["reason"]


async def test_the_whole_ordinance_is_published_as_a_plan(told, hear, client, token_for, tmp_path):
    template = MVT.model_dump(mode="json")
    opened = told.programme().model_copy(update={"template": MVT})
    await hear(handlers.keep_programme, opened)
    command = [
        "mvtausbv",
        "--plan",
        str(tmp_path / "plan.json"),
        "--framework",
        str(tmp_path / "skills.json"),
        "--json",
    ]
    answer = CliRunner().invoke(app, command)
    assert json.loads(answer.output)["weeks"] == {"months_1_18": 78, "months_19_42": 104}
    coordinator = token_for("coordinator")

    skills = await client.post(
        "/curriculum/v1/frameworks",
        json=json.loads((tmp_path / "skills.json").read_text()),
        headers=coordinator,
    )
    plan = await client.post(
        f"/curriculum/v1/programmes/{told.programme_id}/plans", json=json.loads((tmp_path / "plan.json").read_text()),
        headers=coordinator,
    )  # fmt: skip

    assert skills.status_code == 201, skills.text
    assert plan.status_code == 201, plan.text
    assert len(plan.json()["modules"]) == 32
    assert template["template"] == "mvtausbv"


def test_an_unknown_branch_is_refused_with_the_known_ones():
    answer = CliRunner().invoke(app, ["mvtausbv", "--branch", "copper"])

    assert answer.exit_code == 2
    assert "iron-and-steel" in answer.output
