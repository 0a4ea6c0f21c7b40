"""`tailored match` on files: exact results, and a clear message with the line for every kind of bad input."""

import json
from pathlib import Path

import pytest
import typer
from openpyxl import Workbook
from typer.testing import CliRunner

from services.recruitment.market_file import load
from services.recruitment.matching import match as decide
from services.recruitment.result_file import dump
from tailored.match import match

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(match)
MARKET = """{"programmes": [
  {"id": "steel", "seats": 2,
   "pools": [{"name": "local", "seats": 1, "eligible": ["a", "c"]}],
   "scores": {"a": 71.5, "b": 80, "c": 60, "d": 79}},
  {"id": "rolling", "seats": 2, "min_seats": 1, "ranking": ["d", "a", "b"]}],
 "applicants": [
  {"id": "a", "preferences": ["steel", "rolling"]},
  {"id": "b", "preferences": ["steel"]},
  {"id": "c", "preferences": ["steel"]},
  {"id": "d", "preferences": ["steel", "rolling"]},
  {"id": "e", "preferences": ["rolling"]}],
 "lottery_seed": "x"}"""


def run(tmp_path: Path, text: str, *more: str):
    path = tmp_path / "market.json"
    path.write_text(text, encoding="utf-8")
    return CliRunner(env={"LANG": "en_GB.UTF-8"}).invoke(app, [str(path), *more])


def test_a_market_is_decided_and_every_refusal_says_what_was_needed(tmp_path):
    out, picture = tmp_path / "result.json", tmp_path / "cut-offs.svg"
    done = run(tmp_path, MARKET, "--out", str(out), "--picture", str(picture))
    assert done.exit_code == 0, done.output
    assert "0 blocking pairs" in done.output
    result = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["applicant"], row["programme"], row["reason"]) for row in result["matches"]] == [
        ("a", "steel", "admitted"),
        ("b", "steel", "admitted"),
        ("c", None, "below-cutoff"),
        ("d", "rolling", "admitted"),
        ("e", None, "not-ranked"),
    ]
    assert result["matches"][2]["would_need"]["score"] == 71.6
    assert result["unfilled"] == {"rolling": 1}
    assert result["blocking_pairs"] == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            '["steel", "rolling"]},\n  {"id": "b"',
            '["steel", "roling"]},\n  {"id": "b"',
            7,
            "no programme with the id",
        ),
        ('{"id": "c"', '{"id": "b"', 9, "appears twice"),
        ('"seats": 2,\n', '"seats": -2,\n', 2, "at least 0"),
        (
            '"d", "preferences": ["steel", "rolling"]',
            '"d", "preferences": ["steel", "steel"]',
            10,
            "repeated",
        ),
        ('"d": 79', '"d": NaN', 4, "not a finite number"),
        ('"d": 79', '"d": 1e999', 4, "not a finite number"),
        ('"d": 79', '"a": 79', 4, "appears twice"),
        ('"eligible": ["a", "c"]', '"eligible": ["a", "z"]', 3, "no applicant with the id"),
        ('"seats": 1, "elig', '"seats": 3, "elig', 3, "more than the 2"),
        ('"min_seats": 1', '"min_seats": 3', 5, "more than seats"),
        ('"min_seats": 1', '"min_seat": 1', 5, "is 'min_seats' meant"),
        ('["d", "a", "b"]', '["d", "d", "b"]', 5, "repeated"),
        ('"lottery_seed": "x"}', '"lottery_seed": "x"', 12, "not valid JSON"),
        ('"seats": 2,\n', '"seats": true,\n', 2, "whole number"),
    ],
)
def test_bad_input_ends_with_exit_2_and_names_the_line(tmp_path, old, new, line, message):
    assert old in MARKET
    done = run(tmp_path, MARKET.replace(old, new, 1))
    assert done.exit_code == 2
    assert f"market.json:{line}:" in done.stderr, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_the_message_is_chinese_where_the_reader_is(tmp_path):
    path = tmp_path / "market.json"
    path.write_text(MARKET.replace('"d": 79', '"d": NaN'), encoding="utf-8")
    done = CliRunner(env={"LANG": "zh_CN.UTF-8"}).invoke(app, [str(path)])
    assert done.exit_code == 2
    assert "不是有限的数" in done.stderr


def test_a_pair_of_csv_files_and_a_workbook_give_the_same_as_json(tmp_path):
    programmes = [["id", "seats", "min_seats", "pools"], ["steel", 2, "", "local:1"], ["rolling", 1, 1, ""]]
    applicants = [
        ["id", "preferences", "groups", "score"],
        ["a", "steel;rolling", "local", 71.5],
        ["b", "steel", "", 80],
        ["c", "steel", "local", 60],
        ["d", "steel;rolling", "", 79],
    ]
    for name, rows in (("programmes", programmes), ("applicants", applicants)):
        text = "\n".join(",".join(map(str, row)) for row in rows)
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in (("programmes", programmes), ("applicants", applicants)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "market.xlsx")
    runner = CliRunner(env={"LANG": "en"})
    pair = runner.invoke(app, [str(tmp_path / "programmes.csv"), str(tmp_path / "applicants.csv"), "--json"])
    workbook = runner.invoke(app, [str(tmp_path / "market.xlsx"), "--json"])
    assert pair.exit_code == workbook.exit_code == 0, pair.output + workbook.output
    assert json.loads(pair.stdout) == json.loads(workbook.stdout)
    got = {row["applicant"]: row["programme"] for row in json.loads(pair.stdout)["matches"]}
    assert got == {"a": "steel", "b": "steel", "c": None, "d": "rolling"}
    (tmp_path / "applicants.csv").write_text("id,preferences,score\na,steel,1\nb,iron,2\n", encoding="utf-8")
    bad = runner.invoke(app, [str(tmp_path / "programmes.csv"), str(tmp_path / "applicants.csv")])
    assert bad.exit_code == 2
    assert "applicants.csv:3" in bad.stderr


def test_a_market_that_is_written_and_read_again_is_decided_the_same():
    market = load(json.loads(MARKET))
    again = load(json.loads(json.dumps(dump(market, "x"))))
    assert decide(again).all() == decide(market).all()


def test_equal_scores_are_ordered_by_the_hash_of_seed_and_applicant():
    from hashlib import sha256

    people = [f"a{i}" for i in range(20)]
    document = {
        "programmes": [{"id": "p", "seats": 5, "scores": dict.fromkeys(people, 50)}],
        "applicants": [{"id": who, "preferences": ["p"]} for who in people],
        "lottery_seed": "seed",
    }
    drawn = sorted(people, key=lambda who: sha256(f"seed:{who}".encode()).hexdigest())
    assert sorted(decide(load(document)).all()) == sorted(drawn[:5])


PROGRAMMES = "id,seats,pools,note\nsteel,2,local:1,big\nrolling,1,,\n"
APPLICANTS = "id,preferences,groups,score\na,steel;rolling,local,71.5\nb,steel,,80\n"


@pytest.mark.parametrize(
    ("programmes", "applicants", "place", "message"),
    [
        (PROGRAMMES + "steel,3\n", APPLICANTS, "programmes.csv:4", "appears twice"),
        (PROGRAMMES.replace(",2,", ",-2,"), APPLICANTS, "programmes.csv:2", "at least 0"),
        (PROGRAMMES.replace(":1", ":3"), APPLICANTS, "programmes.csv:2", "more than the 2"),
        (PROGRAMMES.replace(":1", ":1:hrad"), APPLICANTS, "programmes.csv:2", "only 'hard'"),
        (PROGRAMMES.replace("pools", "poools"), APPLICANTS, "programmes.csv:1", "is 'pools' meant?"),
        (PROGRAMMES + "coke\n", APPLICANTS, "programmes.csv:4", "whole number"),
        (PROGRAMMES + "coke,1,,,,5\n", APPLICANTS, "programmes.csv:4", "more cells"),
        (PROGRAMMES, APPLICANTS + "a,steel\n", "applicants.csv:4", "appears twice"),
        (PROGRAMMES, APPLICANTS + "c,coke\n", "applicants.csv:4", "no programme with the id"),
        (PROGRAMMES, APPLICANTS + "c,steel;steel\n", "applicants.csv:4", "repeated"),
        (PROGRAMMES, APPLICANTS + "c,steel,martians,3\n", "applicants.csv:4", "no pool"),
        (PROGRAMMES, APPLICANTS + "c,steel,,many\n", "applicants.csv:4", "not a number"),
        (PROGRAMMES, APPLICANTS + "c,steel,,inf\n", "applicants.csv:4", "not a finite number"),
        (PROGRAMMES, "id,wishes\na,steel\n", "applicants.csv:1", "missing columns: preferences"),
    ],
)
def test_a_bad_pair_of_tables_ends_with_exit_2_and_names_file_and_line(
    tmp_path, programmes, applicants, place, message
):
    (tmp_path / "programmes.csv").write_text(programmes, encoding="utf-8")
    (tmp_path / "applicants.csv").write_text(applicants, encoding="utf-8")
    arguments = [str(tmp_path / "programmes.csv"), str(tmp_path / "applicants.csv")]
    done = CliRunner(env={"LANG": "en_GB.UTF-8"}).invoke(app, arguments)
    assert done.exit_code == 2, done.output
    assert f"{place}:" in done.stderr, done.stderr
    assert message in done.stderr


def test_no_damage_to_a_file_ends_in_anything_but_a_result_or_a_named_line(tmp_path):
    import random

    dice = random.Random(1)
    for _ in range(150):
        text = list(MARKET)
        for _ in range(dice.randint(1, 3)):
            text[dice.randrange(len(text))] = dice.choice('{}[]",:0-aé ')
        done = run(tmp_path, "".join(text))
        assert done.exit_code in (0, 2), done.output
        assert done.exit_code == 0 or "market.json:" in done.stderr
