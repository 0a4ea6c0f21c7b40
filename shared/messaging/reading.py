"""Reads what the broker sends: messages go straight to their handler, every other frame to the library.

The library takes three reads, two queues, four objects and a general decoder for each message, more than half of the
client's work for an event. It is given its own socket with the messages taken out, so connection, login, heartbeats and
channels stay its business; a message that is not written as ours are (`shared/messaging/wire.py`) goes to it too.
"""

import asyncio
import time
from collections.abc import Callable
from struct import Struct, error
from typing import Any, Final

from aio_pika import RobustConnection
from aiormq.abc import AbstractChannel
from yarl import URL

from shared.messaging.lines import Lines
from shared.messaging.wire import END, FRAME, HEADER, METHOD, received

DELIVER: Final = b"\x00\x3c\x00\x3c"
TOLD: Final = FRAME.size + len(DELIVER)
TAG: Final = Struct(">Q")
HEARTBEAT: Final = FRAME.pack(8, 0, 0) + END
QUIET: Final = 1.0
"""Seconds; the library counts frames as signs of life, and gets one of its own where it would see none for so long."""
AT_ONCE = 1 << 17
PATIENCE = 100
"""Turns of the event loop in which the library should have handed over what it holds; then all goes its way again."""

Put = Callable[[AbstractChannel, int, str, dict[str, str], str, bytes], None]


class Way:
    """The short way of one channel, behind the last message that came by way of the library."""

    def __init__(self, channel: AbstractChannel, put: Put) -> None:
        self.channel, self.newest = channel, 0
        self._put, self._waited = put, 0
        self._begun: bytes | None = None
        self._about: tuple[str, dict[str, str], str] = "", {}, ""
        self._size, self._body = 0, b""

    def take(self, kind: int, frame: bytes) -> bytes | None:
        """What of it, and of what was held back before it, is the library's; none where it must wait for the library."""
        if kind == METHOD:
            return self._begin(frame)
        if self._begun is None:
            return frame
        if kind == HEADER:
            return self._describe(self._begun, frame)
        self._body += frame[FRAME.size : -len(END)]
        self._put_when_whole()
        return b""

    def _begin(self, frame: bytes) -> bytes | None:
        self._begun = None
        if frame[FRAME.size : TOLD] != DELIVER or self.channel.is_closed or self._waited > PATIENCE:
            return frame
        if self.newest + 1 != TAG.unpack_from(frame, TOLD + 1 + frame[TOLD])[0]:
            self._waited += 1
            return None
        self._begun, self._waited = frame, 0
        return b""

    def _describe(self, begun: bytes, frame: bytes) -> bytes:
        try:
            self._size, found, message_id = received(frame[FRAME.size : -len(END)])
            self._about = _routing_key(begun), found, message_id
        except (ValueError, IndexError, error):
            self._begun = None
            return begun + frame
        self._body = b""
        self._put_when_whole()
        return b""

    def _put_when_whole(self) -> None:
        if len(self._body) >= self._size:
            self.newest += 1
            self._begun = None
            self._put(self.channel, self.newest, *self._about, self._body)


def _routing_key(deliver: bytes) -> str:
    """It stands behind the consumer's tag, the message's, whether it comes again, and the exchange."""
    at = FRAME.size + len(DELIVER)
    at += 1 + deliver[at] + TAG.size + 1
    at += 1 + deliver[at]
    return deliver[at + 1 : at + 1 + deliver[at]].decode()


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
            frame = read[start:end]
            way = self.ways.get(number) if frame[-1:] == END else None
            others = way.take(kind, frame) if way else frame
            if others is None:
                self._waiting = True
                break
            left.append(others)
            start = end
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
