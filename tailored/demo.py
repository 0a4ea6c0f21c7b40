"""`tailored demo`: the paper's Jingye 2021 programme, until something an enterprise reported has changed the curriculum."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tailored import demo_memory, scenario
from tailored.demo_choices import (
    DEFAULT_SHORTFALL,
    Choices,
    check,
    check_that_somebody_can_be_asked,
    check_where,
)
from tailored.demo_home import alone, forget, story_of
from tailored.demo_system import Running, choose, elsewhere
from tailored.scenario_client import Client, NeverCame, Refused
from tailored.scenario_panels import Rejected
from tailored.scenario_run import Run
from tailored.scenario_state import State
from tailored.scenario_words import Teller

NOT_CLOSED, BAD_INPUT, SAID_NO, INTERRUPTED = 1, 2, 3, 130
DEFAULT_SEED = 2021
KILL_AFTER = 2000
NoShortfall = Annotated[bool, typer.Option("--no-shortfall", help="nothing is short: nothing is revised")]
Kill = Annotated[bool, typer.Option("--kill", help="kill a service in mid-flow and compare the counts")]
Once = Annotated[bool, typer.Option("--once", help="end when the loop has closed; exit 0 only then")]
Reset = Annotated[bool, typer.Option("--reset", help="forget the story that is kept here and start anew")]


def demo(  # noqa: PLR0913, PLR0917 - the options of the command
    approve: Annotated[str, typer.Option(help="how the panels vote: ask, yes or no")] = "ask",
    seed: Annotated[int, typer.Option(help="another seed is another generated world")] = DEFAULT_SEED,
    no_shortfall: NoShortfall = False,  # noqa: FBT002
    shortfall: Annotated[
        float,
        typer.Option(
            help="levels by which one competency is short: .75, or .3, which one cohort seldom proves"
        ),
    ] = DEFAULT_SHORTFALL,
    kill: Kill = False,  # noqa: FBT002
    once: Once = False,  # noqa: FBT002
    reset: Reset = False,  # noqa: FBT002
    lang: Annotated[str, typer.Option(help="zh or en")] = "zh",
    transport: Annotated[str, typer.Option(help="auto, in-process or rabbitmq")] = "auto",
    until: Annotated[
        str, typer.Option(help="end early, at this first day of a month: 2022-02-01", hidden=True)
    ] = "",
    port: Annotated[
        int, typer.Option(help="of the pages; the next free one is taken where it is busy")
    ] = 8000,
    url: Annotated[
        str,
        typer.Option(help="play on a system that runs already, of the environment `demo`: compose's, say"),
    ] = "",
    home: Annotated[Path, typer.Option(help="where the data of the demo are kept")] = Path(".tailored"),
) -> None:
    """Play the paper's Jingye programme; then the pages stay at http://127.0.0.1:8000."""
    check(approve, shortfall, lang, transport)
    check_where(url, kill=kill, lang=lang)
    early = date.fromisoformat(until) if until else None
    choices = Choices(approve, seed, None if no_shortfall else shortfall, kill, once, lang, home, early)
    console = Console(highlight=False)
    check_that_somebody_can_be_asked(choices, reset=reset)
    if reset:
        forget(home)
    state = story_of(choices)
    lock = alone(home)
    system = elsewhere(url, home, lang, console) if url else choose(transport, port, home, lang, console)
    code = INTERRUPTED
    try:
        with contextlib.suppress(KeyboardInterrupt):
            code = asyncio.run(_run(choices, state, system, console))
        if system.module and not once:
            console.print("正在有序停止……" if lang == "zh" else "Stopping in order ...")
    finally:
        system.stop()
        lock.close()
    raise typer.Exit(code)


async def _run(choices: Choices, state: State, system: Running, console: Console) -> int:
    tell = Teller(console, choices.lang)
    client = Client(system.url, choices.seed, choices.lang)
    started = time.monotonic()
    memory = demo_memory.Watch(choices.home)
    watching = asyncio.create_task(memory.run())
    try:
        system.start()
        await system.ready(client.ready())
        ready = time.monotonic()
        pages = f"{system.url}/"
        tell.say(
            f"就绪（{ready - started:.1f} 秒）：{pages}",
            f"Ready after {ready - started:.1f} s: {pages}",
            "green",
        )
        run = Run(
            client,
            state,
            tell,
            _approver(choices, console),
            choices.shortfall,
            _disturber(choices, state, system, tell),
            until=choices.until,
        )
        found, code = await _play(run, choices)
        tell.still()
        found |= {"seconds": round(time.monotonic() - ready, 1), "generated": True}
        tell.say("用时 {seconds} 秒".format(**found), "Took {seconds} s".format(**found))
        if system.module:
            found |= {"peak_mb": round(memory.peak_mb), "broker_mb": round(memory.broker_mb)}
            tell.say(*_memory(**found))
        if not choices.once and code == 0:
            told_to_stop = _told_to_stop()
            tell.say(
                f"页面保持打开：{pages}   Ctrl-C 结束，再次运行会从这里继续",
                f"The pages stay at {pages}   Ctrl-C ends; another start goes on from here",
                "green",
            )
            console.print_json(json.dumps(found, ensure_ascii=False)) if sys.stdout.isatty() else print(
                json.dumps(found, ensure_ascii=False), flush=True
            )
            await told_to_stop.wait()
            return 0
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return code
    finally:
        tell.still()
        watching.cancel()
        await client.close()


def _memory(peak_mb: int, broker_mb: int, **_: object) -> tuple[str, str]:
    """What it took, zh and en; a RabbitMQ of our own is told beside it."""
    return (
        f"内存峰值 {peak_mb} MB（PSS，含 PostgreSQL）"
        + (f"，另有 RabbitMQ {broker_mb} MB" if broker_mb else ""),
        f"Peak memory {peak_mb} MB (PSS, PostgreSQL included)"
        + (f", and {broker_mb} MB of RabbitMQ" if broker_mb else ""),
    )


async def _play(run: Run, choices: Choices) -> tuple[dict[str, Any], int]:
    """The found values and the exit code."""
    try:
        found = await scenario.play(run)
    except Rejected:
        return await scenario.found(run), SAID_NO
    except (NeverCame, Refused) as stopped:
        run.tell.say(f"循环没有闭合：{stopped}", f"The loop did not close: {stopped}", "red")
        return {"error": str(stopped), "seed": choices.seed}, NOT_CLOSED
    if choices.until or _ended_well(found, choices):
        return found, 0
    counts = found["ratings"], found["gaps_confirmed"], found["plan_version"]
    run.tell.say(
        "循环没有闭合：{} 条评价，确认差距 {} 个，方案停在第 {} 版".format(*counts),
        "The loop did not close: {} ratings, {} gaps confirmed, the plan is at version {}".format(*counts),
        "red",
    )
    return found, NOT_CLOSED


def _ended_well(found: dict[str, Any], choices: Choices) -> bool:
    """Where something is short the effect of its revision is measured; where nothing is short nothing was revised."""
    if choices.shortfall is None:
        return found["plan_version"] == 1 and not found["gaps_confirmed"]
    return bool(found["effect"]) and found["plan_version"] > 1


def _approver(choices: Choices, console: Console) -> Callable[[dict[str, Any]], Awaitable[str]]:
    async def approve(revision: dict[str, Any]) -> str:  # noqa: ARG001 - it has been shown already
        if choices.approve != "ask":
            return choices.approve
        words = (
            "双方评审是否同意这一修订？[y/n] "
            if choices.lang == "zh"
            else "Do both panels approve this revision? [y/n] "
        )
        while True:
            console.print(words, end="", markup=False)
            said = (await _typed()).strip().lower()
            if said in {"y", "yes", "是", "同意"}:
                return "yes"
            if said in {"n", "no", "否", "不同意"}:
                return "no"

    return approve


async def _typed() -> str:
    """A line of the terminal; no thread waits for it, so that Ctrl-C ends the question too. Ctrl-D is Ctrl-C."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()
    loop.add_reader(sys.stdin, lambda: line.set_result(sys.stdin.readline()))
    try:
        if not await line:
            raise KeyboardInterrupt
    finally:
        loop.remove_reader(sys.stdin)
    return line.result()


def _disturber(
    choices: Choices, state: State, system: Running, tell: Teller
) -> Callable[[str], Awaitable[None]]:
    """With --kill: once, in the middle of a month's ratings, something dies."""

    async def disturb(moment: str) -> None:
        if (
            not choices.kill
            or state.get("killed")
            or moment != "between"
            or (state.get("ratings_2021") or 0) < KILL_AFTER
        ):
            return
        state.put(killed="told")
        what = await asyncio.to_thread(system.kill_one)
        tell("killed", what=what)
        await asyncio.to_thread(system.start)
        tell("back", what=what)

    return disturb


def _told_to_stop() -> asyncio.Event:
    """Set by Ctrl-C from now on, which is then an end like any other."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    return stop


def main() -> None:  # pragma: no cover - for `python -m tailored.demo`
    """The same without the other commands."""
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    typer.run(demo)
