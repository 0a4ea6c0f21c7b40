"""Runs the command `tailored demo` as a person does, in one process of services, and reads its last line."""

import json
import subprocess
import sys
from pathlib import Path

from tailored import postgres
from tailored.broker import free_ports

TAILORED = Path(sys.executable).with_name("tailored")
PATIENCE = 900


def command(home, *more, seed=2021):
    where = ("--home", str(home), "--port", str(free_ports(1)[0]))
    return [
        str(TAILORED), "demo", *where, "--seed", str(seed), "--transport", "in-process", "--once", "--lang", "en", *more,
    ]  # fmt: skip


def play(home, *more, seed=2021, again=False):
    """Exit code, the JSON of the last line, and everything that was said. The demo leaves no server behind.

    Data of a home that the server's user cannot reach lie elsewhere, and are kept where the story is to go on.
    """
    done = subprocess.run(
        command(home, *more, seed=seed), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    left = postgres.runs_at(home)
    if not again:
        postgres.stop_at(home)
    assert not left, "the demo has ended and its PostgreSQL runs on"
    return done.returncode, last_line(done.stdout), done.stdout + done.stderr


def last_line(said):
    lines = said.strip().splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
