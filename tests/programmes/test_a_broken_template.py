"""A broken template is refused with the line and the reason."""

import pytest

from shared.programmes import check

GOOD = """\
template: small
title: {zh: 小, en: small}
source: a test
steps: [plan]
phases:
  - phase: one
    title: {zh: 一, en: one}
    length: {amount: 4, unit: week}
    settings: [theory]
"""


def said(text):
    return [(problem.line, problem.what) for problem in check(text)]


def test_a_whole_template_has_no_problem():
    assert check(GOOD) == []


def test_a_misspelt_field_is_named_at_its_line():
    assert said(GOOD + "grup_size: 15\n") == [(10, "there is no field `grup_size` here")]


def test_a_field_that_is_missing_is_named():
    assert said(GOOD.replace("source: a test\n", "")) == [(1, "is missing")]


def test_a_wrong_value_deep_inside_is_found_at_its_line():
    ((line, what),) = said(GOOD.replace("unit: week", "unit: fortnight"))

    assert line == 8
    assert "'week'" in what


def test_a_field_given_twice_is_refused_though_yaml_lets_it_pass():
    assert said(GOOD + "source: another\n") == [(10, "given twice")]


def test_a_step_without_its_part_is_refused_at_the_steps():
    ((line, what),) = said(GOOD.replace("[plan]", "[plan, examination]"))

    assert line == 4
    assert "needs `examination`" in what


def test_a_branch_at_a_phase_that_is_not_there_is_refused():
    ((_, what),) = said(GOOD + "branches: [{at_phase: two, by: direction, options: [a, b]}]\n")

    assert what == "branch at phase 'two', but there is no such phase"


def test_exam_weights_that_do_not_sum_to_one_are_refused_with_their_sum():
    text = (
        GOOD
        + "examination:\n  source: a test\n  parts: [{exam_part: a, title: {zh: 甲, en: a}, weight: 0.7}]\n"
    )
    ((line, what),) = said(text)

    assert line == 10
    assert what == "weights of the exam parts sum to 0.7, not to 1"


@pytest.mark.parametrize("text", ["", "- a\n", "just words", "a: [", "a: 'b\n", "\t:", "%YAML 9\n---\na: 1"])
def test_what_is_no_template_at_all_is_refused_without_a_traceback(text):
    problems = check(text)

    assert problems
    assert all(problem.line >= 1 for problem in problems)
