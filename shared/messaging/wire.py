"""AMQP 0-9-1 bytes of a message, made and read by hand: the general coders cost five times as much a message."""

from functools import lru_cache
from struct import Struct
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
    """A short string that is sent again and again: a header's name, a topic, a type."""
    return short(text)


def table(headers: dict[str, str]) -> bytes:
    """A field table of long strings."""
    parts: list[bytes] = []
    for name, value in headers.items():
        raw = value.encode()
        parts += known(name), STRING, LONG.pack(len(raw)), raw
    encoded = b"".join(parts)
    return LONG.pack(len(encoded)) + encoded


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    """One frame."""
    return FRAME.pack(kind, channel, len(payload)) + payload + END


CONTENT_TYPE: Final = short("application/json")


def published(envelope: Envelope, body: bytes, channel: int, exchange: bytes, largest: int) -> bytes:
    """The frames of one persistent, mandatory message; a body larger than a frame is split."""
    method = PUBLISH + exchange + known(envelope.topic) + MANDATORY
    properties = (
        CONTENT_TYPE + table(envelope.headers()) + PERSISTENT + short(str(envelope.id)) + known(envelope.type)
    )
    header = CONTENT.pack(60, 0, len(body), FLAGS) + properties
    room = largest - FRAME_OVERHEAD
    frames = [frame(METHOD, channel, method), frame(HEADER, channel, header)]
    frames += [frame(BODY, channel, body[start : start + room]) for start in range(0, len(body), room)]
    return b"".join(frames)


def received(payload: bytes) -> tuple[int, dict[str, str], str]:
    """Size of the body, attributes and message id in a header frame as `published` writes it; else raises ValueError."""
    _, _, size, flags = CONTENT.unpack_from(payload)
    if flags != FLAGS:
        raise ValueError("other properties than ours")
    at = CONTENT.size + 1 + payload[CONTENT.size]
    (length,) = LONG.unpack_from(payload, at)
    at += LONG.size
    found: dict[str, str] = {}
    end = at + length
    while at < end:
        about = at + payload[at] + 2  # one byte for the length of its name, one for what kind it is
        name = named(payload[at:about])
        begin = about + LONG.size
        at = begin + LONG.unpack_from(payload, about)[0]
        if name:
            found[name] = payload[begin:at].decode()
    at += len(PERSISTENT)
    return size, found, payload[at + 1 : at + 1 + payload[at]].decode()


@lru_cache(maxsize=1024)
def named(field: bytes) -> str:
    """The attribute in a header that comes again and again; nothing where it carries none, ValueError where it is no string."""
    if not field.endswith(STRING):
        raise ValueError("a header that is no string")
    return attribute_in(field[1:-1].decode())
