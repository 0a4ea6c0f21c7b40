"""AMQP 0-9-1 bytes of a message, made and read by hand: the general coders cost five times as much a message."""

from functools import lru_cache
from struct import Struct, error
from typing import Final

from shared.messaging.envelope import Envelope, attribute_in

METHOD, HEADER, BODY, END = 1, 2, 3, b"\xce"
FRAME: Final = Struct(">BHI")
LONG: Final = Struct(">I")
CONTENT: Final = Struct(">HHQH")
PUBLISH: Final = b"\x00\x3c\x00\x28\x00\x00"  # class 60, method 40, a reserved short
MANDATORY: Final = b"\x01"
# content type, headers, delivery mode, message id, type: in this order on the wire
FLAGS: Final = 1 << 15 | 1 << 13 | 1 << 12 | 1 << 7 | 1 << 5
PERSISTENT: Final = b"\x02"
FRAME_OVERHEAD: Final = 8
STRING: Final = b"S"


def short(text: str) -> bytes:
    """A short string; AMQP allows 255 bytes."""
    raw = text.encode()
    if len(raw) > 255:
        raise ValueError(f"too long for AMQP (255 bytes): {text[:40]}...")
    return bytes((len(raw),)) + raw


@lru_cache(maxsize=1024)
def known(text: str) -> bytes:
    """A short string that is sent again and again: a type."""
    return short(text)


def table(headers: dict[str, str]) -> bytes:
    """A field table of long strings."""
    parts: list[bytes] = []
    for name, value in headers.items():
        raw = value.encode()
        parts += begun(name, len(raw)), raw
    encoded = b"".join(parts)
    return LONG.pack(len(encoded)) + encoded


@lru_cache(maxsize=1024)
def begun(name: str, length: int) -> bytes:
    """What stands before a long string in a field table."""
    return short(name) + STRING + LONG.pack(length)


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """One frame."""
    return FRAME.pack(kind, channel, len(payload)) + payload + END


CONTENT_TYPE: Final = short("application/json")


@lru_cache(maxsize=1024)
def publishing(channel: int, exchange: bytes, topic: str) -> bytes:
    """The frame that says where a message goes."""
    return frame(METHOD, channel, PUBLISH + exchange + short(topic) + MANDATORY)


def published(envelope: Envelope, body: bytes, channel: int, exchange: bytes, largest: int) -> bytes:
    """The frames of one persistent, mandatory message; a body larger than a frame is split. `largest` is 0 for no limit."""
    properties = table(envelope.headers()) + PERSISTENT + short(str(envelope.id)) + known(envelope.type)
    header = CONTENT.pack(60, 0, len(body), FLAGS) + CONTENT_TYPE + properties
    room = largest - FRAME_OVERHEAD if largest else max(len(body), 1)
    frames = [publishing(channel, exchange, envelope.topic), frame(HEADER, channel, header)]
    frames += [frame(BODY, channel, body[start : start + room]) for start in range(0, len(body), room)]
    return b"".join(frames)


Received = tuple[int, dict[str, str], str]
"""Size of the body, attributes, message id."""


class Layout:
    """Where the values in a header frame lie: as in one that was read before, if all between them is the same."""

    def __init__(self, payload: bytes, names: list[str], values: list[slice]) -> None:
        form, between, end = [">4sQ"], [payload[:4]], CONTENT.size - 2  # the flags stand between values
        for value in values:
            form.append(f"{value.start - end}s{value.stop - value.start}s")
            between.append(payload[end : value.start])
            end = value.stop
        # What stands behind the message id is the type, an attribute too.
        form.append(f"{len(payload) - end}x")
        self.cut = Struct("".join(form)).unpack
        self.between, self.names = tuple(between), names


layouts: dict[int, Layout] = {}
MOST_LAYOUTS: Final = 1024


def received(payload: bytes) -> Received:
    """What a header frame says that is written as by `published`; raises ValueError where it is another."""
    layout = layouts.get(len(payload))
    if layout:
        cut = layout.cut(payload)
        if cut[::2] == layout.between:
            size, *values, message_id = cut[1::2]
            return size, dict(zip(layout.names, map(bytes.decode, values), strict=True)), message_id.decode()
    return walked(payload)


def walked(payload: bytes) -> Received:
    """From field to field; where it is the first of its length, the next ones are compared with it."""
    try:
        size, names, values = _fields(payload)
    except (IndexError, error) as short_of:
        raise ValueError("ends too early") from short_of
    if values[-1].stop > len(payload):
        raise ValueError("ends too early")
    if len(payload) not in layouts and len(layouts) < MOST_LAYOUTS:
        layouts[len(payload)] = Layout(payload, names, values)
    *found, message_id = [payload[value].decode() for value in values]
    return size, dict(zip(names, found, strict=True)), message_id


def _fields(payload: bytes) -> tuple[int, list[str], list[slice]]:
    """Size of the body, the names of the attributes, and where they and last the message id stand."""
    _, _, size, flags = CONTENT.unpack_from(payload)
    if flags != FLAGS:
        raise ValueError("other properties than ours")
    at = CONTENT.size + 1 + payload[CONTENT.size]
    (length,) = LONG.unpack_from(payload, at)
    at += LONG.size
    names, values = [], []
    end = at + length
    while at < end:
        about = at + payload[at] + 2  # one byte for the length of its name, one for what kind it is
        name = named(payload[at:about])
        begin = about + LONG.size
        at = begin + LONG.unpack_from(payload, about)[0]
        if name:
            names.append(name)
            values.append(slice(begin, at))
    at += len(PERSISTENT)
    values.append(slice(at + 1, at + 1 + payload[at]))
    return size, names, values


@lru_cache(maxsize=1024)
def named(field: bytes) -> str:
    """The attribute in a header that comes again and again; nothing where it carries none, ValueError where it is no string."""
    if not field.endswith(STRING):
        raise ValueError("a header that is no string")
    return attribute_in(field[1:-1].decode())
