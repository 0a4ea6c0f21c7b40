"""A peer of equal shape: a SKIP LOCKED queue in PostgreSQL, in batches of 200, the same inbox and outbox, and aio-pika's
own publish. Two workers, so that one computes while the other commits or is being confirmed.

With `only` nothing leaves PostgreSQL: what it says is one more row of the queue, in the same transaction.
"""

import asyncio
import sys

import aio_pika
import asyncpg
import uvloop

from benchmarks.contenders import work

SCHEMA = """CREATE TABLE IF NOT EXISTS bench_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL, message_id uuid NOT NULL, body bytea NOT NULL);
CREATE INDEX IF NOT EXISTS bench_queue_heads ON bench_queue (queue, id);"""
FILL = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'in', * FROM unnest($1::uuid[], $2::bytea[])"
TAKE = """DELETE FROM bench_queue WHERE id IN (SELECT id FROM bench_queue WHERE queue = 'in' ORDER BY id
LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING message_id, body"""
SAY = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'out', * FROM unnest($1::uuid[], $2::bytea[])"
KEEP_SAID = "INSERT INTO bench_outbox SELECT * FROM unnest($1::uuid[], $2::bytea[])"
SENT = "DELETE FROM bench_outbox WHERE id = ANY($1::uuid[])"

Said = list[tuple[work.UUID, bytes]]


async def fill(postgres: str, count: int) -> None:
    database = await asyncpg.connect(postgres)
    await database.execute(SCHEMA)
    ids, bodies = zip(*work.events(count), strict=True)
    await database.execute(FILL, list(ids), list(bodies))
    await database.execute("VACUUM ANALYZE bench_queue")
    await database.close()


async def one_batch(database: asyncpg.Connection, say: str) -> Said:
    async with database.transaction():
        taken = await database.fetch(TAKE, work.BATCH)
        if not taken:
            return []
        new = {row[0] for row in await database.fetch(work.CLAIM, [row[0] for row in taken])}
        fresh = [work.Rated.model_validate_json(row[1]) for row in taken if row[0] in new]
        await database.execute(work.KEEP, *work.columns(fresh))
        said = [(work.uuid7(), work.answer(event).model_dump_json().encode()) for event in fresh]
        await database.execute(say, *map(list, zip(*said, strict=True)))
    return said


async def only(postgres: str) -> None:
    database = await asyncpg.connect(postgres)
    while True:
        if not await one_batch(database, SAY):
            await asyncio.sleep(0.05)


async def and_publish(postgres: str, channel: aio_pika.abc.AbstractChannel) -> None:
    database = await asyncpg.connect(postgres)

    async def publish(key: work.UUID, body: bytes) -> None:
        message = aio_pika.Message(body, message_id=str(key), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(message, work.OUT_QUEUE)

    while True:
        said = await one_batch(database, KEEP_SAID)
        if not said:
            await asyncio.sleep(0.05)
            continue
        await asyncio.gather(*(publish(key, body) for key, body in said))
        await database.execute(SENT, [key for key, _ in said])


async def main() -> None:
    amqp, postgres, count = work.arguments()
    if "fill" in sys.argv:
        await fill(postgres, count)
    elif "only" in sys.argv:
        await asyncio.gather(only(postgres), only(postgres))
    else:
        connection = await aio_pika.connect(amqp)
        channel = await connection.channel(publisher_confirms=True)
        await asyncio.gather(and_publish(postgres, channel), and_publish(postgres, channel))


if __name__ == "__main__":
    uvloop.run(main())
