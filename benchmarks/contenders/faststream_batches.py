"""A peer of equal shape: FastStream, hand-written batches, the same inbox and outbox, and aio-pika's own publish."""

import asyncio
from typing import Any

import aio_pika
import asyncpg
import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

from benchmarks.contenders import work

CLAIM = """INSERT INTO bench_inbox (message_id) SELECT unnest($1::uuid[])
ON CONFLICT DO NOTHING RETURNING message_id"""
KEEP = """INSERT INTO bench_state SELECT * FROM
unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::date[])"""
SAY = "INSERT INTO bench_outbox SELECT * FROM unnest($1::uuid[], $2::bytea[])"


async def main() -> None:
    amqp, postgres, count = work.arguments()
    broker = RabbitBroker(amqp, default_channel=Channel(prefetch_count=3 * work.BATCH), logger=None)
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=4)
    connection = await aio_pika.connect(amqp)
    channel = await connection.channel(publisher_confirms=True)
    arrived: asyncio.Queue[tuple[work.Rated, RabbitMessage]] = asyncio.Queue()
    watch: Any = None

    @broker.subscriber(
        RabbitQueue(work.IN_QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False),
        ack_policy=AckPolicy.MANUAL,
    )
    async def handle(event: work.Rated, message: RabbitMessage) -> None:
        nonlocal watch
        watch = watch or work.Stopwatch()
        arrived.put_nowait((event, message))

    async def one_batch() -> int:
        batch = [await arrived.get()]
        while len(batch) < work.BATCH and not arrived.empty():
            batch.append(arrived.get_nowait())
        said = []
        async with pool.acquire() as database, database.transaction():
            new = {
                row[0] for row in await database.fetch(CLAIM, [message.message_id for _, message in batch])
            }
            fresh = [event for event, message in batch if work.UUID(message.message_id) in new]
            rows = [
                (e.rating_id, e.trainee_id, e.mentor_id, e.competency, e.level, e.observed_on) for e in fresh
            ]
            await database.execute(KEEP, *map(list, zip(*rows, strict=True)))
            said = [(work.uuid7(), work.answer(event).model_dump_json().encode()) for event in fresh]
            await database.execute(SAY, *map(list, zip(*said, strict=True)))
        await batch[-1][1].raw_message.ack(multiple=True)
        await asyncio.gather(
            *(
                channel.default_exchange.publish(
                    aio_pika.Message(
                        body, message_id=str(key), delivery_mode=aio_pika.DeliveryMode.PERSISTENT
                    ),
                    work.OUT_QUEUE,
                )
                for key, body in said
            )
        )
        await pool.execute("DELETE FROM bench_outbox WHERE id = ANY($1::uuid[])", [key for key, _ in said])
        return len(fresh)

    await broker.start()
    done = 0
    while done < count:
        done += await one_batch()
    watch.done(count)
    await broker.stop()
    await connection.close()
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main())
