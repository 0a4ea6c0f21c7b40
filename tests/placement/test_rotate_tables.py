"""`tailored rotate` on tables: the same as on JSON, a template that can be planned, every bad cell named at once."""

import csv
import json
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from benchmarks.rotation_problems import make
from tailored.rotate_source import NAMES, tables_of
from tailored.rotate_tables import problem_of
from tests.placement.test_rotate_command import run
from tests.placement.test_rotation import small
from tests.placement.validator import faults


def tables(problem):
    """The problem as a person would write it down; station 3 is called S3."""
    stations = [f"S{at}" for at in range(len(problem["capacity"]))]
    after = {
        (direction, station): ";".join(
            stations[a] for a, b in problem["precedence"].get(direction, []) if b == station
        )
        for direction, needed in problem["required"].items()
        for station in needed
    }
    settings = ("weeks", "foundation_weeks", "block_weeks", "min_gap")
    return {
        "settings": [["name", "value"], *([name, problem[name]] for name in settings)],
        "stations": [
            ["station", "no_lag", *(f"week {week}" for week in range(problem["weeks"]))],
            *(
                [name, "是" if at in problem["no_lag"] else "", *seats]
                for at, (name, seats) in enumerate(zip(stations, problem["capacity"], strict=True))
            ),
        ],
        "visits": [
            ["direction", "station", "after"],
            *([direction, stations[station], words] for (direction, station), words in after.items()),
        ],
        "classes": [
            ["class", "size", "direction", *(f"release:{name}" for name in stations)],
            *(
                [f"C{at}", size, problem["class_direction"][at], *problem["release"][at]]
                for at, size in enumerate(problem["class_size"])
            ),
        ],
    }  # fmt: skip


def write(path, of):
    """As a workbook, a zip with the files in a folder, or a folder, by the name."""
    if path.suffix == ".xlsx":
        book = Workbook()
        for name, lines in of.items():
            sheet = book.create_sheet(name)
            for line in lines:
                sheet.append(line)
        book.save(path)
        return path
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    for name, lines in of.items():
        with (folder / f"{name}.csv").open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows(lines)
    if path.suffix == ".zip":
        with ZipFile(path, "w") as packed:
            for name in of:
                packed.write(folder / f"{name}.csv", f"problem/{name}.csv")
    return path


def as_sets(problem):
    """The order of the pairs of a precedence means nothing."""
    return problem | {
        "precedence": {name: sorted(map(list, of)) for name, of in problem["precedence"].items()}
    }


@pytest.mark.parametrize("name", ["problem.xlsx", "problem.zip", "problem"])
def test_tables_say_exactly_what_json_says(tmp_path, name):
    for seed in range(6):
        problem = small(seed)
        path = write(tmp_path / f"{seed}{name}", tables(problem))
        assert as_sets(problem_of(tables_of(path)).document) == as_sets(problem)
    large = make("shutdowns", 120, 1)
    path = write(tmp_path / name, tables(large))
    assert as_sets(problem_of(tables_of(path)).document) == as_sets(large)


def with_crews(problem):
    """The same with the first class in a crew that lets one go at a time."""
    of = tables(problem)
    crews = [["crew"], ["甲"], *[[""]] * (len(of["classes"]) - 2)]
    of["classes"] = [[*line, *crew] for line, crew in zip(of["classes"], crews, strict=True)]
    return of | {"crews": [["crew", "release_limit"], ["甲", 1]]}


@pytest.mark.parametrize("name", ["problem.xlsx", "problem.zip", "problem"])
def test_the_limits_of_crews_are_a_table_that_may_be_there(tmp_path, name):
    problem = small(4)

    found = problem_of(tables_of(write(tmp_path / name, with_crews(problem)))).document

    assert as_sets(found) == as_sets(problem) | {"crew_release": {"甲": 1}, "class_crew": ["甲", None]}


def test_a_bad_crew_is_refused_with_its_cell_and_a_crew_in_conflict_is_named(tmp_path):
    problem = small(4) | {"class_size": [2, 1], "capacity": [[3] * 8] * 3}
    unknown = with_crews(problem)
    unknown["classes"][1][-1] = "乙"
    assert "line 2, column crew: '乙' is not known" in run(write(tmp_path / "a.xlsx", unknown)).stderr
    nobody = with_crews(problem)
    nobody["crews"][1][1] = 0

    done = run(write(tmp_path / "b.xlsx", nobody))

    assert done.exit_code == 0, done.stderr
    assert "in conflict: a crew lets too few go, crew 甲, weeks" in done.output
    assert "冲突：班组离岗限额，班组 甲" in run(tmp_path / "b.xlsx", TAILORED_LANGUAGE="zh").output


def test_the_plan_from_tables_is_the_plan_from_json_and_its_table_has_the_names(tmp_path):
    problem, out = small(4), tmp_path / "plan.csv"
    (tmp_path / "problem.json").write_text(json.dumps(problem))
    from_json = run(tmp_path / "problem.json", "--json")
    from_tables = run(write(tmp_path / "problem.xlsx", tables(problem)), "--json", "--table", out)

    assert from_tables.exit_code == 0, from_tables.stderr
    assert json.loads(from_tables.output) == json.loads(from_json.output)
    assert faults(problem, json.loads(from_tables.output)["plan"])[0] == []
    lines = list(csv.reader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert lines[1][1] == "C0"
    assert {cell for line in lines[1:] for cell in line[2:]} <= {"", "S0", "S1", "S2"}


@pytest.mark.parametrize("kind", ["json", "xlsx"])
@pytest.mark.parametrize("ending", ["xlsx", "csv", "zip", "folder"])
def test_a_plan_is_repaired_from_the_table_that_was_written_of_it(tmp_path, kind, ending):
    problem = small(4)
    given = tmp_path / f"problem.{kind}"
    (given.write_text(json.dumps(problem)) if kind == "json" else write(given, tables(problem)))
    table = tmp_path / ("old.xlsx" if ending == "xlsx" else "plan.csv")
    whole = json.loads(run(given, "--json", "--table", table, "--out", tmp_path / "plan.json").output)
    old = table
    if ending == "zip":
        old = tmp_path / "plan.zip"
        with ZipFile(old, "w") as packed:
            packed.write(table, "last year/plan.csv")
    elif ending == "folder":
        old = tmp_path

    done = run(given, "--repair", old, "--from-week", 3, "--json")

    assert done.exit_code == 0, done.stderr
    assert json.loads(done.output)["changed"] == 0
    assert json.loads(done.output)["plan"] == whole["plan"]


OLD = [
    (0, 2, "week zero", "line 1, column week 0: this column is missing"),
    (1, 0, "7", "line 2, column trainee: 7 is not from 0 to"),
    (2, 0, "0", "line 3, column trainee: trainee 0 stands there twice"),
    (1, 1, "Z", "line 2, column class: 'Z' is not known"),
    (1, 2, "S9", "line 2, column week 0: 'S9' is not known"),
]


@pytest.mark.parametrize(("line", "column", "cell", "words"), OLD)
def test_a_bad_cell_of_the_plan_to_repair_is_refused_with_its_line(tmp_path, line, column, cell, words):
    given, old = write(tmp_path / "problem.xlsx", tables(small(4))), tmp_path / "plan.csv"
    run(given, "--table", old)
    lines = list(csv.reader(old.read_text(encoding="utf-8-sig").splitlines()))
    lines[line][column] = cell
    with old.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)

    refused = run(given, "--repair", old)

    assert refused.exit_code == 2
    assert f"plan.csv, {words}" in refused.stderr


def test_a_plan_to_repair_that_cannot_be_read_is_refused_without_a_traceback(tmp_path):
    given = write(tmp_path / "problem.xlsx", tables(small(4)))
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "empty").mkdir()
    with ZipFile(tmp_path / "without.zip", "w") as packed:
        packed.writestr("other.csv", "a,b")
    for name in ("broken.zip", "broken.xlsx", "empty", "without.zip", "nothing.csv"):
        refused = run(given, "--repair", tmp_path / name)
        assert refused.exit_code == 2
        assert name.partition(".")[0] in refused.stderr
        assert "Traceback" not in refused.output + refused.stderr
    short = tmp_path / "short.csv"
    run(given, "--table", short)
    short.write_text("\n".join(short.read_text(encoding="utf-8-sig").splitlines()[:-1]))
    assert "plan: has " in run(given, "--repair", short).stderr


@pytest.mark.parametrize("name", ["t.xlsx", "t.zip", "t"])
def test_the_template_is_a_problem_that_can_be_planned_as_it_stands(tmp_path, name):
    path = tmp_path / name
    assert run("--template", path).exit_code == 0
    done = run(path, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.output)["uncovered"] == []
    again = run("--template", path)
    assert again.exit_code == 2
    assert "is there already" in again.stderr


BAD = [
    ("settings", 1, 1, "x", "line 2, column value: must be a whole number, not 'x'"),
    ("settings", 2, 1, 99, "line 3, column value: is more than the weeks"),
    ("settings", 4, 0, "min_gab", "line 5, column name: 'min_gab' is not known; is 'min_gap' meant?"),
    ("settings", 4, 0, "weeks", "line 5, column name: 'weeks' stands there twice"),
    ("stations", 0, 4, "week two", "line 1, column week 2: this column is missing"),
    ("stations", 2, 3, -1, "line 3, column week 1: -1 is not from 0"),
    ("stations", 2, 0, "S0", "line 3, column station: 'S0' stands there twice"),
    ("stations", 1, 1, "perhaps", "line 2, column no_lag: must be yes, or empty"),
    ("visits", 1, 1, "S9", "line 2, column station: 'S9' is not known"),
    ("visits", 2, 1, "S0", "line 3, column station: 'S0' stands there twice"),
    ("visits", 1, 2, "S1", "column after: goes in a circle: "),
    ("visits", 2, 2, "S7", "line 3, column after: 'S7' is not known"),
    ("classes", 1, 1, "", "line 2, column size: must be a whole number, not ''"),
    ("classes", 2, 2, "c", "line 3, column direction: 'c' is not known"),
    ("classes", 2, 0, "C0", "line 3, column class: 'C0' stands there twice"),
    ("classes", 1, 3, "soon", "line 2, column release:S0: must be a whole number"),
]


@pytest.mark.parametrize(("table", "line", "column", "cell", "words"), BAD)
@pytest.mark.parametrize("name", ["problem.xlsx", "problem"])
def test_a_bad_cell_is_refused_with_exit_2_table_line_and_column(
    tmp_path, name, table, line, column, cell, words
):
    problem = small(4) | {"precedence": {"a": [[0, 1]], "b": []}}
    of = tables(problem)
    of[table][line][column] = cell

    refused = run(write(tmp_path / name, of))

    assert refused.exit_code == 2
    where = f"problem.xlsx[{table}]" if name.endswith("xlsx") else f"{table}.csv"
    assert any(said.startswith(where) and words in said for said in refused.stderr.splitlines()), (
        refused.stderr
    )


def test_all_bad_cells_are_named_at_once_and_in_chinese_where_the_reader_is(tmp_path):
    of = tables(small(4))
    of["stations"][1][2], of["stations"][2][3], of["classes"][1][1] = "x", "y", "z"
    path = write(tmp_path / "problem.zip", of)

    refused = run(path)

    assert [line.split(": ")[0] for line in refused.stderr.splitlines()] == [
        "problem.zip[stations.csv], line 2, column week 0",
        "problem.zip[stations.csv], line 3, column week 1",
        "problem.zip[classes.csv], line 2, column size",
    ]
    assert "应为整数，现为“x”" in run(path, TAILORED_LANGUAGE="zh").stderr


def test_tables_that_cannot_be_read_are_refused_without_a_traceback(tmp_path):
    whole = tables(small(4))
    for missing in NAMES:
        few = {name: lines for name, lines in whole.items() if name != missing}
        for name in (f"{missing}.xlsx", f"{missing}.zip", missing):
            refused = run(write(tmp_path / name, few))
            assert refused.exit_code == 2
            assert missing in refused.stderr
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "one.csv").write_text("a,b")
    for name in ("broken.zip", "broken.xlsx", "one.csv", "nothing.xlsx", "nothing.zip"):
        refused = run(tmp_path / name)
        assert refused.exit_code == 2
        assert "Traceback" not in refused.output + refused.stderr
        assert name in refused.stderr
    empty = {name: lines[:1] for name, lines in whole.items()}
    assert run(write(tmp_path / "empty.xlsx", empty)).stderr.count("there is no row in this table") == 4
    assert run().exit_code == 2
