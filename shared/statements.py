"""Plain SQL in a transaction, whoever carries it: a session with its objects, or the driver alone."""

import re
from collections.abc import Sequence
from typing import Any

from asyncpg import PostgresError  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncSession

READING = re.compile(r"\s*(SELECT\b|WITH\b(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))", re.IGNORECASE | re.DOTALL)


class Plain:
    """A transaction of the driver's own: statements with `$1`, no objects. `plain` in `shared/messaging` opens one.

    A session costs a process that has waited for its next message about a millisecond for each transaction, three times
    what the driver takes (`benchmarks/latency.py`). For doors and handlers that would send their own SQL anyway. There are
    no savepoints: an error of the server ends the transaction, and is raised at its end where somebody has caught it.
    """

    def __init__(self, connection: Any, info: dict[str, Any]) -> None:
        self.info, self.wrote = info, False
        self.failed: PostgresError | None = None
        self._connection = connection

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """The rows that a statement gives; none where it gives none."""
        self.wrote = self.wrote or not READING.match(statement)
        try:
            found: list[Any] = await self._connection.fetch(statement, *values)
        except PostgresError as failed:
            self.failed = failed
            raise
        return found

    async def each(self, statement: str, many: Sequence[Sequence[Any]]) -> None:
        """A statement that writes, once for each of these values."""
        self.wrote = self.wrote or bool(many)
        try:
            await self._connection.executemany(statement, many)
        except PostgresError as failed:
            self.failed = failed
            raise

    def end(self) -> None:
        """The connection belongs to others now: whoever kept this gets an error."""
        self._connection = None


Within = AsyncSession | Plain


async def rows(within: Within, statement: str, *values: Any) -> Sequence[Any]:
    """The rows that a statement with `$1` gives in this transaction; none where it gives none."""
    if isinstance(within, Plain):
        return await within.fetch(statement, *values)
    found = await (await within.connection()).exec_driver_sql(statement, values)
    return found.all() if found.returns_rows else ()


def info_of(within: Within) -> dict[str, Any]:
    """What this transaction remembers until its commit: what is said, and whom to wake."""
    return within.info if isinstance(within, Plain) else within.sync_session.info
