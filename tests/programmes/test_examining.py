"""Section 15 of the ordinance, case by case."""

import pytest

from shared.programmes import load
from shared.programmes.examining import examine

ENOUGH = {
    "metal-technology": 50.0,
    "work-task": 50.0,
    "order-planning": 50.0,
    "steel-processes": 50.0,
    "economics": 50.0,
}


def result(**points):
    marks = ENOUGH | {name.replace("_", "-"): value for name, value in points.items()}
    return examine(load("mvtausbv").examination, marks)


def test_fifty_points_everywhere_is_just_passed():
    assert result().passed
    assert result().total == 50


def test_the_weights_make_the_total():
    assert result(metal_technology=100).total == pytest.approx(0.3 * 100 + 0.7 * 50)


def test_the_work_task_cannot_be_made_up_for():
    assert not result(work_task=49, metal_technology=100, order_planning=100, steel_processes=100).passed


def test_one_written_area_of_part_two_may_be_failed_but_not_two():
    assert result(order_planning=40, metal_technology=60, work_task=60).passed
    assert not result(order_planning=40, economics=40, metal_technology=90, work_task=90).passed


def test_no_area_of_part_two_may_be_insufficient_whatever_the_total():
    assert not result(economics=29, metal_technology=100, work_task=100).passed


def test_part_two_must_be_sufficient_for_itself():
    failed = result(metal_technology=100, work_task=50, order_planning=49, steel_processes=50, economics=50)

    assert failed.total > 50
    assert [rule.en for rule in failed.unmet] == ["the last round: 50 points needed, 49.8571 reached"]


def test_part_one_has_no_mark_of_its_own_to_reach():
    assert result(metal_technology=30, work_task=70, order_planning=60).passed


def test_a_part_without_points_is_no_result():
    with pytest.raises(ValueError, match="exactly"):
        examine(load("mvtausbv").examination, {"work-task": 80})
