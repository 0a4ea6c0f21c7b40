"""Transactions of the driver's own that say events as a session's do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.database import driver
from shared.messaging import outbox
from shared.messaging.listener import Handler
from shared.statements import Plain, Within

Sessions = async_sessionmaker[AsyncSession]
TURNS_OF_RELAY = 2
"""Of the event loop, in which the relay writes what went straight to its socket: a request's answer comes after it."""


@asynccontextmanager
async def plain(sessions: Sessions) -> AsyncIterator[Plain]:
    """Statements on a connection of these sessions' pool, committed at the end of the block; `emit` works within."""
    info = dict(sessions.kw.get("info") or {})
    async with driver(sessions) as connection:
        async with connection.transaction():
            statements = Plain(connection, info)
            try:
                yield statements
                if statements.failed:  # caught, and yet nothing of this transaction can be kept
                    raise statements.failed
                if info.get("said"):
                    await _write(statements)
            finally:
                statements.end()
        if outbox.committed(info):
            for _ in range(TURNS_OF_RELAY):
                await asyncio.sleep(0)


async def _write(statements: Plain) -> None:
    leaving = outbox.Leaving.of(statements.info["said"], straight="hand" in statements.info)
    if leaving.every_key:
        await statements.fetch(outbox.LOCK_EVERY_KEY, outbox.EVERY_KEY)
    outbox.written(
        statements.info, leaving.handed(await statements.fetch(leaving.statement, *leaving.values))
    )


def opened(handler: Handler, sessions: Sessions) -> AbstractAsyncContextManager[Within]:
    """The transaction of a batch: a session, or plain statements where the handler asks for them."""
    return plain(sessions) if handler.plain else sessions.begin()
