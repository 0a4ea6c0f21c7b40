"""What travels around an event: CloudEvents 1.0 attributes, and which event caused which."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from shared.ids import quick

PREFIXES = ("ce-", "cloudEvents:", "cloudEvents_")
LARGEST_SEQUENCE = 2**63 - 1
KNOWN = {
    "specversion", "id", "source", "type", "time", "subject", "correlationid", "causationid",
    "partitionkey", "sequence", "traceparent", "datacontenttype",
}  # fmt: skip


NOTHING_MORE: Final[Mapping[str, str]] = {}


class Envelope(NamedTuple):
    """Who said it, when, in which order for its key, and because of what."""

    id: UUID
    type: str
    topic: str
    source: str
    key: str
    sequence: int
    time: datetime
    correlation: UUID
    causation: UUID | None = None
    traceparent: str | None = None
    extensions: Mapping[str, str] = NOTHING_MORE

    def headers(self) -> dict[str, str]:
        """The CloudEvents attributes in binary mode, as AMQP headers."""
        headers = {
            "ce-specversion": "1.0",
            "ce-id": str(self.id),
            "ce-source": self.source,
            "ce-type": self.type,
            "ce-time": self.time.isoformat(),
            "ce-subject": self.key,
            "ce-correlationid": str(self.correlation),
            "ce-partitionkey": self.key,
            "ce-sequence": str(self.sequence),
        }
        if self.causation:
            headers["ce-causationid"] = str(self.causation)
        if self.traceparent:
            headers["ce-traceparent"] = self.traceparent
        for name, value in self.extensions.items():
            headers[f"ce-{name}"] = value
        return headers

    @classmethod
    def from_headers(
        cls, headers: Mapping[str, object], topic: str, message_id: str | None = None
    ) -> "Envelope":
        """Of AMQP headers; raises ValueError where they are of no event of ours."""
        return cls.from_attributes(attributes(headers), topic, message_id)

    @classmethod
    def from_attributes(
        cls, found: Mapping[str, str], topic: str, message_id: str | None = None
    ) -> "Envelope":
        """Of CloudEvents attributes; raises ValueError where they are of no event of ours."""
        if "\x00" in "".join((topic, *found, *found.values())):
            raise ValueError("an attribute holds a character that no database keeps")
        made = found.get("time")
        own_id = found.get("id") or message_id or ""
        event_id = quick(own_id)
        correlation, causation = found.get("correlationid"), found.get("causationid")
        foreign = found.keys() - KNOWN
        return cls(
            id=event_id,
            type=found.get("type", ""),
            topic=topic,
            source=found.get("source", ""),
            key=found.get("partitionkey") or found.get("subject", ""),
            sequence=_sequence(found.get("sequence", "0")),
            time=datetime.fromisoformat(made) if made else datetime.now(UTC),
            correlation=quick(correlation) if correlation and correlation != own_id else event_id,
            causation=quick(causation) if causation else None,
            traceparent=found.get("traceparent"),
            extensions={name: found[name] for name in sorted(foreign)} if foreign else NOTHING_MORE,
        )


def _sequence(text: str) -> int:
    sequence = int(text)
    if not 0 <= sequence <= LARGEST_SEQUENCE:
        raise ValueError(f"no sequence of ours: {text[:40]}")
    return sequence


def attributes(headers: Mapping[str, object]) -> dict[str, str]:
    """The CloudEvents attributes among AMQP headers, by any of the three prefixes that CloudEvents allows there."""
    found = {}
    for name, value in headers.items():
        attribute = attribute_in(name)
        if attribute:
            found[attribute] = (
                value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)
            )
    return found


@lru_cache(maxsize=1024)
def attribute_in(header: str) -> str:
    """The attribute in a header of this name; nothing where it carries none."""
    prefix = next((one for one in PREFIXES if header.startswith(one)), None)
    return header.removeprefix(prefix).lower() if prefix else ""


_handling: ContextVar[Envelope | None] = ContextVar("handling", default=None)


def envelope() -> Envelope | None:
    """The envelope of the event that is being handled; none in a request."""
    return _handling.get()


@contextmanager
def handling(heard: Envelope | None) -> Iterator[None]:
    """Whatever is said inside was caused by this event."""
    token = _handling.set(heard)
    try:
        yield
    finally:
        _handling.reset(token)


def cause(correlation: UUID | None, causation: UUID | None) -> Envelope | None:
    """What a timer or a job remembers of the event that set it."""
    if correlation is None:
        return None
    moment = datetime.now(UTC)
    return Envelope(causation or correlation, "", "", "", "", 0, moment, correlation, causation)
