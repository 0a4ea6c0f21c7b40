"""Runs a heart in a process of its own, so that it holds neither the event loop nor a transaction nor memory after."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any, TypeVar

Result = TypeVar("Result")
TOLD, GOOD, BAD = "told", "good", "bad"
START: BaseContext = get_context("spawn")
"""How a process begins: with nothing of ours in it, threads and connections least of all."""


class HeartStopped(Exception):  # noqa: N818 - it says what happened
    """The spawned process ended without an answer."""


async def run_spawned(
    heart: Callable[..., Result], *arguments: object, hear: Callable[[Any], None] | None = None
) -> Result:
    """The heart's answer; raises what it raised. Cancelled, it kills the process.

    With `hear`, the heart is also given `tell`: what it tells on its way is heard in the event loop, before its answer.
    """
    ours, theirs = START.Pipe(duplex=False)
    arrange = (theirs, heart, arguments, hear is not None)
    process = START.Process(target=_answer, args=arrange, daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()
    loop = asyncio.get_running_loop()

    def heard(said: Any) -> None:
        if hear:
            loop.call_soon_threadsafe(hear, said)

    try:
        good, answer = await asyncio.to_thread(_receive, ours, heard)
    finally:
        process.kill()
        process.join()
        ours.close()
    if good:
        return answer  # type: ignore[no-any-return]
    raise answer


def _receive(ours: Connection, heard: Callable[[Any], None]) -> tuple[bool, Any]:
    try:
        while True:
            kind, said = ours.recv()
            if kind != TOLD:
                return kind == GOOD, said
            heard(said)
    except EOFError:
        return False, HeartStopped("The process ended without an answer.")


def _answer(
    theirs: Connection,
    heart: Callable[..., Any],
    arguments: tuple[object, ...],
    telling: bool,  # noqa: FBT001 - it crosses to another process by place
) -> None:
    more = {"tell": lambda said: theirs.send((TOLD, said))} if telling else {}
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        try:
            theirs.send((GOOD, heart(*arguments, **more)))
        except Exception as failed:  # noqa: BLE001 - it is raised again where the heart was asked
            failed.add_note(traceback.format_exc())
            try:
                theirs.send((BAD, failed))
            except Exception:  # noqa: BLE001 - an exception that cannot be pickled
                theirs.send((BAD, RuntimeError(traceback.format_exc())))
