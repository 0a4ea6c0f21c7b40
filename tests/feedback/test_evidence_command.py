"""`tailored evidence` and `tailored effect` on files, as a college types them."""

import csv
import json
from datetime import date
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from typer.testing import CliRunner

from services.feedback import effect_mixed, mixed_evalue, running
from services.feedback.beliefs import Assumed
from services.feedback.evidence import Bar, Ratings
from services.feedback.running import Due, Pair
from services.feedback.tally import Spread
from tailored.cli import app
from tests.feedback.reference_values import rows as reference_rows

DATA = Path(__file__).parent / "data"
CODES = ("casting", "rolling", "safety", "tapping")


def drawn(seed=1, raters=12, trainees=40, low=None, at=4.2, drift=0.0):
    """Rows of trainee, rater, competency, score; `low` by competency, severities with sd .3."""
    chance = np.random.default_rng(seed)
    severity = np.random.default_rng(9).normal(0, 0.3, raters)
    truth = {code: at - (low or {}).get(code, 0.0) for code in CODES}
    found = []
    for who in range(trainees):
        ability = chance.normal(0, 0.4)
        for number, code in enumerate(CODES * 4):
            rater = (who + number) % raters
            latent = truth[code] + ability - severity[rater] + drift + chance.normal(0, 0.7)
            found.append((f"t{who:03}", f"r{rater:02}", code, int(np.clip(round(latent), 1, 5))))
    return found


HEADING = ("trainee", "rater", "competency", "score")


def written(path, rows, heading=HEADING):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heading, *rows])
    return path


def typed(*arguments, language="en"):
    done = CliRunner().invoke(
        app, [str(one) for one in arguments], env={"TAILORED_LANGUAGE": language, "COLUMNS": "200"}
    )
    return done.exit_code, done.output


def answered(*arguments):
    code, said = typed(*arguments, "--json")
    assert code == 0, said
    return json.loads(said)


def by_id(answer, part="competencies"):
    return {one["id"]: one for one in answer[part]}


def test_the_command_says_what_the_rule_of_the_service_says(tmp_path):
    rows = drawn(low={"casting": 1.0})
    people, raters = (sorted({row[at] for row in rows}) for at in (0, 1))
    ratings = [
        Due(UUID(int=1000 + people.index(who)), Pair(UUID(int=raters.index(rater)), code), score, date.min)
        for who, rater, code, score in rows
    ]
    asked = {(code, None): 4.0 for code in CODES}
    statistics = running.of(ratings, Spread())
    found = mixed_evalue.judge(statistics, (), asked, {}, Bar(4, 1), Assumed())

    answer = answered("evidence", written(tmp_path / "r.csv", rows), "--target", 4)

    assert [one["verdict"] for one in answer["competencies"]] == [one.answer for one in found]
    assert by_id(answer)["casting"]["verdict"] == "short"
    for mine, its in zip(answer["competencies"], found, strict=True):
        assert (mine["estimate"], *mine["interval"], mine["e_value"]) == pytest.approx(
            (its.estimate, its.low, its.high, its.e_value)
        )
    solved = mixed_evalue.model(statistics, (), dict.fromkeys(CODES, 4.0), {}, Assumed())
    severities = mixed_evalue.severities(solved)
    assert {one["id"]: (one["severity"], one["se"]) for one in answer["raters"]} == {
        name: pytest.approx(severities[UUID(int=at)]) for at, name in enumerate(raters)
    }


def test_two_raters_ask_and_raters_with_nothing_in_common_are_not_identifiable(tmp_path):
    two = drawn(raters=2, low=dict.fromkeys(CODES, 1.5))
    apart = [(who, f"{rater}-{code}", code, score) for who, rater, code, score in drawn(raters=3)]

    asked = answered("evidence", written(tmp_path / "two.csv", two), "--target", 4)
    unknown = answered("evidence", written(tmp_path / "apart.csv", apart), "--target", 4)

    assert {one["verdict"] for one in asked["competencies"]} == {"ask"}
    assert "Only 2 mentors" in by_id(asked)["casting"]["why"]
    assert by_id(unknown)["tapping"]["verdict"] == "not identifiable"
    link = by_id(unknown)["tapping"]["link"]
    assert link["rater"].endswith("-tapping")
    assert f"let {link['rater']} rate {link['competency']}, too" in by_id(unknown)["tapping"]["why"]


def test_another_scale_gives_the_same_verdicts_where_it_only_counts_differently(tmp_path):
    rows = drawn(low={"casting": 1.0})
    moved = [(*row[:3], row[3] - 1) for row in rows]

    first = answered("evidence", written(tmp_path / "a.csv", rows), "--target", 4)
    second = answered("evidence", written(tmp_path / "b.csv", moved), "--target", 3, "--scale", "0-4")

    for one, other in zip(first["competencies"], second["competencies"], strict=True):
        assert (one["verdict"], one["e_value"]) == (other["verdict"], pytest.approx(other["e_value"]))
        assert one["estimate"] - other["estimate"] == pytest.approx(1.0)


def test_fixed_competencies_give_the_estimates_of_an_independent_mixed_model(tmp_path):
    reference = json.loads((DATA / "mixed_model_reference.json").read_text())
    path = written(
        tmp_path / "r.csv", [(f"{i:04}", f"{j:02}", f"{k:02}", y) for i, j, k, y in reference_rows()]
    )
    variance = ",".join(f"{name}={reference['variance'][name]}" for name in ("rater", "trainee", "residual"))

    answer = answered("evidence", path, "--fixed", "--variance", variance, "--scale", "0-9", "--target", 1.5)

    assert [one["estimate"] for one in answer["competencies"]] == pytest.approx(
        reference["estimate"], abs=1e-5
    )
    assert [one["se"] for one in answer["competencies"]] == pytest.approx(reference["se"], abs=1e-5)
    assert [-one["severity"] for one in answer["raters"]] == pytest.approx(reference["rater"], abs=1e-5)


def test_variances_that_are_not_given_are_found_for_fixed_competencies(tmp_path):
    reference = json.loads((DATA / "mixed_model_reference.json").read_text())["variance"]
    path = written(
        tmp_path / "r.csv", [(f"{i:04}", f"{j:02}", f"{k:02}", y) for i, j, k, y in reference_rows()]
    )

    found = answered("evidence", path, "--fixed", "--scale", "0-9", "--target", 1.5)["variance"]

    assert found == pytest.approx({name: reference[name] for name in found}, rel=1e-3)


def test_the_audit_gives_severities_in_logits(tmp_path):
    rows = drawn(raters=5, trainees=20)

    audit = answered("evidence", written(tmp_path / "r.csv", rows), "--audit")["audit"]

    assert sorted(audit["severity"]) == sorted({row[1] for row in rows})
    assert len(audit["thresholds"]) == 4


def test_the_effect_is_what_the_service_measures(tmp_path):
    before, after = drawn(1), drawn(2, low={"casting": -0.6}, drift=-0.3)
    rows = [(*row, "v9") for row in before] + [(f"n{row[0]}", *row[1:], "v10") for row in after]
    heading = ("trainee", "rater", "competency", "score", "version")
    path = written(tmp_path / "r.csv", rows, heading)
    raters = sorted({row[1] for row in rows})
    sides = [
        Ratings(
            np.array([raters.index(row[1]) for row in side]), np.array([CODES.index(row[2]) for row in side]),
            np.array([int(row[0][1:]) for row in side]), np.array([float(row[3]) for row in side]),
        )
        for side in (before, after)
    ]  # fmt: skip
    [its] = effect_mixed.compare(*sides, [0], len(raters), len(CODES))

    answer = answered("effect", path, "--controls", "rolling,safety,tapping")
    alone = answered("effect", path)

    [mine] = answer["competencies"]
    assert (mine["id"], mine["verdict"]) == ("casting", "improved")
    assert (mine["difference"], *mine["interval"]) == pytest.approx((its.difference, its.low, its.high))
    assert {one["id"] for one in alone["competencies"]} == set(CODES)
    assert "improved" not in {one["verdict"] for one in alone["competencies"]}


def test_tables_files_and_pictures_are_readable_in_both_languages(tmp_path):
    path = written(tmp_path / "r.csv", drawn(low={"casting": 1.0}))
    out, picture = tmp_path / "out.json", tmp_path / "out.svg"

    code, english = typed("evidence", path, "--target", 4, "--out", out, "--picture", picture)
    _, chinese = typed("evidence", path, "--target", 4, language="zh")

    assert code == 0
    assert "severity" in english
    assert {word for word in ("严格程度", "师傅", "低于要求") if word in chinese} == {
        "严格程度",
        "师傅",
        "低于要求",
    }
    assert by_id(json.loads(out.read_text()))["casting"]["verdict"] == "short"
    assert picture.read_text().count("<circle") == len(CODES)


def test_names_are_printed_as_they_are_and_reasons_as_sentences(tmp_path):
    odd = "[/red] :warning: 转炉炼钢终点温度控制与钢水成分判断"
    path = written(
        tmp_path / "r.csv",
        [(who, by, odd if of == "casting" else of, score) for who, by, of, score in drawn()],
    )
    picture = tmp_path / "out.svg"

    code, said = typed("evidence", path, "--picture", picture)

    assert code == 0, said
    assert f"{odd}: Corrected for severity" in " ".join(said.split())
    assert all(name in said for name in ("competency", "estimate", "rolling", "tapping")), "no heading is cut"
    shown = ET.parse(picture)
    assert odd in [title.text for title in shown.iter("{http://www.w3.org/2000/svg}title")]


def test_a_picture_names_also_what_has_no_interval_and_says_its_scale(tmp_path):
    """Two cohorts whose mentors do not meet: nothing can be told, and the picture says that instead of nothing."""
    rows = [(who, by, of, score, "v1" if int(who[1:]) < 20 else "v2") for who, by, of, score in drawn()]
    rows = [(who, f"{by}{version}", of, score, version) for who, by, of, score, version in rows]
    path = written(tmp_path / "r.csv", rows, (*HEADING, "version"))
    picture, known = tmp_path / "effect.svg", tmp_path / "known.svg"

    assert typed("effect", path, "--picture", picture, language="zh")[0] == 0
    assert typed("evidence", path, "--picture", known)[0] == 0

    told = picture.read_text(encoding="utf-8")
    assert "<circle" not in told
    assert all(code in told for code in CODES)
    assert told.count("数据不足") == len(CODES)
    intervals = [one["interval"] for one in answered("evidence", path)["competencies"]]
    levels = [end for one in intervals for end in one] + [3.5]
    assert all(f">{end:.2f}<" in known.read_text(encoding="utf-8") for end in (min(levels), max(levels)))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("t.csv", "competency,target,set_by,set_on,method\ncasting,4,HR,2021-03-01,survey\n"),
        ("t.json", '{"casting": {"target": 4, "set_by": "HR", "set_on": "2021-03-01", "method": "survey"}}'),
    ],
)
def test_the_command_tells_who_set_a_level_and_where_that_is_not_recorded(name, words, tmp_path):
    ratings, targets = written(tmp_path / "r.csv", drawn()), tmp_path / name
    targets.write_text(words)

    found = by_id(answered("evidence", ratings, "--targets", targets))
    read, plain = typed("evidence", ratings, "--targets", targets), typed("evidence", ratings)

    assert [found["casting"][one] for one in ("target", "set_by", "set_on", "method")] == [
        4, "HR", "2021-03-01", "survey",
    ]  # fmt: skip
    assert found["rolling"]["set_by"] is None
    assert "2021-03-01" in read[1]
    assert "Who set the levels, when and how: not recorded." in plain[1]
    assert "Who set the levels" not in read[1]


def test_an_effect_needs_two_versions_and_controls_that_are_there(tmp_path):
    path = written(
        tmp_path / "r.csv", [("t1", "r1", "casting", 3, 1)],
        ("trainee", "rater", "competency", "score", "version"),
    )  # fmt: skip
    both = written(
        tmp_path / "b.csv", [("t1", "r1", "casting", 3, 1), ("t2", "r1", "casting", 3, 2)],
        ("trainee", "rater", "competency", "score", "version"),
    )  # fmt: skip

    assert typed("effect", path)[0] == 2
    assert "exactly two values" in typed("effect", path)[1]
    assert "no competency forging" in typed("effect", both, "--controls", "forging")[1]
    assert "nothing is left to compare" in typed("effect", both, "--controls", "casting")[1]
    assert answered("effect", both)["competencies"][0]["verdict"] == "not enough data"
