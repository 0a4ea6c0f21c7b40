"""`tailored cover` answers with files, and refuses with one line and exit code 2."""

import json

import pytest
from typer.testing import CliRunner

from tailored.cli import app

GOOD = {
    "modules": [
        {"id": "m0", "phase": "p", "hours": 8, "min": 4, "max": 16},
        {"id": "m1", "phase": "p", "hours": 12, "min": 4, "max": 16},
    ],
    "competencies": [{"id": "a", "target": 16}],
    "contribution": [[1], [0.5]],
    "budgets": {"p": 24},
}


def cover(*arguments):
    return CliRunner().invoke(app, ["cover", *map(str, arguments)])


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "problem.json"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_the_answer_is_json_and_nothing_else_and_the_picture_shows_each_competency(written, tmp_path):
    picture = tmp_path / "coverage.svg"

    ended = cover(written(json.dumps(GOOD)), "--json", "--picture", picture)

    assert ended.exit_code == 0, ended.output
    answer = json.loads(ended.stdout)
    assert sum(answer["hours"].values()) <= 24
    assert not answer["shortfall"]
    drawn = picture.read_text(encoding="utf-8")
    assert drawn.startswith("<svg")
    assert ">a<" in drawn.replace("\n", "")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (json.dumps({**GOOD, "prerequisites": [["m0", "m1"], ["m1", "m0"]]}), "m0"),
        (json.dumps({**GOOD, "contribution": [[float("nan")], [1]]}), "contribution"),
        ("{", "line 1"),
    ],
    ids=["cycle", "nan", "no json"],
)
def test_a_problem_that_makes_no_sense_is_refused_with_its_place(written, text, word):
    ended = cover(written(text))

    assert ended.exit_code == 2
    assert "problem.json" in ended.stderr
    assert word in ended.stderr
    assert "Traceback" not in ended.output


def test_a_missing_file_is_refused(tmp_path):
    ended = cover(tmp_path / "nowhere.json")

    assert ended.exit_code == 2
    assert "nowhere.json" in ended.stderr


@pytest.mark.parametrize(
    ("gaps", "word"),
    [
        ("{}", "there are none"),
        ("[1]", "expected {competency: new target}"),
        ('{"a": "much"}', "expected {competency: new target}"),
        ('{"a": -1}', "at most 1e+09: a"),
        ('{"a": NaN}', "at most 1e+09: a"),
        ('{"a": 1e300}', "at most 1e+09: a"),
        ('{"b": 20}', "unknown competency 'b'"),
        ('{"a": 20,}', "line 1"),
        ('{"a": 20, "a": 30}', "'a' stands there twice"),
        ('{"a": true}', "valid number"),
        ('{"a": ' + "[" * 100_000, "recursion"),
        ('{"a": 1' + "0" * 5000 + "}", "limit"),
    ],
)
def test_gaps_that_make_no_sense_are_refused_with_their_file_and_place(written, tmp_path, gaps, word):
    named = tmp_path / "gaps.json"
    named.write_text(gaps, encoding="utf-8")

    ended = cover(written(json.dumps(GOOD)), "--revise", named)

    assert ended.exit_code == 2
    assert "gaps.json" in ended.stderr
    assert word in ended.stderr
    assert "Traceback" not in ended.output


def test_a_smallest_change_says_how_few_modules_and_hours_it_could_be(written, tmp_path):
    named = tmp_path / "gaps.json"
    named.write_text('{"a": 15}', encoding="utf-8")

    ended = cover(written(json.dumps(GOOD)), "--revise", named)

    assert ended.exit_code == 0, ended.output
    told = "".join(ended.stdout.split())
    assert "1moduleschange(atleast1must),4hoursmove(atleast4withsomany)" in told
    assert "改动1个模块（至少须改1个），变动4学时" in told


def test_protecting_without_revising_and_a_place_that_cannot_be_written_are_refused(written, tmp_path):
    problem = written(json.dumps(GOOD))

    protected = cover(problem, "--protect")
    nowhere = cover(problem, "--out", tmp_path / "none" / "hours.json")

    assert (protected.exit_code, "--revise" in protected.stderr) == (2, True)
    assert (nowhere.exit_code, "hours.json" in nowhere.stderr) == (2, True)


def test_names_are_printed_as_they_are(written):
    odd = "[/b] :warning: 炼钢"
    units = [{**one, "id": odd if one["id"] == "m0" else one["id"]} for one in GOOD["modules"]]

    ended = cover(written(json.dumps({**GOOD, "modules": units})))

    assert ended.exit_code == 0, ended.output
    assert odd in ended.stdout
