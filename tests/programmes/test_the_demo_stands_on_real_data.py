"""What the demo teaches and asks for is chosen by a rule from the ordinance and from O*NET, and every judgement has its reason."""

import re

import pytest

from services.placement.rule_packs import pack_of
from shared.events.enterprise import StaffCounted
from shared.programmes import load
from tailored import scenario_data, scenario_skill, scenario_world
from tailored.scenario_client import Client

HAN = re.compile(r"[一-鿿]")


def chosen_by_the_rule():
    """Sections A, B and C with at least four guide weeks of their own, section F with at least six."""
    least = {"a": 4, "b": 4, "c": 4, "f": 6}
    blocks = load("mvtausbv").modules
    return {one.module: one for one in blocks if one.module[0] in least and one.weeks >= least[one.module[0]]}


def test_the_plan_takes_the_blocks_that_its_rule_chooses_with_their_german_titles_and_guide_weeks():
    blocks, rows = chosen_by_the_rule(), scenario_data.table("modules")

    assert 12 <= len(rows) <= 16
    assert {row["module"] for row in rows} == set(blocks)
    for row in rows:
        block = blocks[row["module"]]
        assert (row["title_de"], int(row["guide_weeks"])) == (block.original_title, block.weeks)
        assert scenario_data.text(row, "title") == block.title.model_dump()


def test_guide_weeks_are_scaled_to_the_weeks_of_the_programme():
    plan = scenario_data.modules()
    hours = {
        phase: sum(sum(one["hours"].values()) for one in plan if one["phase"] == phase)
        for phase in ("foundation", "alternation")
    }

    assert hours["foundation"] <= scenario_data.FOUNDATION_HOURS
    assert hours["alternation"] <= scenario_data.ALTERNATION_HOURS
    assert sum(hours.values()) >= 0.98 * (scenario_data.FOUNDATION_HOURS + scenario_data.ALTERNATION_HOURS)
    by_weeks = sorted(
        (int(row["guide_weeks"]), sum(one["hours"].values()))
        for row in scenario_data.table("modules") for one in plan if one["module"] == row["module"] and one["phase"] == "foundation"
    )  # fmt: skip
    assert [hours for _, hours in by_weeks] == sorted(hours for _, hours in by_weeks)


@pytest.mark.parametrize(
    ("onet", "ours"), [(0, 1), (1.0, 2), (2.6, 2), (2.63, 3), (4.3, 3), (4.38, 4), (7, 4)]
)
def test_a_required_level_is_one_and_four_sevenths_of_the_level_of_onet_and_never_five(onet, ours):
    assert scenario_data.level(onet) == ours


def test_every_weight_of_the_contribution_has_its_reason_in_both_languages():
    rows = scenario_data.table("contribution")

    assert all(row["reason_en"] and HAN.search(row["reason_zh"]) for row in rows)
    assert {row["module"] for row in rows} == {row["module"] for row in scenario_data.table("modules")}
    assert {row["competency"] for row in rows} >= set(scenario_data.required())


def test_names_and_tasks_of_onet_are_there_in_chinese():
    for table, field in (
        ("positions", "title"),
        ("competencies", "title"),
        ("tasks", "task"),
        ("workshops", "workshop"),
        ("workshops", "station"),
    ):
        for row in scenario_data.table(table):
            text = scenario_data.text(row, field)
            assert HAN.search(text["zh"]), text
            assert not HAN.search(text["en"]), text


async def test_the_example_plant_has_so_many_staff_that_shares_of_interns_are_checked_and_stop_nobody():
    rows, pack = scenario_data.table("workshops"), pack_of("cn-2021")
    trainees = sum(one.seats for one in scenario_world.ROUNDS)

    assert sum(int(row["staff"]) for row in rows) * pack.value("share_of_staff", 0) >= trainees
    assert all(int(row["staff"]) * pack.value("share_of_post", 0) >= int(row["seats"]) for row in rows)
    client = Client("http://nowhere", 1, "en")
    said = scenario_world.staff_events(client)
    await client.close()
    assert sum(len(data["posts"]) for _, _, data in said) == len(rows)
    for _, _, data in said:
        StaffCounted.model_validate(data | {"enterprise_id": data["workshop_id"]})


def test_mentors_of_the_demo_write_of_every_competency_in_both_languages_and_well_and_badly():
    rows = scenario_data.table("comments")
    codes = {one["code"] for one in scenario_data.competencies()}

    assert {(row["competency"], row["tone"]) for row in rows} == {
        (code, tone) for code in codes for tone in ("low", "high")
    }
    assert all(row["words_zh"] and row["words_en"] for row in rows)


def test_generated_comments_are_few_the_same_at_each_start_and_never_beside_a_middling_level():
    found = [scenario_skill.written(f"7:{number}", "chemistry", 2) for number in range(2000)]
    words = [one["comment"] for one in found if one]

    assert found == [scenario_skill.written(f"7:{number}", "chemistry", 2) for number in range(2000)]
    assert 80 <= len(words) <= 160
    high = [scenario_skill.written(f"7:{number}", "chemistry", 5) for number in range(2000)]
    assert 20 <= sum(map(bool, high)) <= 60
    assert {any("一" <= letter <= "鿿" for letter in one) for one in words} == {True, False}
    assert not any(
        scenario_skill.written(f"7:{number}", "chemistry", level)
        for number in range(500)
        for level in (None, 3, 4)
    )
