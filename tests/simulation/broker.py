"""A broker that does what RabbitMQ may do: deliver again, confirm late or never, lose a channel in mid-flow.

It lives outside the simulated processes, so it survives them; a queue for each handler, heads first.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.messaging.batch import Batcher
from shared.messaging.delivery import delivered
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.listener import Handler
from tests.simulation.clockwork import Killed
from tests.simulation.database import Slot

PREFETCH = 6


@dataclass
class Message:
    """In a queue, and its place in it."""

    place: int
    envelope: Envelope
    body: bytes


class Queue:
    """Of one handler: what waits, and who is served."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.waiting: list[Message] = []
        self.channels: list[Channel] = []
        self.changed = asyncio.Event()

    def put_back(self, messages: list[Message]) -> None:
        """To their old places, as a quorum queue does."""
        self.waiting = sorted(self.waiting + messages, key=lambda one: one.place)
        self.changed.set()

    def serves(self, channel: "Channel") -> bool:
        """Where order matters the first consumer alone."""
        return self.handler.order != "in_order" or self.channels[0] is channel


class Channel:
    """What `Acknowledgements` sees of a channel: tags, and whether it is closed."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        self.is_closed = False
        self._last = 0
        self.unacknowledged: dict[int, Message] = {}
        queue.channels.append(self)

    def take(self) -> tuple[int, Message]:
        self._last += 1
        self.unacknowledged[self._last] = self.queue.waiting.pop(0)
        return self._last, self.unacknowledged[self._last]

    async def basic_ack(self, tag: int, *, multiple: bool) -> None:
        assert multiple
        self.unacknowledged = {one: message for one, message in self.unacknowledged.items() if one > tag}
        self.queue.changed.set()

    def close(self) -> None:
        """What was not acknowledged is delivered again."""
        if not self.is_closed:
            self.is_closed = True
            self.queue.channels.remove(self)
            self.queue.put_back(list(self.unacknowledged.values()))


class Broker:
    """The queues, and the order in which each message was first published."""

    def __init__(self, chance: Any) -> None:
        self.chance = chance
        self.queues: dict[str, Queue] = {}
        self.published: list[Envelope] = []
        self.faulty = True
        self._place = 0

    def add(self, handler: Handler) -> None:
        self.queues[handler.name] = Queue(handler)

    def enqueue(self, envelope: Envelope, body: bytes) -> None:
        if envelope.id not in {one.id for one in self.published}:
            self.published.append(envelope)
        for queue in self.queues.values():
            if envelope.topic in queue.handler.topics:
                self._place += 1
                queue.waiting.append(Message(self._place, envelope, body))
                queue.changed.set()

    def quiet(self) -> bool:
        return not any(
            queue.waiting or any(channel.unacknowledged for channel in queue.channels)
            for queue in self.queues.values()
        )


class Sending:
    """The relay's transport: a part of a batch may arrive before the connection is lost, a confirm may never come."""

    def __init__(self, broker: Broker, slot: Slot) -> None:
        self._broker, self._slot = broker, slot
        self.cut = False

    async def connect(self) -> None:
        await self._slot.turn("connect")
        self.cut = False

    async def drop(self) -> None:
        """Nothing is kept."""

    async def unrouted(self) -> int:
        return 0

    async def publish(self, messages: Sequence[tuple[Envelope, bytes]]) -> None:
        for envelope, body in messages:
            await self._slot.turn(f"publish {envelope.key} {envelope.sequence}")
            if self.cut:
                raise ConnectionError("the connection was lost")
            self._broker.enqueue(envelope, body)
        fate = self._broker.chance.random() if self._broker.faulty else 1
        if fate < 0.1:
            await asyncio.sleep(self._broker.chance.uniform(0, 12))
        await self._slot.turn("confirm")
        if self.cut or (self._broker.faulty and fate > 0.97):
            raise ConnectionError("the connection was lost before the confirm")
        if self._broker.faulty and fate > 0.94:
            raise NotConfirmed("refused")


class Receiving:
    """One consumer: gives the batcher of its handler what the queue holds, as far as the prefetch goes."""

    def __init__(self, queue: Queue, batcher: Batcher, slot: Slot) -> None:
        self._queue, self._batcher, self._slot = queue, batcher, slot
        self.channel = Channel(queue)

    async def run(self) -> None:
        while True:
            if self.channel.is_closed:
                await self._slot.turn(f"consume {self._queue.handler.name}")
                self.channel = Channel(self._queue)
            if self._may_take():
                await self._slot.turn(f"deliver {self._queue.handler.name}")
                if self._may_take() and not self.channel.is_closed:
                    self._deliver()
                continue
            self._queue.changed.clear()
            await self._queue.changed.wait()

    def _may_take(self) -> bool:
        served = not self.channel.is_closed and self._queue.serves(self.channel)
        return served and bool(self._queue.waiting) and len(self.channel.unacknowledged) < PREFETCH

    def _deliver(self) -> None:
        if self._slot.dead:
            raise Killed(self._slot.name)
        tag, message = self.channel.take()
        headers, topic = message.envelope.headers(), message.envelope.topic
        self._batcher.put(
            delivered(headers, message.body, topic, str(message.envelope.id), (self.channel, tag))
        )
