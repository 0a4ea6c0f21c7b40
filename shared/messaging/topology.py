"""The shape of the broker: exchanges, a quorum queue for each handler, and what they are bound to."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractQueue

from shared.messaging.addresses import first_that_answers
from shared.messaging.lines import opening
from shared.messaging.listener import EVERYTHING, FOR_PEOPLE, Listener

PUBLISHED = "published"  # fanout: where relays write. The log hangs here, so it makes no event routable
EVENTS = "events"  # topic: what nobody's queue takes goes on to `unrouted`
FORMER_LOG = "log"  # stood between `published` and the log, a third hop of every event; `prune` takes it away
UNROUTED = "unrouted"
DEAD_LETTERS = "dead-letters"
PEOPLE = "people"  # takes what only the log and pages hear, so that it does not count as unrouted
MAP = Path(__file__).with_name("map.json")


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue of one handler."""

    name: str
    topics: tuple[str, ...]
    one_consumer: bool

    @property
    def exchange(self) -> str:
        """The log hears everything, heard elsewhere or not."""
        return PUBLISHED if EVERYTHING in self.topics else EVENTS

    @property
    def arguments(self) -> dict[str, Any]:
        """Only what can never change; limits are policies (deploy/rabbitmq/definitions.json)."""
        fixed: dict[str, Any] = {
            "x-queue-type": "quorum",
            "x-dead-letter-exchange": DEAD_LETTERS,
            "x-dead-letter-routing-key": self.name,
        }
        return fixed | ({"x-single-active-consumer": True} if self.one_consumer else {})


class Binding(NamedTuple):
    """From an exchange of ours to a queue, or to another exchange."""

    source: str
    key: str
    destination: str
    of: str = "queue"

    def __str__(self) -> str:
        return f"{self.source} -{self.key}-> {self.destination}"


def queues_of(on: Listener) -> list[Queue]:
    """The queues of one service."""
    return [
        Queue(handler.name, tuple(handler.topics), handler.order == "in_order")
        for handler in on.handlers.values()
    ]


def whole_map(path: Path = MAP) -> list[Queue]:
    """The queues of all services, as `python -m shared.map --write` has written them down."""
    written = json.loads(path.read_text())
    return [Queue(one["queue"], tuple(one["topics"]), one["order"] == "in_order") for one in written]


def bindings_of(queues: Sequence[Queue]) -> list[Binding]:
    """Every binding between relays and these queues, in the order in which they are made.

    What feeds `events` and the log comes last: until then what is published is returned to its relay, which keeps it.
    """
    asked = [Binding(queue.exchange, topic, queue.name) for queue in queues for topic in queue.topics]
    heard = [one for one in asked if one.source == EVENTS]
    people = [Binding(EVENTS, topic, PEOPLE, "exchange") for topic in sorted(FOR_PEOPLE)]
    logged = [one for one in asked if one.source == PUBLISHED]
    return [*heard, *people, Binding(PUBLISHED, "", EVENTS, "exchange"), *logged]


async def connect(urls: str) -> tuple[AbstractConnection, str]:
    """To the first node that answers; its address."""
    open_at = opening(urls, 12, "topology")

    async def to(url: str) -> tuple[AbstractConnection, str]:
        return await open_at(url), url

    return await first_that_answers(urls, to)


async def apply(urls: str, queues: Sequence[Queue]) -> str:
    """Declare everything; harmless where it is there already. Returns the address that answered."""
    connection, address = await connect(urls)
    async with connection:
        channel = await connection.channel()
        await _exchanges(channel)
        for queue in queues:
            await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
            await _dead_letters(channel, queue.name.partition(".")[0])
        await _bind(channel, bindings_of(queues))
    return address


async def _bind(channel: AbstractChannel, bindings: Sequence[Binding]) -> None:
    for one in bindings:
        await (await _destination(channel, one)).bind(one.source, routing_key=one.key)


async def _destination(channel: AbstractChannel, binding: Binding) -> AbstractQueue | AbstractExchange:
    get = channel.get_queue if binding.of == "queue" else channel.get_exchange
    return await get(binding.destination, ensure=False)


async def _exchanges(channel: AbstractChannel) -> None:
    await channel.declare_exchange(
        EVENTS, aio_pika.ExchangeType.TOPIC, durable=True, arguments={"alternate-exchange": UNROUTED}
    )
    await channel.declare_exchange(PUBLISHED, aio_pika.ExchangeType.FANOUT, durable=True)
    unrouted = await channel.declare_exchange(UNROUTED, aio_pika.ExchangeType.FANOUT, durable=True)
    await channel.declare_exchange(
        DEAD_LETTERS, aio_pika.ExchangeType.TOPIC, durable=True, arguments={"alternate-exchange": UNROUTED}
    )
    await channel.declare_exchange(PEOPLE, aio_pika.ExchangeType.FANOUT, durable=True)
    kept = await channel.declare_queue(UNROUTED, durable=True, arguments={"x-queue-type": "quorum"})
    await kept.bind(unrouted)


async def _dead_letters(channel: AbstractChannel, service: str) -> None:
    queue = await channel.declare_queue(
        dead_letters_of(service), durable=True, arguments={"x-queue-type": "quorum"}
    )
    await queue.bind(DEAD_LETTERS, routing_key=f"{service}.#")


def dead_letters_of(service: str) -> str:
    """Where the broker puts what it gave up delivering to a service."""
    return f"{service}.dead_letters"


FED_BY_RELAYS = Binding(PUBLISHED, "", FORMER_LOG, "exchange")


@dataclass(frozen=True, slots=True)
class Difference:
    """What the map asks for and the broker has not, or the other way round."""

    missing: tuple[Binding, ...]
    left_over: tuple[Binding, ...]


async def diff(management: str, vhost: str, queues: Sequence[Queue]) -> Difference:
    """Compare bindings, by the broker's management API."""
    from shared.messaging.management import speaking_to  # noqa: PLC0415 - few processes ask it

    async def bindings(address: str) -> Any:
        async with speaking_to(address) as client:
            return (await client.get(f"/api/bindings/{vhost.replace('/', '%2F')}")).raise_for_status()

    answer = await first_that_answers(management, bindings)
    found = {
        Binding(one["source"], one["routing_key"], one["destination"], one["destination_type"])
        for one in answer.json()
        if one["source"] in (PUBLISHED, EVENTS, FORMER_LOG)
        and (one["destination_type"] == "queue" or one["destination"] in (EVENTS, PEOPLE, FORMER_LOG))
    }
    if FED_BY_RELAYS not in found:  # else it is somebody else's
        found = {one for one in found if one.source != FORMER_LOG}
    asked = set(bindings_of(queues))
    return Difference(tuple(sorted(asked - found)), tuple(sorted(found - asked)))


async def bind_or_miss(urls: str, queues: Sequence[Queue]) -> list[str]:
    """The queues that are not there. Where all are, they are bound: over AMQP nobody can ask whether they are."""
    missing = []
    connection, _ = await connect(urls)
    async with connection:
        for queue in queues:
            channel = await connection.channel()
            try:
                await channel.declare_queue(queue.name, passive=True)
                await channel.close()
            except aio_pika.exceptions.ChannelNotFoundEntity:
                missing.append(queue.name)
        if not missing:
            await _bind(await connection.channel(), bindings_of(queues))
    return missing


async def prune(urls: str, left_over: Sequence[Binding]) -> None:
    """Take these away; queues stay until they are empty and a person removes them. RuntimeError where `log` serves others too."""
    connection, _ = await connect(urls)
    async with connection:
        channel = await connection.channel()
        for one in left_over:
            if one != FED_BY_RELAYS:  # goes with its exchange, so that this can be done again
                await (await _destination(channel, one)).unbind(one.source, routing_key=one.key)
        if FED_BY_RELAYS in left_over:
            try:
                await channel.exchange_delete(FORMER_LOG, if_unused=True)
            except aio_pika.exceptions.ChannelPreconditionFailed as used:
                raise RuntimeError(
                    f"something else hangs on the exchange `{FORMER_LOG}`: unbind it first"
                ) from used
