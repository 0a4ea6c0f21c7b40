"""The shape of the broker: exchanges, a quorum queue for each handler, and what they are bound to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection

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


async def connect(urls: str) -> tuple[AbstractConnection, str]:
    """To the first node that answers; its address."""
    open_at = opening(urls, 12, "topology")

    async def to(url: str) -> tuple[AbstractConnection, str]:
        return await open_at(url), url

    return await first_that_answers(urls, to)


async def apply(urls: str, queues: Iterable[Queue]) -> str:
    """Declare everything; harmless where it is there already. Returns the address that answered."""
    connection, address = await connect(urls)
    async with connection:
        channel = await connection.channel()
        await _exchanges(channel)
        for queue in queues:
            declared = await channel.declare_queue(queue.name, durable=True, arguments=queue.arguments)
            for topic in queue.topics:
                await declared.bind(queue.exchange, routing_key=topic)
            await _dead_letters(channel, queue.name.partition(".")[0])
        await _open(channel)
    return address


async def _open(channel: AbstractChannel) -> None:
    """Last of all: no relay publishes before (`bind_or_miss`, `diff`)."""
    events = await channel.get_exchange(EVENTS, ensure=False)
    await events.bind(PUBLISHED)


async def _exchanges(channel: AbstractChannel) -> None:
    events = await channel.declare_exchange(
        EVENTS, aio_pika.ExchangeType.TOPIC, durable=True, arguments={"alternate-exchange": UNROUTED}
    )
    await channel.declare_exchange(PUBLISHED, aio_pika.ExchangeType.FANOUT, durable=True)
    unrouted = await channel.declare_exchange(UNROUTED, aio_pika.ExchangeType.FANOUT, durable=True)
    await channel.declare_exchange(
        DEAD_LETTERS, aio_pika.ExchangeType.TOPIC, durable=True, arguments={"alternate-exchange": UNROUTED}
    )
    people = await channel.declare_exchange(PEOPLE, aio_pika.ExchangeType.FANOUT, durable=True)
    for topic in sorted(FOR_PEOPLE):
        await people.bind(events, routing_key=topic)
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


class Binding(NamedTuple):
    """From an exchange of ours to a queue, or to another exchange."""

    source: str
    key: str
    destination: str
    of: str = "queue"

    def __str__(self) -> str:
        return f"{self.source} -{self.key}-> {self.destination}"


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
    }
    asked = {Binding(queue.exchange, topic, queue.name) for queue in queues for topic in queue.topics}
    asked |= {Binding(EVENTS, topic, PEOPLE, "exchange") for topic in FOR_PEOPLE}
    asked.add(Binding(PUBLISHED, "", EVENTS, "exchange"))
    return Difference(tuple(sorted(asked - found)), tuple(sorted(found - asked)))


async def bind_or_miss(urls: str, queues: Iterable[Queue]) -> list[str]:
    """The queues that are not there. Where all are, they are bound: over AMQP nobody can ask whether they are."""
    missing = []
    connection, _ = await connect(urls)
    async with connection:
        for queue in queues:
            channel = await connection.channel()
            try:
                found = await channel.declare_queue(queue.name, passive=True)
            except aio_pika.exceptions.ChannelNotFoundEntity:
                missing.append(queue.name)
                continue
            for topic in queue.topics:
                await found.bind(queue.exchange, routing_key=topic)
            await channel.close()
        if not missing:
            await _open(await connection.channel())
    return missing


async def prune(management: str, vhost: str, urls: str, queues: Sequence[Queue]) -> list[Binding]:
    """Remove bindings that no handler asks for any more; queues stay until they are empty and a person removes them."""
    left = (await diff(management, vhost, queues)).left_over
    connection, _ = await connect(urls)
    async with connection:
        channel = await connection.channel()
        for one in left:
            get = channel.get_queue if one.of == "queue" else channel.get_exchange
            bound = await get(one.destination, ensure=False)
            await bound.unbind(one.source, routing_key=one.key)
        await channel.exchange_delete(FORMER_LOG)
    return list(left)
