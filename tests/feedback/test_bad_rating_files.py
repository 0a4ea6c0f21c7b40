"""What is wrong with a file of ratings or targets is named with its line, and nothing of it is guessed."""

import pytest

from tests.feedback.test_evidence_command import answered, by_id, drawn, typed, written

GOOD = "trainee,rater,competency,score\nt1,r1,casting,3\n"


@pytest.mark.parametrize(
    ("words", "arguments", "said"),
    [
        ("trainee,rater,score\nt1,r1,3\n", [], "line 1: no column competency"),
        (GOOD + "t2,r1,casting,six\n", [], "line 3: score 'six' is not a number"),
        (GOOD + "t2,r1,casting,6\n", [], "line 3: score 6 is outside the scale 1-5"),
        (GOOD + "t2,r1,casting,3.5\n", [], "line 3: score 3.5 is no whole level"),
        (GOOD + "t2,,casting,3\n", [], "line 3: rater is empty"),
        ("trainee,rater,competency,score\n", [], "no ratings"),
        (GOOD, ["--scale", "5"], "write it as 1-5"),
        (GOOD, ["--variance", "rater=1"], "needs rater, trainee and residual"),
        (GOOD, ["--variance", "rater"], "write rater=0.2"),
        (GOOD, ["--variance", "rater=1,trainee=1,residual=1,rater=2"], "once each"),
        (GOOD, ["--target", "9"], "9 is outside the scale 1-5"),
        (GOOD, ["--tolerance", "inf"], "must be less than the scale 1-5 is wide"),
        (GOOD, ["--scale", "0-100"], "turn marks into levels first"),
        (GOOD + "t2,r1,casting,3,5\n", [], "line 3: it must have 4 cells"),
        (GOOD + "t2,r1\n", [], "line 3: it must have 4 cells"),
        ("trainee,rater,competency,score,score\nt1,r1,casting,3,4\n", [], "the column score is there twice"),
    ],
)
def test_a_bad_line_or_option_is_named_and_ends_with_2(words, arguments, said, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(words)

    code, output = typed("evidence", path, *arguments)

    assert (code, said in output) == (2, True), output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("t.json", '{"forging": 3}', "nobody rated forging"),
        ("t.json", '{"casting": 3', "cannot be read as targets"),
        ("t.json", '{"casting": true}', "true is no level"),
        ("t.json", '{"casting": 3, "casting": 4}', "casting is there twice"),
        ("t.csv", "competency,target\ncasting;3\n", "line 2: write competency,level"),
        ("t.csv", "competency,target\ncasting,3\ncasting,4\n", "casting is there twice"),
        ("t.csv", "casting,three\n", "line 1: write competency,level"),
        ("t.csv", "", "no targets; write competency,level"),
        ("t.json", "[4]", "no targets; write competency,level"),
        ("t.csv", "competency,target,set_by,set_on,method\ncasting,3,HR,,survey\n", "casting: give set_by"),
        ("t.json", '{"casting": {"target": 3, "set_on": "soon"}}', "casting: give set_by"),
        ("t.json", '{"casting": {"target": 3, "who": "HR"}}', "casting: write {target, set_by"),
    ],
)
def test_a_bad_file_of_targets_is_named_and_ends_with_2(name, words, said, tmp_path):
    ratings, targets = tmp_path / "r.csv", tmp_path / name
    ratings.write_text(GOOD)
    targets.write_text(words)

    code, output = typed("evidence", ratings, "--targets", targets)

    assert (code, said in output) == (2, True), output


def test_a_bad_line_is_named_in_chinese_too(tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text(GOOD + "t2,r1,casting,3,5\n")

    assert typed("evidence", path, language="zh") == (
        2, f"{path}：第 3 行：应有 4 格；没有机会看到的，score 留空但保留逗号\n",
    )  # fmt: skip


def test_targets_without_a_heading_lose_none(tmp_path):
    ratings, targets = written(tmp_path / "r.csv", drawn()), tmp_path / "t.csv"
    targets.write_text("casting,4\nsafety,3\n")

    found = by_id(answered("evidence", ratings, "--targets", targets))

    assert [found[one]["target"] for one in ("casting", "safety", "rolling")] == [4, 3, 3.5]


def test_files_as_a_chinese_excel_writes_them_are_read(tmp_path):
    ratings, targets = tmp_path / "r.csv", tmp_path / "t.csv"
    ratings.write_bytes(f"{GOOD}学生,师傅,焊接,3\n".encode("gb18030"))
    targets.write_bytes("能力,等级\n焊接,4\n".encode("gb18030"))

    assert by_id(answered("evidence", ratings, "--targets", targets))["焊接"]["target"] == 4


def test_bytes_in_no_encoding_that_we_know_are_refused(tmp_path):
    path = tmp_path / "r.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")

    code, output = typed("evidence", path)

    assert (code, "neither UTF-8 nor GB18030" in output) == (2, True)
