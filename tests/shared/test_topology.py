"""What the broker is made of: complete before a relay publishes, and tidied when an operator says so."""

from datetime import UTC, datetime

import aio_pika
import pytest

from shared.ids import uuid7
from shared.messaging import Heard, Listener, topology
from shared.messaging.envelope import Envelope
from shared.messaging.faults import NotConfirmed
from shared.messaging.publish import Publisher
from tests.shared.small import Told


def a_hearer_and_a_log() -> list[topology.Queue]:
    on = Listener("hearer")

    @on(Told, order="commutes")
    async def take(told: Told, session) -> None:
        pass

    @on.everything
    async def write_down(heard: list[Heard], session) -> None:
        pass

    return topology.queues_of(on)


async def say(amqp: str) -> None:
    publisher = Publisher(amqp, topology.PUBLISHED, "test")
    await publisher.connect()
    said = uuid7()
    await publisher.publish(
        [
            (
                Envelope(said, "t", Told.topic(), "/tailored/teller", "k", 1, datetime.now(UTC), said, None),
                b"{}",
            )
        ]
    )
    await publisher.drop()


async def lying(channel, queue: str) -> int:
    return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count


async def test_the_former_exchange_of_the_log_doubles_nothing_and_is_taken_away_by_prune(
    rabbit, rabbit_server, until
):
    vhost, queues = rabbit.rpartition("/")[2], a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        channel = await connection.channel()
        former = await channel.declare_exchange(topology.FORMER_LOG, "fanout", durable=True)
        await former.bind(topology.PUBLISHED)
        log = await channel.declare_queue("hearer.write_down", passive=True)
        await log.bind(former, routing_key="#")
        people = await channel.get_exchange(topology.PEOPLE)
        await people.bind(topology.EVENTS, routing_key="nobody.said_this")
        tap = await channel.declare_exchange("somebody-elses", "fanout", auto_delete=True)
        await tap.bind(topology.PUBLISHED)

        await say(rabbit)
        await until(lambda: lying(channel, "hearer.take"), 1)
        assert await lying(channel, "hearer.write_down") == 1

        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert (found.missing, [str(one) for one in found.left_over]) == (
            (),
            ["events -nobody.said_this-> people", "log -#-> hearer.write_down", "published --> log"],
        )
        theirs = await channel.declare_exchange("theirs", "fanout", auto_delete=True)
        await theirs.bind(former)
        with pytest.raises(RuntimeError, match="something else hangs"):
            await topology.prune(rabbit, found.left_over)
        await theirs.unbind(former)
        await topology.prune(rabbit, found.left_over)
        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert (found.missing, found.left_over) == ((), ())

        await say(rabbit)
        await until(lambda: lying(channel, "hearer.write_down"), 2)
        assert await lying(channel, "hearer.take") == 2
        with pytest.raises(aio_pika.exceptions.ChannelNotFoundEntity):
            await channel.get_exchange(topology.FORMER_LOG)


async def test_what_feeds_nothing_but_the_log_is_told_and_bound_again(rabbit, rabbit_server, until):
    vhost, queues = rabbit.rpartition("/")[2], a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        channel = await connection.channel()
        await (await channel.get_exchange(topology.EVENTS)).unbind(topology.PUBLISHED)

        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert [str(one) for one in found.missing] == ["published --> events"]

        assert await topology.bind_or_miss(rabbit, queues) == []
        await say(rabbit)
        await until(lambda: lying(channel, "hearer.take"), 1)


def test_what_feeds_events_and_the_log_is_bound_last():
    *others, log = a_hearer_and_a_log()
    for queues in ([log, *others], [*others, log]):
        *before, events, last = topology.bindings_of(queues)
        assert {one.source for one in before} == {topology.EVENTS}
        assert (str(events), str(last)) == ("published --> events", "published -#-> hearer.write_down")


async def test_an_exchange_named_log_that_no_relay_feeds_is_somebody_elses(rabbit, rabbit_server):
    queues = a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        channel = await connection.channel()
        theirs = await channel.declare_exchange("log", "fanout")
        await (await channel.declare_queue("theirs")).bind(theirs)

        found = await topology.diff(rabbit_server.management, rabbit.rpartition("/")[2], queues)

        assert (found.missing, found.left_over) == ((), ())


async def test_while_a_queue_is_missing_an_event_comes_back_to_its_relay(rabbit):
    *others, log = queues = a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        channel = await connection.channel()
        await channel.exchange_delete(topology.PUBLISHED)
        await channel.declare_exchange(topology.PUBLISHED, "fanout", durable=True)
        await channel.queue_delete("hearer.take")
        await channel.declare_queue("hearer.take")  # not as it should be

        with pytest.raises(aio_pika.exceptions.ChannelPreconditionFailed):
            await topology.apply(rabbit, [log, *others])
        with pytest.raises(NotConfirmed):
            await say(rabbit)
        await channel.queue_delete("hearer.take")
        assert await topology.bind_or_miss(rabbit, queues) == ["hearer.take"]
        with pytest.raises(NotConfirmed):
            await say(rabbit)

        await topology.apply(rabbit, queues)
        await say(rabbit)
        assert await lying(channel, "hearer.write_down") == 1
