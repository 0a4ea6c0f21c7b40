"""Publishes a batch in one write and waits for one confirmation of all of it.

aio-pika makes a task, a lock, a timeout and three objects for each message (140-180 microseconds). Connection, TLS,
login and heartbeats stay the library's here; only the frames of publishes are written as one block, and confirms are
counted instead of being matched one by one. The channel is private to the relay: nobody else may publish on it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

from aio_pika.abc import AbstractConnection
from aiormq import spec
from aiormq.abc import AbstractChannel, ChannelFrame
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelClosed,
    ChannelNotFoundEntity,
    ConnectionFrameError,
    ConnectionSyntaxError,
)

from shared.messaging.addresses import first_that_answers
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.lines import opening
from shared.messaging.topology import UNROUTED
from shared.messaging.wire import published, short

HEARTBEAT = 12
LARGEST_WRITE = 1 << 20
NO_MESSAGES_FAULT = (ChannelNotFoundEntity, ChannelAccessRefused)
"""The exchange is missing, or we may not write to it: all wait until an operator has mended that."""


class Confirms:
    """Counts the confirms of one channel: a batch is done when every one of its tags is acknowledged."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self.last_sent = 0
        self._open: set[int] = set()
        self._waiting: asyncio.Future[None] | None = None
        channel._on_confirm_frame = self.confirmed  # type: ignore[attr-defined]  # noqa: SLF001
        channel._on_return_frame = self.returned  # type: ignore[attr-defined]  # noqa: SLF001

    def expect(self, count: int) -> "asyncio.Future[None]":
        """The next `count` tags; the future ends when all are acknowledged."""
        self._open = set(range(self.last_sent + 1, self.last_sent + count + 1))
        self.last_sent += count
        self._waiting = asyncio.get_running_loop().create_future()
        return self._waiting

    async def confirmed(self, frame: spec.Basic.Ack | spec.Basic.Nack) -> None:
        """An ack or nack of one tag, or of all up to it."""
        tag = int(frame.delivery_tag or 0)
        if isinstance(frame, spec.Basic.Nack):
            self.fail(NotConfirmed("the broker refused it"))
            return
        if frame.multiple:
            self._open = {one for one in self._open if one > tag}
        else:
            self._open.discard(tag)
        if not self._open and self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def returned(self, frame: spec.Basic.Return) -> None:
        """A message that no queue took, not even the one for unrouted messages."""
        header = await self.channel._Channel__get_content_header()  # type: ignore[attr-defined]  # noqa: SLF001
        await self.channel._read_content(frame, header)  # type: ignore[attr-defined]  # noqa: SLF001
        self.fail(NotConfirmed(f"no queue took {frame.routing_key}"))

    def fail(self, reason: Exception) -> None:
        """The whole batch counts as not sent."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(reason)


class Publisher:
    """The relay's own connection. A failed batch closes its channel, so that no late confirm can be mistaken."""

    def __init__(self, url: str, exchange: str, name: str) -> None:
        self._url, self._exchange = url, short(exchange)
        self._connect = opening(url, HEARTBEAT, name)
        self._connection: AbstractConnection | None = None
        self._confirms: Confirms | None = None

    async def connect(self) -> None:
        """Connect and open the channel, where that is not done; waits while the broker blocks publishers."""
        if not self.connected:
            try:
                await first_that_answers(self._url, self._open)
            except BaseException:
                await self.drop()
                raise
        await self._unblocked()

    async def _open(self, url: str) -> None:
        await self.drop()  # a connection whose channel was lost may be dead without saying so
        self._connection = await self._connect(url)
        channel = await self._connection.channel(publisher_confirms=True)
        self._confirms = Confirms(await channel.get_underlay_channel())
        self._kept = channel  # an aio-pika channel that nobody holds closes itself

    @property
    def connected(self) -> bool:
        """Whether there is a channel to publish on."""
        return self._confirms is not None and not self._confirms.channel.is_closed

    async def publish(self, messages: Sequence[tuple[Envelope, bytes]]) -> None:
        """Returns when the broker has confirmed all of them; raises NotConfirmed or the connection's own error."""
        if not self.connected or self._confirms is None:
            raise ConnectionError("not connected")  # since `connect`; no message is to blame
        channel = self._confirms.channel
        largest = channel.connection.connection_tune.frame_max
        waiting = self._confirms.expect(len(messages))
        closing = channel.closing
        closing.add_done_callback(self._closed)
        try:
            block: list[bytes] = []
            size = 0
            for envelope, body in messages:
                block.append(_bytes_of(envelope, body, channel.number, self._exchange, largest))
                size += len(block[-1])
                if size > LARGEST_WRITE:
                    await self._write(b"".join(block), until=waiting)
                    block, size = [], 0
            await self._write(b"".join(block))
            await waiting
        except BaseException:
            await self.drop()
            raise
        finally:
            closing.remove_done_callback(self._closed)

    async def unrouted(self) -> int:
        """How many messages lie in the queue for those that nobody's queue took."""
        if self._connection is None:
            return 0
        async with asyncio.timeout(5):
            channel = await self._connection.channel(publisher_confirms=False)
            try:
                return int(
                    (await channel.declare_queue(UNROUTED, passive=True)).declaration_result.message_count
                    or 0
                )
            finally:
                await channel.close()

    async def _write(self, block: bytes, until: "asyncio.Future[None] | None" = None) -> None:
        """Returns when it is in hand, or with `until` when it has left; a connection that is lost never lets it leave."""
        assert self._confirms is not None
        drained = asyncio.get_running_loop().create_future() if until else None
        frame = ChannelFrame(payload=block, should_close=False, drain_future=drained)
        await self._confirms.channel.write_queue.put(frame)  # type: ignore[attr-defined]
        if drained and until:
            await asyncio.wait((drained, until), return_when=asyncio.FIRST_COMPLETED)
            if until.done():
                await until

    def _closed(self, closing: "asyncio.Future[Any]") -> None:
        """Closed by the broker for what was sent, or for another reason: then no message is to blame."""
        if self._confirms:
            why = None if closing.cancelled() else closing.exception()
            refused = isinstance(why, ChannelClosed | ConnectionFrameError | ConnectionSyntaxError)
            kind = NotConfirmed if refused and not isinstance(why, NO_MESSAGES_FAULT) else ConnectionError
            self._confirms.fail(kind(f"the channel was closed: {why!r}"))

    async def _unblocked(self) -> None:
        """A broker short of memory or disk blocks publishers: wait here, outside any transaction."""
        if self._confirms:
            await self._confirms.channel.connection.ready()

    async def drop(self) -> None:
        """Give the channel and its connection up; the next `connect` makes new ones."""
        connection, self._connection, self._confirms = self._connection, None, None
        if connection:
            try:
                async with asyncio.timeout(2):
                    await connection.close()
            except Exception:  # noqa: BLE001, S110 - it is given up either way
                pass


def _bytes_of(envelope: Envelope, body: bytes, number: int, exchange: bytes, largest: int) -> bytes:
    try:
        return published(envelope, body, number, exchange, largest)
    except ValueError as broken:
        raise NotConfirmed(str(broken)) from broken
