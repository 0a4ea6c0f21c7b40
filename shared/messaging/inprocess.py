"""The transport of a single process: durable, in the receiving service's own database, behind the same relay.

It confirms after the message stands in the receiving handler's queue table, as RabbitMQ confirms after enqueueing, so
that relay and handlers never wait for one another's transactions.
"""

import asyncio
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging.delivery import Delivery, delivered
from shared.messaging.ending import end
from shared.messaging.envelope import Envelope
from shared.messaging.faults import DatabaseAway, NotConfirmed
from shared.messaging.inbox import handle
from shared.messaging.listener import EVERYTHING, FOR_PEOPLE, Handler, Listener

log = logging.getLogger("tailored.hub")
AT_MOST = 200
UNROUTED = "unrouted"

ENQUEUE = """
INSERT INTO arrival (handler, message_id, topic, body, headers)
SELECT handler, message_id, topic, body, headers::jsonb
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::bytea[], $5::text[])
  AS a (handler, message_id, topic, body, headers)
ON CONFLICT (handler, message_id) DO NOTHING
"""
NEXT = """
SELECT id, message_id, topic, body, headers::text FROM arrival WHERE handler = $1 AND id > $2 ORDER BY id LIMIT $3
"""
LEFT_OVER = "SELECT count(*) FROM arrival WHERE handler = $1"
TAKEN = "DELETE FROM arrival WHERE id = ANY($1::bigint[])"


@dataclass
class Receiver:
    """A service that listens in this process."""

    on: Listener
    sessions: async_sessionmaker[AsyncSession]
    arrived: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrived = {name: asyncio.Event() for name in self.on.handlers}


class Hub:
    """Every service of the process is joined to it before the first relay runs."""

    def __init__(self) -> None:
        self.receivers: dict[str, Receiver] = {}
        self.expected: set[str] = set()

    def join(self, on: Listener, sessions: async_sessionmaker[AsyncSession]) -> Receiver:
        """A service listens from now on."""
        receiver = Receiver(on, sessions)
        self.receivers[on.service] = receiver
        return receiver

    def transport_for(self, service: str) -> "HubTransport":
        """What the relay of a service publishes to."""
        return HubTransport(self, service)

    def takers(self, topic: str) -> list[tuple[Receiver, Handler]]:
        """Who hears this topic."""
        return [
            (receiver, handler)
            for receiver in self.receivers.values()
            for handler in receiver.on.handlers.values()
            if any(matches(pattern, topic) for pattern in handler.topics)
        ]


class HubTransport:
    """The relay's side of the hub."""

    def __init__(self, hub: Hub, service: str) -> None:
        self._hub, self._service = hub, service

    async def connect(self) -> None:
        """Wait until every service that was announced has joined: an early event would find no queue."""
        while not self._hub.expected <= self._hub.receivers.keys():  # noqa: ASYNC110 - once, at the start
            await asyncio.sleep(0.02)

    async def drop(self) -> None:
        """There is no connection."""

    async def publish(self, messages: Sequence[tuple[Envelope, bytes]]) -> None:
        """One transaction in the database of each receiver."""
        rows: dict[str, list[tuple[str, Envelope, bytes]]] = {}
        for envelope, body in messages:
            takers = self._hub.takers(envelope.topic)
            for receiver, handler in takers:
                rows.setdefault(receiver.on.service, []).append((handler.name, envelope, body))
            if envelope.topic not in FOR_PEOPLE and not any(handler.hears for _, handler in takers):
                log.warning("unrouted %s %s", envelope.topic, envelope.id)
                rows.setdefault(self._service, []).append((UNROUTED, envelope, body))
        for service, wanted in rows.items():
            await self._enqueue(service, wanted)

    async def unrouted(self) -> int:
        """How many messages of this service nobody's queue took."""
        receiver = self._hub.receivers.get(self._service)
        if receiver is None:
            return 0
        async with receiver.sessions() as session:
            counted = await (await session.connection()).exec_driver_sql(LEFT_OVER, (UNROUTED,))
            return int(counted.scalar_one())

    async def _enqueue(self, service: str, wanted: list[tuple[str, Envelope, bytes]]) -> None:
        receiver = self._hub.receivers.get(service)
        if receiver is None:
            raise NotConfirmed(f"{service} has not joined")
        columns = (
            [name for name, _, _ in wanted],
            [envelope.id for _, envelope, _ in wanted],
            [envelope.topic for _, envelope, _ in wanted],
            [body for _, _, body in wanted],
            [json.dumps(envelope.headers()) for _, envelope, _ in wanted],
        )
        async with receiver.sessions.begin() as session:
            await (await session.connection()).exec_driver_sql(ENQUEUE, columns)
        arrived = self._hub.receivers[service].arrived  # of whoever listens by now
        for name in set(columns[0]) & arrived.keys():
            arrived[name].set()


class HubConsumer:
    """Takes what stands in the queue tables of one service to its handlers, one batch of each at a time."""

    def __init__(self, receiver: Receiver, connections: int) -> None:
        self._receiver, self._free = receiver, asyncio.Semaphore(connections)
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    async def run(self) -> None:
        """Start a task for each handler; what an earlier process left is taken first."""
        handlers = self._receiver.on.handlers.values()
        self._tasks = [asyncio.create_task(self._work(handler), name=handler.name) for handler in handlers]

    async def _work(self, handler: Handler) -> None:
        arrived = self._receiver.arrived[handler.name]
        while not self._stopping:
            arrived.clear()
            try:
                async with self._free:
                    taken = await self._batch(handler)
            except DatabaseAway as away:
                log.warning("paused %s: %r", handler.name, away.__cause__)
                taken = await _breath()
            except Exception:
                log.exception("batch_failed %s", handler.name)
                taken = await _breath()
            if not taken:
                await arrived.wait()

    async def _batch(self, handler: Handler) -> int:
        sessions = self._receiver.sessions
        async with sessions() as session:
            rows: Sequence[Any] = (
                await (await session.connection()).exec_driver_sql(NEXT, (handler.name, 0, AT_MOST))
            ).all()
        if not rows:
            return 0
        batch: list[Delivery] = [
            delivered(json.loads(headers), body, topic, str(message_id), row_id)
            for row_id, message_id, topic, body, headers in rows
        ]
        await handle(handler, batch, sessions)
        async with (
            sessions.begin() as session
        ):  # the acknowledgement: after the commit, as a broker's would be
            await (await session.connection()).exec_driver_sql(TAKEN, ([one.token for one in batch],))
        return len(batch)

    def healthy(self) -> str:
        """ok, or what is wrong."""
        ended = [task.get_name() for task in self._tasks if task.done()]
        return f"{ended[0]} does not run" if ended else "ok"

    async def stop(self) -> None:
        """Finish the batches in hand."""
        self._stopping = True
        for event in self._receiver.arrived.values():
            event.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=10)
            await end(late)


async def _breath() -> int:
    await asyncio.sleep(0.5)
    return 1


def matches(pattern: str, topic: str) -> bool:
    """A topic exchange's matching: `*` is one word, `#` any number."""
    if pattern in (topic, EVERYTHING):
        return True
    if "*" not in pattern and "#" not in pattern:
        return False
    words = re.escape(pattern).replace(r"\#", ".*").replace(r"\*", r"[^.]+")
    return re.fullmatch(words, topic) is not None
