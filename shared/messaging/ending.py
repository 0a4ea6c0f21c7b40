"""Ends tasks for certain: a driver that is closing a lost connection may swallow a cancellation."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_AFTER = 1.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel them, again and again, until all have ended."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN_AFTER)
