"""The demo as a person starts it: it closes the loop, is killed and goes on, says no with its own exit code."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

TAILORED = Path(sys.executable).with_name("tailored")
SEEDS = range(1, 21)
PATIENCE = 600


def command(home, *more, seed=2021):
    fixed = (
        "--transport",
        "in-process",
        "--once",
        "--lang",
        "en",
        "--port",
        str(random.randint(20000, 40000)),
    )
    return [str(TAILORED), "demo", "--home", str(home), "--seed", str(seed), *fixed, *more]


def run(home, *more, seed=2021):
    """Exit code, the JSON of the last line, and everything that was said."""
    done = subprocess.run(
        command(home, *more, seed=seed), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    lines = done.stdout.strip().splitlines()
    found = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    return done.returncode, found, done.stdout + done.stderr


def kill_all(started):
    """SIGKILL to the demo and to the system that it started; PostgreSQL is left as a crash leaves it."""
    pids = [
        child.pid
        for child in psutil.Process(started.pid).children(recursive=True)
        if child.name() != "postgres"
    ]
    for pid in [started.pid, *pids]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    started.wait(20)


def killed_and_started_again(home, points, *more):
    """Runs the demo, kills it after each of these seconds of work, and lets the last start end."""
    for seconds in points:
        with (home.parent / "out.txt").open("w") as out:
            started = subprocess.Popen(command(home, "--approve", "yes", *more), stdout=out, stderr=out)
        deadline = time.monotonic() + 180
        while "Ready after" not in (home.parent / "out.txt").read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(seconds)
        kill_all(started)
    return run(home, "--approve", "yes", *more)


def test_without_a_terminal_ask_is_refused_with_a_message(tmp_path):
    code, _, said = run(tmp_path / "home")

    assert code == 2
    assert "--approve yes" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "wrong", [("--approve", "maybe"), ("--lang", "de"), ("--shortfall", "-1"), ("--transport", "post")]
)
def test_an_option_that_makes_no_sense_is_refused_in_a_line(tmp_path, wrong):
    code, _, said = run(tmp_path / "home", *wrong)

    assert code == 2
    assert len(said.strip().splitlines()) == 1


def test_a_demo_that_is_killed_twice_goes_on_where_it_was_and_counts_the_same(tmp_path):
    until = ("--until", "2022-01-01")
    whole = run(tmp_path / "whole" / "home", "--approve", "yes", *until)
    (tmp_path / "killed").mkdir()
    points = [random.Random(1).uniform(0.5, 10) for _ in range(2)]
    killed = killed_and_started_again(tmp_path / "killed" / "home", points, *until)

    assert whole[0] == killed[0] == 0, killed[2]
    same = ("applicants", "selected", "ratings", "plan_version")
    assert {name: killed[1][name] for name in same} == {name: whole[1][name] for name in same}
    print(f"killed after {[round(point, 1) for point in points]} s: {whole[1]['ratings']} ratings both times")


@pytest.mark.long
def test_the_loop_closes_though_everything_is_killed_in_the_middle(tmp_path):
    code, found, said = run(tmp_path / "home", "--approve", "yes", "--kill")

    assert code == 0, said
    assert (found["applicants"], found["selected"], found["plan_version"]) == (612, 180, 2)
    assert found["confirmed"] == [found["truth"]["short"]]
    assert found["truth"]["looks_short"] in found["rejected"]
    assert found["visits_moved"] > 0
    assert {one["competency"]: one["verdict"] for one in found["effect"]} == {
        found["truth"]["short"]: "improved"
    }
    assert found["peak_mb"] <= 700
    print(
        f"{found['ratings']} ratings, effect {found['effect']}, {found['seconds']} s, {found['peak_mb']} MB"
    )


@pytest.mark.long
def test_a_side_that_says_no_ends_the_loop_with_exit_3_and_no_effect(tmp_path):
    code, found, said = run(tmp_path / "home", "--approve", "no")

    assert code == 3, said
    assert (found["revisions_approved"], found["plan_version"], found["effect"]) == (0, 1, [])


@pytest.mark.long
def test_where_nothing_is_short_nothing_is_revised(tmp_path):
    code, found, said = run(tmp_path / "home", "--approve", "yes", "--no-shortfall")

    assert code == 0, said
    assert (found["gaps_confirmed"], found["plan_version"]) == (0, 1)


@pytest.mark.long
def test_twenty_random_kills_change_no_count(tmp_path):
    until = ("--until", "2022-06-01")
    whole = run(tmp_path / "whole" / "home", "--approve", "yes", *until)
    (tmp_path / "killed").mkdir()
    chance = random.Random(20)
    killed = killed_and_started_again(
        tmp_path / "killed" / "home", [chance.uniform(0.2, 8) for _ in range(20)], *until
    )

    assert killed[0] == 0, killed[2]
    same = (
        "applicants",
        "selected",
        "ratings",
        "gaps_confirmed",
        "revisions_approved",
        "plan_version",
        "visits_moved",
    )
    assert {name: killed[1][name] for name in same} == {name: whole[1][name] for name in same}


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_every_seed_revises_what_is_short_and_never_what_the_severe_mentors_say(tmp_path, seed):
    code, found, said = run(tmp_path / "home", "--approve", "yes", seed=seed)

    assert code == 0, said
    assert found["confirmed"] == [found["truth"]["short"]]
    assert found["truth"]["looks_short"] in found["rejected"]
