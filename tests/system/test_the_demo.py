"""The demo as a person starts it: what it refuses, how it closes the loop, and its own exit code for a no."""

import pytest

from tests.system.playing import play

KEYS = {
    "applicants", "selected", "ratings", "gaps_confirmed", "gaps_rejected", "revisions_approved", "plan_version",
    "visits_moved", "effect", "seed", "truth",
}  # fmt: skip


def test_without_a_terminal_ask_is_refused_with_a_message_before_anything_is_begun_or_forgotten(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "story.json").write_text('{"world": [2021, 0.75], "month": "2022-01-01"}')
    for more in ((), ("--reset",)):
        code, _, said = play(home, *more)

        assert code == 2
        assert "--approve yes" in said
        assert "Traceback" not in said
        assert "2022-01-01" in (home / "story.json").read_text()


@pytest.mark.parametrize(
    "wrong",
    [
        ("--approve", "maybe"), ("--lang", "de"), ("--shortfall", "-1"), ("--transport", "post"),
        ("--url", "http://127.0.0.1:1", "--kill"),
    ],
)  # fmt: skip
def test_an_option_that_makes_no_sense_is_refused_in_a_line_and_leaves_nothing(tmp_path, wrong):
    code, _, said = play(tmp_path / "home", "--approve", "yes", *wrong)

    assert code == 2
    assert len(said.strip().splitlines()) == 1
    assert not (tmp_path / "home").exists()


def test_another_world_than_the_one_that_a_home_keeps_needs_reset(tmp_path):
    (tmp_path / "story.json").write_text('{"world": [7, null]}')

    code, _, said = play(tmp_path, "--approve", "yes")

    assert code == 2
    assert "--seed 7 --no-shortfall" in said
    assert "--reset" in said


@pytest.mark.long
def test_the_loop_closes_though_everything_is_killed_in_the_middle(tmp_path):
    home = tmp_path / "home"
    code, found, said = play(home, "--approve", "yes", "--kill", again=True)
    code_again, again, said_again = play(home, "--approve", "yes")

    assert code == 0, said
    assert code_again == 0, said_again
    assert {key: again[key] for key in KEYS - {"effect"}} == {key: found[key] for key in KEYS - {"effect"}}
    assert "mentors rated" in said
    assert "mentors rated" not in said_again, "a finished story is told, not played again"
    assert set(found) >= KEYS
    assert (found["applicants"], found["selected"], found["plan_version"]) == (612, 180, 2)
    assert found["confirmed"] == [found["truth"]["short"]]
    assert found["truth"]["looks_short"] in found["rejected"]
    assert found["visits_moved"] > 0
    assert found["comments"] >= 3
    assert f"comments about it: {found['comments']}" in said
    assert [(one["competency"], one["verdict"]) for one in found["effect"]] == [
        (found["truth"]["short"], "improved")
    ]
    assert "nothing lost, nothing twice" in said
    assert found["peak_mb"] <= 700
    print(f"{found['ratings']} ratings, {found['effect']}, {found['seconds']} s, {found['peak_mb']} MB")


@pytest.mark.long
def test_with_a_process_for_each_service_it_takes_at_most_700_megabytes_the_broker_of_its_own_included(
    tmp_path,
):
    code, found, said = play(tmp_path / "home", "--approve", "yes", "--transport", "rabbitmq")

    assert code == 0, said
    assert "a process each" in said
    assert found["broker_mb"] > 0
    assert found["peak_mb"] + found["broker_mb"] <= 700


@pytest.mark.long
def test_a_small_shortfall_is_found_or_the_demo_says_that_it_was_not_and_nothing_else_is(tmp_path):
    code, found, said = play(tmp_path / "home", "--approve", "yes", "--shortfall", "0.3")

    assert (code, found["confirmed"]) in [(0, [found["truth"]["short"]]), (1, [])]
    assert ("The loop did not close" in said) == (code == 1)
    assert found["truth"]["shortfall"] == 0.3


@pytest.mark.long
def test_a_side_that_says_no_ends_the_loop_with_exit_3_and_no_effect(tmp_path):
    code, found, said = play(tmp_path / "home", "--approve", "no")

    assert code == 3, said
    assert (found["revisions_approved"], found["plan_version"], found["effect"]) == (0, 1, [])
