"""`tailored templates` as a person or a program calls it."""

import json

import pytest
from typer.testing import CliRunner

from shared.programmes import codes
from tailored.cli import app
from tests.programmes.test_a_broken_template import GOOD


def tailored(*words):
    return CliRunner().invoke(app, ["templates", *map(str, words)])


def test_list_names_the_ten_with_their_sources_for_people_and_for_machines():
    listed = json.loads(tailored("list", "--json").stdout)
    assert [one["template"] for one in listed] == list(codes())
    assert all(one["source"] and one["title"]["zh"] and one["title"]["en"] for one in listed)

    shown = tailored("list", "--lang", "en").stdout
    assert "mvtausbv" in shown


@pytest.mark.parametrize("code", codes())
def test_show_tells_what_a_template_says_and_its_json_is_a_template_again(code, tmp_path):
    assert code in tailored("show", code).stdout

    file = tmp_path / "again.yaml"
    file.write_text(tailored("show", code, "--json").stdout, encoding="utf-8")
    assert tailored("check", file).exit_code == 0


def test_check_accepts_a_template_and_refuses_a_broken_one_with_line_and_reason(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert tailored("check", file).exit_code == 0

    file.write_text(GOOD.replace("unit: week", "unit: fortnight"), encoding="utf-8")
    refused = tailored("check", file)
    assert refused.exit_code == 2
    assert f"{file}:8: " in refused.output

    told = json.loads(tailored("check", file, "--json").stdout)
    assert (told["good"], [one["line"] for one in told["problems"]]) == (False, [8])


@pytest.mark.parametrize(
    "words", [("show", "nope"), ("check", "/nowhere/at-all.yaml"), ("list", "--lang", "de")]
)
def test_what_is_not_there_is_refused_in_a_line(words):
    refused = tailored(*words)

    assert refused.exit_code == 2
    assert len(refused.output.strip().splitlines()) == 1
