"""A home keeps one story of the demo: its data, its choices, and a lock, so that one demo plays at a time."""

import fcntl
import shutil
from pathlib import Path
from typing import IO

from tailored import postgres
from tailored.demo_choices import Choices
from tailored.scenario_state import State


def story_of(choices: Choices) -> State:
    """The story of this home; another world needs --reset."""
    choices.home.mkdir(parents=True, exist_ok=True)
    state = State(choices.home / "story.json")
    world = [choices.seed, choices.shortfall]
    kept = state.get("world")
    if kept and kept != world:
        asked = f"--seed {kept[0]} {'--no-shortfall' if kept[1] is None else f'--shortfall {kept[1]:g}'}"
        raise ValueError(
            f"{choices.home} 保存着 {asked} 的演示：加 --reset 重新开始"
            if choices.lang == "zh"
            else f"{choices.home} keeps the story of {asked}: add --reset to start anew"
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
    others = {entry.name for entry in home.iterdir()} - {"error.log"}
    if others and not others & {"story.json", "postgres"}:
        raise ValueError(f"{home} is not the home of a demo: nothing was removed")
    alone(home).close()
    postgres.stop_at(home)
    shutil.rmtree(home)
