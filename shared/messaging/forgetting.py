"""Forgets what no redelivery can ask for any more, a bounded batch at a time; sweeps up where rows come and go all day."""

from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

KEPT = timedelta(days=30)
AT_ONCE = 2000
# Ids are UUIDv7, so the primary key is in order of time. What is kept as failed keeps its row.
INBOX = """
DELETE FROM inbox WHERE (message_id, handler) IN (
  SELECT message_id, handler FROM inbox WHERE message_id < $1 AND outcome IN ('done', 'stale')
  ORDER BY message_id LIMIT $2)
"""
JOBS = """
DELETE FROM job WHERE id IN (
  SELECT id FROM job WHERE id < $1 AND state = 'done' ORDER BY id LIMIT $2)
"""


async def forget_old(
    sessions: async_sessionmaker[AsyncSession], before: datetime | None = None, most: int = AT_ONCE
) -> int:
    """One short transaction; returns how many rows went, so that there may be more where it is `most`."""
    oldest = first_id_of(before or datetime.now(UTC) - KEPT)
    async with sessions.begin() as session:
        connection = await session.connection()
        gone = [await connection.exec_driver_sql(one, (oldest, most)) for one in (INBOX, JOBS)]
    return sum(cast("CursorResult[object]", one).rowcount for one in gone)


async def sweep_outbox(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Give the space of what was sent to what will be said: autovacuum looks once a minute, which is half a gigabyte."""
    async with sessions.kw["bind"].connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("VACUUM (SKIP_LOCKED, TRUNCATE OFF) outbox")


def first_id_of(moment: datetime) -> UUID:
    """The smallest UUIDv7 of this moment."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))
