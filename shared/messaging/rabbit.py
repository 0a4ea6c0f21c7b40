"""Hears over RabbitMQ: FastStream's subscribers hand raw messages to the batchers and acknowledge after the commit."""

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitQueue
from faststream.rabbit.message import RabbitMessage
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging import topology
from shared.messaging.addresses import addresses
from shared.messaging.arriving import Arrivals
from shared.messaging.batch import Batcher
from shared.messaging.deadletters import keep_dead_letter
from shared.messaging.delivery import Delivery
from shared.messaging.listener import Listener
from shared.messaging.reading import ReadByHand, Socket

log = logging.getLogger("tailored.rabbit")
LOOK_EVERY = 1.0
LONGEST_DEAF, LONGEST_DEAF_OF_MANY = 20.0, 2.0
"""Seconds that the library may take to come back to its node by itself; then everything is made anew, maybe at another."""
LONGEST_START = 30.0
TURNS_TO_ARRIVE = 20
"""Of the event loop, in which the library hands over what came before its answer that nothing more will come."""
HEARTBEAT = 5
"""Seconds; the library takes a connection for dead after three times as many and a few."""


class Acknowledgements:
    """Acks with `multiple`, up to the highest tag below which every message of its channel is handled."""

    def __init__(self) -> None:
        self._channels: WeakKeyDictionary[Any, tuple[list[int], set[int]]] = WeakKeyDictionary()

    async def __call__(self, batch: list[Delivery]) -> None:
        """These have taken effect or are kept. A closed channel forgets: the inbox knows them when they come again."""
        by_channel: dict[Any, list[int]] = {}
        for one in batch:
            channel, tag = one.token
            by_channel.setdefault(channel, []).append(tag)
        for channel, tags in by_channel.items():
            upto, done = self._channels.setdefault(channel, ([0], set()))
            done.update(tags)
            before = upto[0]
            while upto[0] + 1 in done:
                upto[0] += 1
                done.discard(upto[0])
            if upto[0] > before and not channel.is_closed:
                try:
                    await channel.basic_ack(upto[0], multiple=True)
                except Exception as closed:  # noqa: BLE001 - redelivered, and the inbox knows them
                    log.info("ack_lost %r", closed)


class RabbitConsumer:
    """All subscribers of one service on one connection, a channel each."""

    def __init__(
        self,
        on: Listener,
        sessions: async_sessionmaker[AsyncSession],
        urls: str,
        prefetch: int,
        connections: int,
    ) -> None:
        self.on, self.state = on, "starting"
        self._sessions, self._urls, self._prefetch = sessions, urls, prefetch
        self._broker: RabbitBroker | None = None
        self._subscribers: list[Any] = []
        free = asyncio.Semaphore(connections)
        self._batchers = [
            Batcher(handler, sessions, Acknowledgements(), free) for handler in on.handlers.values()
        ]

    async def run(self) -> None:
        """Consume for ever. The library comes back after an outage by itself; where it does not, we start anew."""
        for batcher in self._batchers:
            batcher.start()
        while True:
            await self._connect()
            await self._until_deaf()
            log.error("consumer_starts_anew %s", self.on.service)
            await self._leave()

    async def _connect(self) -> None:
        """Declare this service's own queues, then consume; where the broker is away, try until it is there."""
        wait = 0.2
        while True:
            try:
                async with asyncio.timeout(LONGEST_START):
                    self._broker = self._wired(await topology.apply(self._urls, topology.queues_of(self.on)))
                    await self._broker.start()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - said, and tried again
                self.state = f"{type(error).__name__}: {error}"[:200]
                log.warning("consumer_waits %s %s", self.on.service, self.state)
                await self._leave()
                await asyncio.sleep(wait)
                wait = min(5.0, wait * 2)
            else:
                self.state = "ok"
                return

    async def _until_deaf(self) -> None:
        deaf, longest = 0.0, LONGEST_DEAF if len(addresses(self._urls)) == 1 else LONGEST_DEAF_OF_MANY
        while deaf < longest:
            await asyncio.sleep(LOOK_EVERY)
            deaf = 0.0 if all(map(_hears, self._subscribers)) else deaf + LOOK_EVERY

    async def _leave(self) -> None:
        broker, self._broker = self._broker, None
        if broker is None:
            return
        connection = broker._connection  # noqa: SLF001 - where it is not closed, it comes back with its consumers
        for leave in (broker.stop, connection.close) if connection else (broker.stop,):
            with suppress(Exception):
                async with asyncio.timeout(3):
                    await leave()

    def _wired(self, url: str) -> RabbitBroker:
        broker = RabbitBroker(
            url, logger=None, apply_types=False, graceful_timeout=None, reconnect_interval=1.0,
            client_properties=cast("Any", {"heartbeat": HEARTBEAT, "name": f"{self.on.service} consumer"}),
        )  # fmt: skip
        socket = Socket(self._urls)
        broker._connection_kwargs["connection_class"] = partial(ReadByHand, socket=socket)  # noqa: SLF001
        self._subscribers = [self._subscribe(broker, batcher, socket) for batcher in self._batchers]
        dead = broker.subscriber(
            RabbitQueue(topology.dead_letters_of(self.on.service), declare=False),
            ack_policy=AckPolicy.MANUAL, channel=Channel(prefetch_count=20), decoder=_as_it_is, no_reply=True,
        )  # fmt: skip
        dead(self._dead_letter)
        for subscriber in (*self._subscribers, dead):
            subscriber.running = True  # else what arrives before `start` returns is dropped unacknowledged
        return broker

    def _subscribe(self, broker: RabbitBroker, batcher: Batcher, socket: Socket) -> Any:
        subscriber = broker.subscriber(
            RabbitQueue(batcher.handler.name, declare=False),
            ack_policy=AckPolicy.MANUAL,
            channel=Channel(prefetch_count=self._prefetch, publisher_confirms=False),
            decoder=_as_it_is,
            no_reply=True,
        )

        arrivals = Arrivals(batcher, socket)

        async def receive(message: RabbitMessage) -> None:
            await arrivals.consume(message.raw_message)

        receive.__name__ = batcher.handler.function.__name__
        subscriber(receive)
        # A batch is handled and acknowledged, not a message: the library's context and middlewares of each are spared.
        subscriber.consume = arrivals.consume  # type: ignore[method-assign, assignment]
        return subscriber

    async def _dead_letter(self, message: RabbitMessage) -> None:
        """In hand until it is kept: given back again and again, it would be dropped at the delivery limit."""
        raw = message.raw_message
        channel = raw.channel
        while not channel.is_closed:
            try:
                await keep_dead_letter(self.on, self._sessions, raw)
            except Exception:
                log.exception("dead_letter_waits %s %s", self.on.service, raw.message_id)
                await asyncio.sleep(LOOK_EVERY)
            else:
                await raw.ack()
                return

    def healthy(self) -> str:
        """ok, or what is wrong."""
        if self.state != "ok" or self._broker is None:
            return self.state
        for batcher, subscriber in zip(self._batchers, self._subscribers, strict=True):
            if batcher.paused:
                return f"{batcher.handler.name} is paused: the database does not answer"
            if not batcher.alive or not subscriber.running:
                return f"{batcher.handler.name} does not run"
            if not _hears(subscriber):
                return f"{batcher.handler.name} has no consumer on its queue"
        return "ok"

    async def stop(self) -> None:
        """Stop asking for more, finish what is in hand, then leave: no delivery count is burnt for nothing."""
        for subscriber in self._subscribers:
            queue, tag = subscriber._queue_obj, subscriber._consumer_tag  # noqa: SLF001
            if queue is not None and tag is not None and not queue.channel.is_closed:
                try:
                    async with asyncio.timeout(2):
                        await queue.cancel(tag)
                except Exception as error:  # noqa: BLE001 - the connection is gone: nothing left to cancel
                    log.info("cancel_lost %r", error)
                subscriber._consumer_tag = None  # noqa: SLF001
        for _ in range(TURNS_TO_ARRIVE):
            await asyncio.sleep(0)
        await asyncio.gather(*(batcher.stop() for batcher in self._batchers))
        await self._leave()


def _hears(subscriber: Any) -> bool:
    """Whether the broker knows a consumer of this subscriber, on a channel that is open."""
    queue, tag = subscriber._queue_obj, subscriber._consumer_tag  # noqa: SLF001
    if queue is None or tag is None or queue.channel.is_closed:
        return False
    return tag in queue.channel._channel.channel.consumers  # noqa: SLF001


async def _as_it_is(message: Any) -> Any:
    return message
