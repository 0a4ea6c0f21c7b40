"""`tailored rotate` as a person uses it: a plan, a repair, a table, a picture; a bad file is refused with its line."""

import csv
import json

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from tailored.cli import app
from tailored.json_lines import line_of
from tests.placement.test_rotation import small
from tests.placement.validator import faults

ENGLISH = {"TAILORED_LANGUAGE": "en", "COLUMNS": "200"}


def run(*words, **environment):
    return CliRunner().invoke(app, ["rotate", *map(str, words)], env=ENGLISH | environment)


@pytest.fixture
def problem(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(small(4), indent=1))
    return path


def test_a_plan_its_repair_a_table_and_a_picture(problem, tmp_path):
    plan, table, book, picture = (
        tmp_path / name for name in ("plan.json", "plan.csv", "plan.xlsx", "seats.svg")
    )

    done = run(problem, "--out", plan, "--table", table, "--picture", picture, "--seconds", 10)

    assert done.exit_code == 0, done.output
    assert "proven lower bound" in done.output
    found = json.loads(plan.read_text())
    assert faults(small(4), found["plan"])[0] == []
    lines = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert [[int(cell) for cell in line[:2]] for line in lines[1:]] == [
        [at, entry[0]] for at, entry in enumerate(found["plan"])
    ]
    assert all(
        line[2 + week] == str(station)
        for line, (_, visits) in zip(lines[1:], found["plan"], strict=True)
        for station, week in visits
    )
    assert picture.read_text().startswith("<svg")

    again = run(problem, "--repair", plan, "--from-week", 3, "--table", book, "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.output)["changed"] == 0
    assert load_workbook(book).worksheets[0].max_row == 1 + len(found["plan"])
    assert "已证明的下界" in run(problem, TAILORED_LANGUAGE="zh").output


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("class_size[0]", lambda p: p["class_size"].__setitem__(0, -1)),
        ("required.a[1]", lambda p: p["required"].__setitem__("a", [0, 77])),
        ("required.a[1]", lambda p: p["required"].__setitem__("a", [0, 0])),
        ("capacity[2][5]", lambda p: p["capacity"][2].__setitem__(5, -3)),
        ("capacity[1]", lambda p: p["capacity"][1].pop()),
        ("precedence.a", lambda p: p["precedence"].__setitem__("a", [[0, 1], [1, 0]])),
    ],
)
def test_a_bad_file_is_refused_with_exit_2_and_its_line(problem, place, wrong):
    raw = json.loads(problem.read_text())
    wrong(raw)
    text = json.dumps(raw, indent=1)
    problem.write_text(text)

    refused = run(problem)

    assert refused.exit_code == 2
    line = line_of(text, place)
    assert f"line {line}, {place}:" in refused.stderr
    assert "Traceback" not in refused.output + refused.stderr


def test_a_file_that_is_no_json_or_not_there_is_refused(problem, tmp_path):
    problem.write_text('{\n "weeks": 3,,\n}')
    assert "line 2" in run(problem).stderr
    assert run(tmp_path / "nothing.json").exit_code == 2
    problem.write_text(json.dumps(small(4)))
    assert "this is not a plan" in run(problem, "--repair", problem).stderr


def test_a_line_is_found_by_the_place():
    text = '{\n "a": [\n  1,\n  [2,\n   3]],\n "b": {"c": "}"}\n}'

    assert [line_of(text, place) for place in ("a", "a[0]", "a[1][1]", "a[9]", "b.c", "x")] == [
        2,
        3,
        5,
        2,
        6,
        None,
    ]
