"""The AsyncAPI 3 document of the whole system: FastStream describes every queue and event, we add the envelope.

`tailored events asyncapi` prints it; `python -m tailored.asyncapi --write` renews `contracts/asyncapi.json`.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from faststream.rabbit import ExchangeType, QueueType, RabbitBroker, RabbitExchange, RabbitQueue
from faststream.specification import AsyncAPI

from services.gateway.vocabulary import EVENTS
from shared import map as atlas
from shared.events.base import Event
from shared.messaging import topology
from shared.messaging.listener import Handler

FILE = Path(__file__).parents[1] / "contracts" / "asyncapi.json"
UUID = {"type": "string", "format": "uuid"}
HEADERS: dict[str, dict[str, Any]] = {
    "ce-specversion": {"type": "string", "const": "1.0"},
    "ce-id": {**UUID, "description": "ours, a UUIDv7; the AMQP message_id is the same"},
    "ce-source": {"type": "string", "examples": ["/tailored/feedback"]},
    "ce-type": {"type": "string", "examples": ["tailored.feedback.gap_confirmed.v1"]},
    "ce-time": {"type": "string", "format": "date-time"},
    "ce-subject": {"type": "string", "description": "the key: what it is about"},
    "ce-partitionkey": {"type": "string", "description": "events of one key leave their service in order"},
    "ce-sequence": {
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "rises with each event of one source",
    },
    "ce-correlationid": {**UUID, "description": "the first event of the story"},
    "ce-causationid": {**UUID, "description": "the event that this one answers; none where a person began"},
    "ce-traceparent": {"type": "string", "description": "W3C trace context"},
    "ce-externalsource": {"type": "string", "description": "who sent it to the gateway"},
    "ce-externalid": {"type": "string", "description": "its id there"},
}
ALWAYS = [
    name
    for name in HEADERS
    if name not in {"ce-causationid", "ce-traceparent", "ce-externalsource", "ce-externalid"}
]
FACTS = "CloudEvents 1.0, binary mode over AMQP 0-9-1; persistent. The prefixes `cloudEvents:` and `cloudEvents_` are read too."


def document() -> dict[str, Any]:
    """The document, from the listeners and event classes themselves."""
    broker = RabbitBroker("amqp://localhost:5672/")
    for kind in sorted(EVENTS.values(), key=lambda one: one.topic()):
        broker.publisher(
            exchange=RabbitExchange(topology.PUBLISHED, type=ExchangeType.FANOUT, durable=True),
            routing_key=kind.topic(), title=f"say.{kind.topic()}", description=inspect.getdoc(kind), schema=kind, persist=True,
        )  # fmt: skip
    for handler in (one for service in atlas.SERVICES for one in _handlers(service)):
        _describe(broker, handler)
    made: dict[str, Any] = (
        AsyncAPI(broker, title="Tailored", version="1", description=FACTS, schema_version="3.0.0")
        .to_specification()
        .to_jsonable()
    )
    return _with_envelope(made)


def _handlers(service: str) -> Iterator[Handler]:
    yield from atlas._listener(service).handlers.values()  # noqa: SLF001 - the map reads the same


def _describe(broker: RabbitBroker, handler: Handler) -> None:
    """One queue, bound to what its handler hears."""
    kind = topology.EVENTS if handler.hears else topology.PUBLISHED
    form = ExchangeType.TOPIC if handler.hears else ExchangeType.FANOUT
    subscriber = broker.subscriber(
        RabbitQueue(handler.name, queue_type=QueueType.QUORUM, durable=True, routing_key=handler.topics[0]),
        RabbitExchange(kind, type=form, durable=True),
        title=f"hear.{handler.name}", description=_said_of(handler), no_reply=True,
    )  # fmt: skip
    subscriber(_hearing(handler))


def _said_of(handler: Handler) -> str:
    said = inspect.getdoc(handler.function) or handler.function.__name__.replace("_", " ")
    return f"{said.partition(chr(10))[0]} (order: {handler.order}; bound to {', '.join(handler.topics)})"


def _hearing(handler: Handler) -> Callable[..., Any]:
    """A function whose only parameter is what the handler hears."""
    heard: Any = reduce(or_, handler.hears) if handler.hears else dict[str, Any]

    async def hear(body: Event) -> None:
        """Never called: FastStream reads its signature."""

    hear.__annotations__["body"] = heard
    hear.__name__ = handler.function.__name__
    return hear


def _with_envelope(made: dict[str, Any]) -> dict[str, Any]:
    """Each message carries the CloudEvents attributes as headers; names hold no colon, which AsyncAPI forbids."""
    clean: dict[str, Any] = _without_colons(made)
    headers = {"type": "object", "properties": HEADERS, "required": ALWAYS}
    clean["components"]["schemas"]["CloudEventsHeaders"] = headers
    for message in clean["components"]["messages"].values():
        message["headers"] = {"$ref": "#/components/schemas/CloudEventsHeaders"}
        message["correlationId"] = {"location": "$message.header#/ce-correlationid"}
    for name, channel in clean["channels"].items():
        channel.setdefault("address", name.removeprefix("say."))
    return clean


def _without_colons(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name.replace(":", "."): value.replace(":", ".") if name == "$ref" else _without_colons(value)
            for name, value in part.items()
        }
    return [_without_colons(one) for one in part] if isinstance(part, list) else part


def text() -> str:
    """As it stands in the file."""
    return json.dumps(document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    if "--write" in sys.argv:
        FILE.write_text(text())
    raise SystemExit(
        0
        if FILE.read_text() == text()
        else "contracts/asyncapi.json is old: python -m tailored.asyncapi --write"
    )
