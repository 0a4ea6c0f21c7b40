"""Reads back what the broker gave up delivering, into `failed_message`, so that there is one place to look."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging.delivery import delivered
from shared.messaging.failures import Failure, keep
from shared.messaging.inbox import FirstTime
from shared.messaging.listener import Handler, Listener


class GivenUp(ValueError):  # noqa: N818 - it says what happened
    """The broker delivered it too often without an answer: it may have ended the process each time."""


async def keep_dead_letter(on: Listener, sessions: async_sessionmaker[AsyncSession], raw: Any) -> None:
    """Kept as dead, unless it has taken effect after all."""
    deaths = raw.headers.get("x-death") or [{}]
    queue, keys = (
        str(deaths[0].get("queue", raw.routing_key)),
        deaths[0].get("routing-keys") or [raw.routing_key],
    )
    handler = on.handlers.get(queue) or _unknown(on.service, queue)
    one = delivered(raw.headers, raw.body, str(keys[0]), raw.message_id, None)
    one.attempts = 99
    async with sessions.begin() as session:
        if await FirstTime().take(session, handler, [one]):
            await keep(session, handler, [Failure(one, GivenUp(str(deaths[0].get("reason", ""))))])


def _unknown(service: str, queue: str) -> Handler:
    """A handler of another release: its messages are kept under its name for whoever knows it."""

    async def unknown() -> None:
        """Nobody calls this."""

    unknown.__name__ = queue.partition(".")[2] or queue
    return Handler(service, unknown, (), "commutes")
