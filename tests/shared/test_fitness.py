"""The contract between services that no type checker sees: queue names, topics, who listens to what."""

import json
from pathlib import Path

import pytest

from shared import map as atlas
from shared.events.enterprise import PublicEvent
from shared.messaging.listener import FOR_PEOPLE, ORDERS, Listener
from tests.conftest import known_events
from tests.shared.small import Told

ROOT = Path(__file__).parents[2]


def handlers():
    return [handler for service in atlas.SERVICES for handler in atlas._listener(service).handlers.values()]


def test_the_queues_and_topics_that_travel_in_every_image_equal_the_handlers():
    assert atlas.TOPOLOGY.read_text() == atlas.topology(), "run: python -m shared.map --write"


def test_every_handler_declares_its_order():
    assert {handler.order for handler in handlers()} <= set(ORDERS)
    with pytest.raises(TypeError):
        Listener("x")(Told)
    with pytest.raises(TypeError, match="declares its order"):
        Listener("x")(Told, order="whatever")


def test_a_queue_name_is_a_contract_and_cannot_be_declared_twice():
    on = Listener("x")

    async def take(told: Told, session) -> None:
        """Nothing."""

    on(Told, order="commutes")(take)
    with pytest.raises(TypeError, match="twice"):
        on(Told, order="commutes")(take)


def test_every_event_has_a_listener_or_is_listed_as_heard_by_people():
    heard = {kind.topic() for handler in handlers() for kind in handler.hears}
    events = [kind for kind in known_events().values() if kind.__module__.startswith("shared.events.")]
    said = {kind.topic() for kind in events if kind is not PublicEvent}

    assert said - heard - FOR_PEOPLE == set(), (
        "bind it to a handler, or list it in shared/messaging/people.json"
    )
    assert said >= FOR_PEOPLE
    assert heard & FOR_PEOPLE == set(), "it has a listener now: take it off the list"


def test_no_handler_queue_has_a_length_limit():
    definitions = json.loads((ROOT / "deploy" / "rabbitmq" / "definitions.json").read_text())
    limits = {"max-length", "max-length-bytes", "overflow", "message-ttl"}

    assert not any(limits & policy["definition"].keys() for policy in definitions["policies"])
    assert all(policy["definition"]["delivery-limit"] == 20 for policy in definitions["policies"])
