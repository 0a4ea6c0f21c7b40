"""What was asked for on the command line of the demo, and whether it makes sense."""

import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tailored.scenario_state import State

DEFAULT_SHORTFALL, MOST_SHORTFALL = 0.75, 1.5


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


def check(approve: str, shortfall: float, lang: str, transport: str) -> None:
    """Every choice makes sense; the first that does not is named in the language of the demo."""
    if lang not in {"zh", "en"}:
        raise ValueError(f"--lang: zh | en, {lang!r}")
    for option, given, possible in (
        ("--approve", approve, ("ask", "yes", "no")),
        ("--transport", transport, ("auto", "in-process", "rabbitmq")),
    ):
        if given not in possible:
            raise ValueError(
                f"{option} 只能是 {'、'.join(possible)}，不能是 {given!r}"
                if lang == "zh"
                else f"{option} is {', '.join(possible)}, not {given!r}"
            )
    if not 0 < shortfall <= MOST_SHORTFALL:
        raise ValueError(
            f"--shortfall 须大于 0 且不超过 {MOST_SHORTFALL:g} 级，不能是 {shortfall:g}"
            if lang == "zh"
            else f"--shortfall lies above 0 and is at most {MOST_SHORTFALL:g} levels, not {shortfall:g}"
        )


def check_where(url: str, *, kill: bool, lang: str) -> None:
    if url and kill:
        raise ValueError(
            "--kill 只能终止演示自己启动的服务：请去掉 --url"
            if lang == "zh"
            else "--kill kills what the demo has started: leave out --url"
        )


def check_that_somebody_can_be_asked(choices: Choices, *, reset: bool) -> None:
    """Before anything is forgotten or begun."""
    finished = not reset and State(choices.home / "story.json").get("finished")
    if choices.approve == "ask" and not finished and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ValueError(
            "没有终端，无法询问评审意见：请加 --approve yes 或 --approve no"
            if choices.lang == "zh"
            else "there is no terminal to ask the panels on: add --approve yes or --approve no"
        )
