"""A peer of equal shape: FastStream, hand-written batches, the same inbox and outbox, and aio-pika's own publish."""

import asyncio

import aio_pika
import asyncpg
import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue

from benchmarks.contenders import work

SAY = "INSERT INTO bench_outbox SELECT * FROM unnest($1::uuid[], $2::bytea[])"
SENT = "DELETE FROM bench_outbox WHERE id = ANY($1::uuid[])"
Arrived = asyncio.Queue[tuple[work.Rated, RabbitMessage]]


async def main() -> None:
    amqp, postgres, _ = work.arguments()
    broker = RabbitBroker(amqp, default_channel=Channel(prefetch_count=3 * work.BATCH), logger=None)
    pool = await asyncpg.create_pool(postgres, min_size=4, max_size=4)
    connection = await aio_pika.connect(amqp)
    channel = await connection.channel(publisher_confirms=True)
    arrived: Arrived = asyncio.Queue()

    @broker.subscriber(
        RabbitQueue(work.IN_QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False),
        ack_policy=AckPolicy.MANUAL,
    )
    async def handle(event: work.Rated, message: RabbitMessage) -> None:
        arrived.put_nowait((event, message))

    async def commit(batch: list[tuple[work.Rated, RabbitMessage]]) -> list[tuple[work.UUID, bytes]]:
        async with pool.acquire() as database, database.transaction():
            ids = [message.message_id for _, message in batch]
            new = {str(row[0]) for row in await database.fetch(work.CLAIM, ids)}
            fresh = [event for event, message in batch if message.message_id in new]
            await database.execute(work.KEEP, *work.columns(fresh))
            said = [(work.uuid7(), work.answer(event).model_dump_json().encode()) for event in fresh]
            await database.execute(SAY, *map(list, zip(*said, strict=True)))
        return said

    async def publish(key: work.UUID, body: bytes) -> None:
        message = aio_pika.Message(body, message_id=str(key), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, work.OUT_QUEUE)

    async def send(said: list[tuple[work.UUID, bytes]]) -> None:
        await asyncio.gather(*(publish(key, body) for key, body in said))
        await pool.execute(SENT, [key for key, _ in said])

    sending: asyncio.Task[None] | None = None
    handled: set[int] = set()
    acknowledged = 0
    await broker.start()
    while True:
        batch = [await arrived.get()]
        while len(batch) < work.BATCH and not arrived.empty():
            batch.append(arrived.get_nowait())
        said = await commit(batch)
        # the library's tasks may overtake each other: an acknowledgement says that all up to a tag are handled
        handled |= {message.raw_message.delivery_tag for _, message in batch}
        while acknowledged + 1 in handled:
            acknowledged += 1
            handled.discard(acknowledged)
        await batch[0][1].raw_message.channel.basic_ack(acknowledged, multiple=True)
        if sending:
            await sending
        sending = asyncio.create_task(
            send(said)
        )  # the next batch is handled while this one is being confirmed


if __name__ == "__main__":
    uvloop.run(main())
