"""One message on its way to one handler."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from shared.messaging.envelope import Envelope, attributes


@dataclass(slots=True)
class Delivery:
    """The message, and what the transport needs to acknowledge it."""

    envelope: Envelope
    body: bytes
    token: Any = None
    attempts: int = 0

    @property
    def id(self) -> UUID:
        """The message id: what the inbox knows it by."""
        return self.envelope.id


def delivered(
    headers: Mapping[str, Any], body: bytes, topic: str, message_id: str | None, token: Any
) -> Delivery:
    """A delivery by its AMQP headers."""
    return described(attributes(headers), body, topic, message_id, token)


def described(
    found: Mapping[str, str], body: bytes, topic: str, message_id: str | None, token: Any
) -> Delivery:
    """By its CloudEvents attributes; also what is no event: it will fail at its handler and be kept for a person to see."""
    try:
        envelope = Envelope.from_attributes(found, topic, message_id)
    except ValueError:
        made_up = UUID(bytes=sha256(topic.encode() + body).digest()[:16])
        printable = topic.replace("\x00", "")
        envelope = Envelope(made_up, "broken", printable, "", "", 0, datetime.now(UTC), made_up)
    return Delivery(envelope, body, token)
