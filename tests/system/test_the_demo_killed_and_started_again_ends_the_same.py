"""`tailored demo` loses its power again and again, is started again, and ends with the counts of one that was left alone."""

import json
import os
import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tailored import postgres
from tailored.demo_memory import family
from tests.system.playing import command, last_line

COUNTS = (
    "applicants",
    "selected",
    "ratings",
    "gaps_confirmed",
    "gaps_rejected",
    "revisions_approved",
    "plan_version",
    "visits_moved",
)
LONGEST = 900


def demo(home: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(home, "--approve", "yes", *more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, cwd=home.parent,
    )  # fmt: skip


def cut_the_power(child: subprocess.Popen[str], home: Path) -> int:
    """SIGKILL for the demo and everything that it started, its PostgreSQL too; how many processes that were."""
    pids = family(child.pid) | database(home)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    child.communicate()
    return len(pids)


def database(home: Path) -> set[int]:
    """PostgreSQL and its children; it may have been taken over from an earlier start."""
    moved = home / "postgres-is-at"
    data = Path(moved.read_text().strip()) if moved.exists() else home / "postgres"
    with suppress(OSError, ValueError, IndexError):
        return family(int((data / "postmaster.pid").read_text().splitlines()[0]))
    return set()


def ended(child: subprocess.Popen[str]) -> dict[str, object]:
    said, _ = child.communicate(timeout=LONGEST)
    assert child.returncode == 0, said[-3000:]
    return last_line(said)


@pytest.fixture
def home(tmp_path: Path):
    tmp_path.chmod(0o755)
    yield tmp_path / "home"
    postgres.stop_at(tmp_path / "home")


def killed_at(home: Path, points: list[float], tell, *more: str) -> dict[str, object]:
    """The last line of a demo that was killed after so many seconds of each start, and left alone in the end."""
    for seconds in points:
        child = demo(home, *more)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and child.poll() is None:
            time.sleep(0.05)
        if child.poll() is not None:
            tell(f"ended by itself before {seconds:.1f} s")
            return ended(child)
        count = cut_the_power(child, home)
        tell(f"killed {count} processes after {seconds:.1f} s, with {len(story(home))} things done")
    return ended(demo(home, *more))


def story(home: Path) -> dict[str, object]:
    with suppress(OSError, ValueError):
        return json.loads((home / "story.json").read_text())
    return {}


@pytest.mark.long
def test_the_demo_killed_twice_and_started_again_goes_on_to_the_confirmed_gap(home, tell):
    chance = random.Random(11)
    found = killed_at(home, [chance.uniform(8, 15), chance.uniform(10, 25)], tell, "--until", "2022-02-01")
    tell(json.dumps({name: found[name] for name in COUNTS}))
    assert (found["applicants"], found["selected"]) == (612, 180)
    assert found["ratings"] > 3000
    assert (found["gaps_confirmed"], found["revisions_approved"], found["plan_version"]) == (1, 0, 1)


@pytest.mark.long
def test_the_demo_killed_at_twenty_points_and_started_again_ends_the_same(home, tmp_path, tell):
    started = time.monotonic()
    alone = tmp_path / "alone"
    expected = ended(demo(alone))
    took = time.monotonic() - started
    postgres.stop_at(alone)
    tell(f"left alone, in {took:.0f} s: {json.dumps({name: expected[name] for name in COUNTS})}")
    chance = random.Random(20)
    found = killed_at(home, [chance.uniform(1, took / 3) for _ in range(20)], tell)
    assert {name: found[name] for name in COUNTS} == {name: expected[name] for name in COUNTS}
    assert found["effect"] == expected["effect"]
