"""Runs a heart in a process of its own, so that it holds neither the event loop nor a transaction nor memory after."""

import asyncio
import contextlib
import traceback
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

Result = TypeVar("Result")


class HeartStopped(Exception):  # noqa: N818 - it says what happened
    """The spawned process ended without an answer."""


async def run_spawned(heart: Callable[..., Result], *arguments: object) -> Result:
    """The heart's answer; raises what it raised. Cancelled, it kills the process."""
    ours, theirs = get_context("spawn").Pipe(duplex=False)
    process = get_context("spawn").Process(target=_answer, args=(theirs, heart, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        good, answer = await asyncio.to_thread(_receive, ours)
    finally:
        process.kill()
        process.join()
        ours.close()
    if good:
        return answer  # type: ignore[no-any-return]
    raise answer


def _receive(ours: Connection) -> tuple[bool, Any]:
    try:
        good, answer = ours.recv()
    except EOFError:
        return False, HeartStopped("The process ended without an answer.")
    return good, answer


def _answer(theirs: Connection, heart: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        try:
            theirs.send((True, heart(*arguments)))
        except Exception as failed:  # noqa: BLE001 - it is raised again where the heart was asked
            failed.add_note(traceback.format_exc())
            try:
                theirs.send((False, failed))
            except Exception:  # noqa: BLE001 - an exception that cannot be pickled
                theirs.send((False, RuntimeError(traceback.format_exc())))
