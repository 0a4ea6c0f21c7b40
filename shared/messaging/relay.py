"""The only publisher: takes what the outbox holds to the transport, in order for each key, until it is confirmed."""

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.database import driver
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.forgetting import sweep_outbox
from shared.messaging.handed import SENT as SENT_OF_HANDED
from shared.messaging.handed import Handed, Row
from shared.messaging.heads import BEGIN, HEADS, LOCK, REJECT, SENT
from shared.messaging.schema import SHARDS
from shared.observability import published

log = logging.getLogger("tailored.relay")
AT_MOST, MOST_BYTES = 2000, 1 << 24
SHARDS_AT_ONCE = SHARDS  # all that are free: one transaction for a burst, not two
LONGEST_TRANSACTION = 5.0
FEW = 20
"""So many are sent at once however slow the broker is."""
POLL = 0.5
BRIEFLY = 0.002
"""Seconds, where something was committed that another relay seems to hold."""
BREATH, LONGEST_BREATH = 0.00025, 0.05
"""Seconds for each event that a relay has just sent, and at most, until it looks again: many are taken together, one is not kept waiting."""
SWEEP_EVERY = 20_000

Messages = Sequence[tuple[Envelope, bytes]]


class Transport(Protocol):
    """Where messages go: RabbitMQ or the hub of one process."""

    async def connect(self) -> None:
        """Return when publishing is possible."""

    async def publish(self, messages: Messages) -> None:
        """Return when all are confirmed; raise NotConfirmed where one is not."""

    async def unrouted(self) -> int:
        """How many messages nobody's queue took."""

    async def drop(self) -> None:
        """Give the connection up."""


class Relay:
    """Any number of these may run beside one another: a shard row says who sends which keys."""

    def __init__(
        self,
        service: str,
        sessions: async_sessionmaker[AsyncSession],
        transport: Transport,
        sweep_every: int = SWEEP_EVERY,
    ) -> None:
        self.service, self.state = service, "starting"
        self._sessions, self.transport = sessions, transport
        self._woken = asyncio.Event()
        self._handed, self._one_at_a_time = Handed(), asyncio.Lock()
        self._look, self._looked, self._rests = True, 0.0, 0.0
        self._window, self._more = AT_MOST, False
        self._refused = 0
        self._first = 0
        self._sweep_every, self._unswept = sweep_every, 0

    def wake(self) -> None:
        """Something was committed, here or elsewhere: ends a long rest; a breath it lets be."""
        self._look = True
        if self._rests >= POLL:
            self._woken.set()

    def hand(self, rows: Sequence[Row]) -> None:
        """These were committed, and nothing of their keys stands before them."""
        self._look |= self.state != "ok" or not self._handed.take(rows)
        self._woken.set()

    async def run(self) -> None:
        """For ever: send what is there, else wait for a commit, with a short poll as the net for what a crash left."""
        wait = 0.1
        while True:
            try:
                async with asyncio.timeout(30):
                    await self.transport.connect()
                self.state = "ok"
                self._woken.clear()
                await self._rest(await self._turn())
                wait = 0.1
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - broker or database are away: said, and tried again
                self.state = f"{type(error).__name__}: {error}"[:200]
                self._look = True
                log.warning("relay_waits %s %s", self.service, self.state)
                await asyncio.sleep(wait)
                wait = min(2.0, wait * 2)

    async def _turn(self) -> float:
        """What was handed over, then, where anything may be there, the outbox; returns the seconds to rest."""
        now = asyncio.get_running_loop().time()
        if await self.send_handed() and not self._look and now < self._looked + POLL:
            return POLL
        self._look, self._looked = False, now
        sent = await self.relay_once()
        return 0.0 if self._more else min(sent * BREATH, LONGEST_BREATH) if sent else POLL

    async def _rest(self, seconds: float) -> None:
        self._rests = BRIEFLY if self._look and seconds >= POLL else seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(self._rests):
                await self._woken.wait()
        self._rests = 0.0

    async def send_handed(self) -> int:
        """Straight to the transport, then out of the outbox. Returns how many were sent."""
        async with self._one_at_a_time:
            messages = [self._message(row) for row in self._handed.give()]
            if not messages:
                return 0
            await self._publish(messages)
            async with driver(self._sessions) as connection:
                ids = [envelope.id for envelope, _ in messages]
                self._look |= await connection.fetchval(SENT_OF_HANDED, ids)
        await self._count(len(messages))
        return len(messages)

    async def relay_once(self) -> int:
        """One short transaction: lock shards, read their heads, publish, delete. Returns how many were sent."""
        self._more = False
        async with (
            self._one_at_a_time,
            driver(self._sessions) as connection,
            asyncio.timeout(LONGEST_TRANSACTION * 2),
            connection.transaction(),
        ):
            if not self._refused:  # else the same shards, until the offender among their heads stands alone
                self._first = random.randrange(SHARDS)  # noqa: S311
            await connection.execute(BEGIN)
            locked = [row[0] for row in await connection.fetch(LOCK, self._first, SHARDS, SHARDS_AT_ONCE)]
            rows = await connection.fetch(HEADS, locked, self._window, MOST_BYTES) if locked else []
            if not rows:
                return 0
            messages = [self._message(row) for row in rows]
            begun = asyncio.get_running_loop().time()
            try:
                await self._publish(messages)
            except TimeoutError:  # too much at once for how slow the broker is; nobody's fault
                self._refused = 0
                self._window = max(min(self._window, FEW), len(messages) // 2)
                raise
            except NotConfirmed as refused:
                return await self._narrow(connection, messages, refused)
            self._refused = 0
            quick = asyncio.get_running_loop().time() - begun < LONGEST_TRANSACTION / 4
            full = len(rows) >= self._window
            self._more = full or sum(len(body) for _, body in messages) >= MOST_BYTES
            if quick and full:
                self._window = min(AT_MOST, self._window * 2)
            ids = [row[0] for row in rows]
            await connection.execute(SENT, ids)
            self._handed.forget(ids)
        await self._count(len(rows))
        return len(rows)

    async def _publish(self, messages: Messages) -> None:
        try:
            async with asyncio.timeout(LONGEST_TRANSACTION):
                await self.transport.publish(messages)
        except TimeoutError:
            await self.transport.drop()
            raise TimeoutError(f"{len(messages)} events at once were not confirmed in time") from None

    async def _count(self, sent: int) -> None:
        published.labels(self.service, "confirmed").inc(sent)
        self._unswept += sent
        if self._unswept >= self._sweep_every:
            self._unswept = 0
            await sweep_outbox(self._sessions)

    async def _narrow(self, connection: Any, messages: Messages, refused: NotConfirmed) -> int:
        """Sent again from the outbox; after a second failure in ever smaller parts, until the offender stands alone."""
        self._refused += 1
        published.labels(self.service, "not_confirmed").inc(len(messages))
        if self._refused < 2:
            raise refused
        if self._window > 1:
            self._window = max(1, min(self._window, len(messages)) // 2)
            raise refused
        envelope = messages[0][0]
        log.error("message_rejected %s %s: %s", envelope.id, envelope.topic, refused)
        await connection.execute(REJECT, envelope.id, json.dumps(envelope.headers()), str(refused))
        self._refused = 0
        await self.transport.connect()
        return 1

    def _message(self, row: Any) -> tuple[Envelope, bytes]:
        (
            said_id,
            key,
            sequence,
            topic,
            kind,
            body,
            correlation,
            causation,
            traceparent,
            extensions,
            said_at,
        ) = row
        envelope = Envelope(
            id=said_id,
            type=kind,
            topic=topic,
            source=f"/tailored/{self.service}",
            key=key,
            sequence=sequence,
            time=said_at,
            correlation=correlation,
            causation=causation,
            traceparent=traceparent,
            extensions=json.loads(extensions) if extensions != "{}" else {},
        )
        return envelope, body
