"""Reads what the broker sends: messages go straight to their handler, every other frame to the library.

The library takes three reads, two queues, four objects and a general decoder for each message, more than half of the
client's work for an event. It is given its own socket with the messages taken out, so connection, login, heartbeats and
channels stay its business; a message that is not written as ours are (`shared/messaging/wire.py`) goes to it too.
"""

import asyncio
import time
from collections.abc import Callable
from functools import lru_cache
from struct import Struct, error
from typing import Any, Final

from aio_pika import RobustConnection
from aiormq.abc import AbstractChannel
from yarl import URL

from shared.messaging.lines import Lines
from shared.messaging.wire import BODY, END, FRAME, HEADER, METHOD, received

DELIVER: Final = b"\x00\x3c\x00\x3c"
TAG: Final = Struct(">Q")
HEARTBEAT: Final = FRAME.pack(8, 0, 0) + END
QUIET: Final = 1.0
"""Seconds; the library counts frames as signs of life, and gets one of its own where it would see none for so long."""
AT_ONCE = 1 << 17
LARGEST = 1 << 20
"""Bytes of a body that is waited for here, with what stands behind it; each read copies all of it. A larger one is the library's."""
PATIENCE = 100
"""Turns of the event loop in which the library should have handed over what it holds; then all goes its way again."""

Put = Callable[[AbstractChannel, int, str, dict[str, str], str, bytes], None]


class NotYetError(Exception):
    """The rest of the message has not come."""


class LibraryFirstError(Exception):
    """The library has not handed over all that came before."""


class Way:
    """The short way of one channel, behind the last message that came by way of the library."""

    def __init__(self, channel: AbstractChannel, put: Put) -> None:
        self.channel, self.newest = channel, 0
        self._put, self._waited = put, 0

    def take(self, number: int, read: bytes, start: int, end: int) -> int | None:
        """Hand the message on whose first frame stands there; returns where it ends, nothing where it is the library's.

        Raises NotYetError and LibraryFirstError where it must be asked again.
        """
        told = read[start + FRAME.size : end]
        if not (told.startswith(DELIVER) and told.endswith(END)) or self.channel.is_closed:
            return None
        if self._waited > PATIENCE:
            return None
        try:
            tag, key = _tag_and_key(told)
            if tag != self.newest + 1:
                self._waited += 1
                raise LibraryFirstError
            self._waited = 0
            about, at = _payload(read, end, HEADER, number)
            size, found, message_id = received(about)
            if size > LARGEST:
                return None
            if at + size > len(read):
                raise NotYetError
            parts = []
            while size > 0:
                part, at = _payload(read, at, BODY, number)
                parts.append(part)
                size -= len(part)
        except (ValueError, IndexError, error):
            return None
        self.newest = tag
        self._put(self.channel, tag, key, found, message_id, b"".join(parts))
        return at


def _payload(read: bytes, start: int, kind: int, number: int) -> tuple[bytes, int]:
    """What the frame holds that begins there, and where it ends; raises ValueError where it is another, or NotYetError."""
    begin = start + FRAME.size
    if begin > len(read):
        raise NotYetError
    found_kind, found_number, length = FRAME.unpack_from(read, start)
    if found_kind != kind or found_number != number:
        raise ValueError("a frame of something else between")
    end = begin + length
    if end >= len(read):
        raise NotYetError
    if read[end : end + len(END)] != END:
        raise ValueError("no frame")
    return read[begin:end], end + len(END)


def _tag_and_key(told: bytes) -> tuple[int, str]:
    """The message's tag stands behind the consumer's; then whether it comes again, the exchange and the routing key."""
    at = len(DELIVER) + 1 + told[len(DELIVER)]
    return TAG.unpack_from(told, at)[0], _key(told[at + TAG.size + 1 :])


@lru_cache(maxsize=1024)
def _key(exchange_and_key: bytes) -> str:
    at = 1 + exchange_and_key[0]
    return exchange_and_key[at + 1 : at + 1 + exchange_and_key[at]].decode()


class Frames:
    """What the library reads from instead of its socket."""

    def __init__(self, reader: asyncio.StreamReader, quiet: float = QUIET) -> None:
        self.ways: dict[int, Way] = {}
        self._reader, self._quiet = reader, quiet
        self._read, self._waiting, self._over = b"", False, False
        self._left, self._at = b"", 0
        self._seen = time.monotonic()

    def at_eof(self) -> bool:
        """Whether nothing more will come."""
        return self._over and self._at == len(self._left)

    async def readexactly(self, count: int) -> bytes:
        """So many bytes of the frames that are the library's."""
        while len(self._left) - self._at < count:
            if self._over:
                raise asyncio.IncompleteReadError(self._left[self._at :], count)
            self._left, self._at = self._left[self._at :] + await self._more(), 0
        found = self._left[self._at : self._at + count]
        self._at += count
        return found

    async def _more(self) -> bytes:
        if self._waiting:
            await asyncio.sleep(0)
            return self._split()
        data = await self._reader.read(AT_ONCE)
        if data:
            self._read += data
            return self._split()
        self._over, last_words, self._read = True, self._read, b""  # of a broker that closes; maybe no frame
        return last_words

    def _split(self) -> bytes:
        read, self._waiting = self._read, False
        left: list[bytes] = []
        start, size = 0, len(read)
        while start + FRAME.size <= size:
            kind, number, length = FRAME.unpack_from(read, start)
            end = start + FRAME.size + length + len(END)
            if end > size:
                break
            way = self.ways.get(number) if kind == METHOD else None
            try:
                after = way.take(number, read, start, end) if way else None
            except NotYetError:
                break
            except LibraryFirstError:
                self._waiting = True
                break
            if after is None:
                left.append(read[start:end])
            start = after or end
        self._read = read[start:]
        return self._with_sign_of_life(b"".join(left))

    def _with_sign_of_life(self, left: bytes) -> bytes:
        now = time.monotonic()
        if not left and now - self._seen > self._quiet:
            left = HEARTBEAT
        if left:
            self._seen = now
        return left


class Socket(Lines):
    """Opens the library's socket, also anew after an outage, and puts the frames between."""

    def __init__(self, urls: str) -> None:
        super().__init__(urls)
        self.frames: Frames | None = None

    async def create(self, url: URL, **kwargs: Any) -> Any:
        """As the library does it."""
        reader, writer = await super().create(url, **kwargs)
        self.frames = Frames(reader)
        return self.frames, writer

    def open(self, channel: AbstractChannel, put: Put) -> Way:
        """From now on what this channel delivers goes to `put`, once the library has handed over what it holds."""
        way = Way(channel, put)
        if self.frames:
            self.frames.ways[channel.number] = way
        return way


class ReadByHand(RobustConnection):
    """A connection of the library that comes back by itself, each time on a socket of ours."""

    def __init__(self, *args: Any, socket: Socket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kwargs["transport_factory"] = socket
