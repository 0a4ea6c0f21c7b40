"""The sessions of a process on the database of its service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from shared.arrays import Knowing
from shared.settings import Settings


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


async def driver_at(url: str) -> Any:
    """A connection of the driver's own, in no pool, by the URL that the engine takes."""
    there = make_url(url)
    _, options = there.get_dialect()().create_connect_args(there)
    return await asyncpg.connect(**options)


@asynccontextmanager
async def driver(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Any]:
    """The driver's own connection from the pool, where a few statements are sent all day: they take a third of the CPU."""
    async with sessions.kw["bind"].connect() as pooled:
        connection = (await pooled.get_raw_connection()).driver_connection
        try:
            yield connection
        except asyncpg.InternalClientError:  # it was told that it is closed, and has not seen the end yet
            await pooled.invalidate()
            raise
        finally:
            if connection.is_closed():  # the pool does not notice what is done past it
                await pooled.invalidate()
