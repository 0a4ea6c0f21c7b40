"""The peer of the latency figure: `door PORT` writes with asyncpg and publishes with aio-pika straight after its commit;
`actor` hears with aio-pika and writes with asyncpg. No outbox: a crash between commit and publish loses the event.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI

from benchmarks.contenders import work

ONE = "INSERT INTO bench_state VALUES ($1, $2, $3, $4, $5, $6)"
CLAIM = "INSERT INTO bench_inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING message_id"
ACTED = "SELECT pg_notify('acted', $1)"
RECEIVED = "INSERT INTO bench_received VALUES ($1)"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    amqp, postgres, _ = work.arguments()
    app.state.pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    connection = await aio_pika.connect_robust(amqp)
    app.state.channel = await connection.channel(publisher_confirms=True)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/ratings", status_code=202)
async def take(event: work.Rated) -> dict[str, str]:
    async with app.state.pool.acquire() as database, database.transaction():
        await database.execute(RECEIVED, event.rating_id)
    message = aio_pika.Message(
        event.model_dump_json().encode(),
        message_id=str(work.uuid7()),
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await app.state.channel.default_exchange.publish(message, work.IN_QUEUE)
    return {"rating_id": str(event.rating_id)}


async def act() -> None:
    amqp, postgres, _ = work.arguments()
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    connection = await aio_pika.connect_robust(amqp)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)
    queue = await channel.get_queue(work.IN_QUEUE)

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        event = work.Rated.model_validate_json(message.body)
        async with pool.acquire() as database, database.transaction():
            if await database.fetchval(CLAIM, message.message_id):
                row = (event.rating_id, event.trainee_id, event.mentor_id, event.competency, event.level)
                await database.execute(ONE, *row, event.observed_on)
                await database.execute(ACTED, str(event.rating_id))
        await message.ack()

    await queue.consume(hear)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "door":
        uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
    else:
        uvloop.run(act())
