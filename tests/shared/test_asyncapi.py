"""The AsyncAPI document says what the code does: every queue, every event, with the CloudEvents headers."""

import json

from shared import map as atlas
from shared.events.feedback import GapClosed
from shared.messaging.envelope import Envelope
from shared.messaging.listener import Handler
from tailored import asyncapi
from tests.conftest import known_events
from tests.shared.test_relay import an_envelope

FOUND = json.loads(asyncapi.FILE.read_text())


def handlers() -> list[Handler]:
    return [handler for service in atlas.SERVICES for handler in atlas._listener(service).handlers.values()]


def test_the_committed_document_is_what_the_code_makes():
    assert asyncapi.text() == asyncapi.FILE.read_text(), "run: python -m tailored.asyncapi --write"


def test_every_queue_is_heard_and_every_event_is_said():
    queues = {
        channel["bindings"]["amqp"].get("queue", {}).get("name") for channel in FOUND["channels"].values()
    }
    said = {channel["address"] for name, channel in FOUND["channels"].items() if name.startswith("say.")}

    assert FOUND["asyncapi"] == "3.0.0"
    assert queues - {None} == {handler.name for handler in handlers()}
    events = [kind for kind in known_events().values() if kind.__module__.startswith("shared.events.")]
    assert said <= {kind.topic() for kind in events}
    assert GapClosed.topic() in said


def test_the_headers_that_are_described_are_those_that_are_sent():
    described = FOUND["components"]["schemas"]["CloudEventsHeaders"]
    sent: Envelope = an_envelope(externalsource="mes", externalid="7")

    assert set(sent.headers()) == set(described["properties"])
    assert set(described["required"]) < set(sent.headers())
    for message in FOUND["components"]["messages"].values():
        assert message["headers"] == {"$ref": "#/components/schemas/CloudEventsHeaders"}
