"""What the broker is made of: complete before a relay publishes, and tidied when an operator says so."""

from datetime import UTC, datetime

import aio_pika

from shared.ids import uuid7
from shared.messaging import Heard, Listener, topology
from shared.messaging.envelope import Envelope
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

        await say(rabbit)
        await until(lambda: lying(channel, "hearer.take"), 1)
        assert await lying(channel, "hearer.write_down") == 1

        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert (found.missing, [str(one) for one in found.left_over]) == (
            (),
            ["log -#-> hearer.write_down", "published --> log"],
        )
        await topology.prune(rabbit_server.management, vhost, rabbit, queues)
        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert (found.missing, found.left_over) == ((), ())

        await say(rabbit)
        await until(lambda: lying(channel, "hearer.write_down"), 2)
        assert await lying(channel, "hearer.take") == 2


async def test_no_relay_publishes_while_the_log_alone_would_hear_it(rabbit, rabbit_server):
    vhost, queues = rabbit.rpartition("/")[2], a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        events = await (await connection.channel()).get_exchange(topology.EVENTS)
        await events.unbind(topology.PUBLISHED)

        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert [str(one) for one in found.missing] == ["published --> events"]

        assert await topology.bind_or_miss(rabbit, queues) == []
        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert found.missing == ()


async def test_one_missing_queue_keeps_the_others_shut(rabbit, rabbit_server):
    vhost, queues = rabbit.rpartition("/")[2], a_hearer_and_a_log()
    await topology.apply(rabbit, queues)
    async with await aio_pika.connect(rabbit) as connection:
        channel = await connection.channel()
        await (await channel.get_exchange(topology.EVENTS)).unbind(topology.PUBLISHED)
        await channel.queue_delete("hearer.take")

        assert await topology.bind_or_miss(rabbit, queues) == ["hearer.take"]

        found = await topology.diff(rabbit_server.management, vhost, queues)
        assert {str(one) for one in found.missing} == {
            "events -teller.told-> hearer.take",
            "published --> events",
        }
