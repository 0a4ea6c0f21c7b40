"""A home keeps one story of the demo: its data, its choices, and a lock, so that one demo plays at a time."""

import fcntl
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO

from tailored import postgres
from tailored.scenario_state import State


@dataclass(frozen=True)
class Choices:
    """What was asked for on the command line; a home keeps one story."""

    approve: str
    seed: int
    shortfall: float | None
    kill: bool
    once: bool
    lang: str
    home: Path
    until: date | None


def story_of(choices: Choices) -> State:
    """The story of this home; another world needs --reset."""
    choices.home.mkdir(parents=True, exist_ok=True)
    state = State(choices.home / "story.json")
    world = [choices.seed, choices.shortfall]
    kept = state.get("world")
    if kept and kept != world:
        short = "no shortfall" if kept[1] is None else f"shortfall {kept[1]:g}"
        raise ValueError(
            f"{choices.home} keeps the story of --seed {kept[0]} ({short}): add --reset to start anew"
        )
    state.put(world=world)
    return state


def alone(home: Path) -> IO[str]:
    """One demo on one home at a time."""
    lock = (home / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(f"another demo runs on {home}: end it first, or name another --home") from None
    return lock


def forget(home: Path) -> None:
    """Stop what still runs there and remove it."""
    if not home.exists():
        return
    if not (home / "story.json").exists() and not (home / "postgres").exists() and any(home.iterdir()):
        raise ValueError(f"{home} is not the home of a demo: nothing was removed")
    alone(home).close()
    postgres.stop_at(home)
    shutil.rmtree(home)
