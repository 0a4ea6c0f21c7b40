"""Wakes the parts of a service that other processes play: after the commit, by PostgreSQL's NOTIFY.

A ring may be lost, with its process or where a pooler of connections stands before who listens; the part's own short
poll finds what it would have told. It goes out after the commit and not within: a NOTIFY is committed under a lock of the
whole server, which would be held until the commit has reached the disk.
"""

import asyncio
import logging
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.database import driver, listen

log = logging.getLogger("tailored.bell")
CHANNEL = "woken"
FAR = frozenset({"relay", "retrying", "worker"})
"""What may be far away and is waited for; a timer is not due to the millisecond."""
AT_MOST_EVERY = 0.02
PATIENCE = 2.0
RING = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS value)
SELECT pg_notify($1, $2) FROM soon
"""


class Bell:
    """Of one process: rings for the parts that it does not play, and hears for those that it does."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], here: set[str]) -> None:
        self._sessions, self.here, self.elsewhere = sessions, FAR & here, FAR - here
        self._parts: set[str] = set()
        self._rung = asyncio.Event()

    def ring(self, parts: set[str]) -> None:
        """Something was committed that these parts may wait for."""
        if parts & self.elsewhere:
            self._parts |= parts & self.elsewhere
            self._rung.set()

    async def ringing(self) -> None:
        """For ever: the first ring at once, those that follow it together."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            parts, self._parts = self._parts, set()
            try:
                async with asyncio.timeout(PATIENCE), driver(self._sessions) as connection:
                    await connection.execute(RING, CHANNEL, " ".join(sorted(parts)))
            except Exception as error:  # noqa: BLE001 - they find it by themselves, a little later
                log.info("not_rung %r", error)
            await asyncio.sleep(AT_MOST_EVERY)

    async def hearing(self, wake: Callable[[set[str]], None]) -> None:
        """For ever."""
        url = self._sessions.kw["bind"].url
        await listen(url, CHANNEL, lambda parts: wake(set(parts.split())), lambda: wake(set(self.here)))
