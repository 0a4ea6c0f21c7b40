"""The sessions of a process on the database of its service."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL, make_url
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.util import greenlet_spawn

from shared.arrays import Knowing
from shared.settings import Settings

log = logging.getLogger("tailored.database")
LISTEN_AGAIN, ASK_EVERY = 1.0, 15.0
THE_ENGINES = ("prepared_statement_cache_size", "prepared_statement_name_func")
"""Options of a URL that are SQLAlchemy's own and no driver's."""


def engine_on(url: str, **pool: Any) -> AsyncEngine:
    """The engine that every process of a service has."""
    server = {"application_name": "tailored", "jit": "off"}
    return create_async_engine(
        url, connect_args={"connection_class": Knowing, "server_settings": server}, **pool
    )


def sessions_of(settings: Settings) -> async_sessionmaker[AsyncSession]:
    """Sessions on a small pool: many services share one machine in the demo."""
    pool = {"pool_size": settings.pool_size, "max_overflow": 5, "pool_recycle": 1800}
    return async_sessionmaker(engine_on(settings.database_url, **pool), expire_on_commit=False, info={})


async def driver_at(url: str | URL) -> Any:
    """A connection of the driver's own, in no pool, by the URL that the engine takes."""
    there = make_url(url)
    _, options = there.get_dialect()().create_connect_args(there)
    return await asyncpg.connect(
        **{name: value for name, value in options.items() if name not in THE_ENGINES}
    )


async def listen(
    url: str | URL, channel: str, hear: Callable[[str], None], begun: Callable[[], None]
) -> None:
    """For ever what NOTIFY tells on a channel, on a connection of its own; `begun` each time it is new, for what was missed."""
    while True:
        try:
            await _listen_once(await driver_at(url), channel, hear, begun)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is tried again
            log.warning("deaf %s %r", channel, error)
        await asyncio.sleep(LISTEN_AGAIN)


async def _listen_once(
    connection: Any, channel: str, hear: Callable[[str], None], begun: Callable[[], None]
) -> None:
    gone = asyncio.Event()
    try:
        connection.add_termination_listener(lambda *_: gone.set())
        await connection.add_listener(channel, lambda *notified: hear(notified[-1]))
        begun()
        while not gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ASK_EVERY):
                    await gone.wait()
                break
            await connection.fetchval("SELECT 1", timeout=ASK_EVERY)  # else nobody sees that the line is dead
    finally:
        with suppress(Exception):
            await connection.close(timeout=1)


@asynccontextmanager
async def driver(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Any]:
    """The driver's own connection from the pool, past SQLAlchemy: a third of the CPU of a statement.

    Raises ConnectionError where the server cannot be reached, or is lost before the block ends.
    """
    try:
        pooled = await sessions.kw["bind"].raw_connection()
        while pooled.driver_connection.is_closed():  # lost while it lay in the pool
            pooled.invalidate()
            pooled = await sessions.kw["bind"].raw_connection()
    except PoolExhausted:
        raise
    except Exception as refused:
        raise ConnectionError(f"no connection to the database: {refused}") from refused
    connection = pooled.driver_connection
    lost = False
    try:
        yield connection
    except Exception as error:  # the inner one: it was told that it is closed, and has not seen the end yet
        lost = connection.is_closed() or isinstance(error, asyncpg.InternalClientError)
        if lost:
            raise ConnectionError(f"the database is lost: {error}") from error
        raise
    finally:  # the pool does not notice what is done past it
        if lost or connection.is_closed() or connection.is_in_transaction():
            pooled.invalidate()
        else:
            await greenlet_spawn(pooled.close)
