"""The promises of ours in the latency figure without its framework: the same tables, statements, queue and frames, with
asyncpg and aio-pika by hand. What it takes longer than the straight peer is what the promises cost; what ours takes longer
than it, its generality, and with sessions those too.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI

from benchmarks.contenders import latency_ours, latency_straight, work
from benchmarks.contenders.bench import Rated
from shared.ids import uuid7
from shared.messaging import Envelope
from shared.messaging.handed import SENT
from shared.messaging.inbox import CLAIM_ONE
from shared.messaging.outbox import EVERY_KEY, SAY, Said, lock_number
from shared.messaging.publish import Publisher
from shared.messaging.topology import PUBLISHED

HEARD = f"actor.{latency_ours.act_on_rating.__name__}"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    amqp, postgres, _ = work.arguments()
    app.state.pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    app.state.publisher, app.state.sending = Publisher(amqp, PUBLISHED, "by hand"), set()
    await app.state.publisher.connect()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/ratings", status_code=202)
async def take(event: Rated) -> dict[str, str]:
    said_id = uuid7()
    row = Said(said_id, event, correlation=said_id, causation=None, traceparent=None).row()
    async with app.state.pool.acquire() as database, database.transaction():
        await database.execute(latency_straight.RECEIVED, event.rating_id)
        values = [[value] for value in row]
        (sequence, when, first) = await database.fetchrow(SAY, EVERY_KEY, [lock_number(row[2])], *values)
    assert first
    envelope = Envelope(
        id=said_id, type=row[4], topic=row[3], source="/tailored/bench", key=row[2], sequence=sequence,
        time=when, correlation=said_id, causation=None, traceparent=None,
    )  # fmt: skip
    sending = asyncio.create_task(_send(envelope, row[5]))
    app.state.sending.add(sending)
    sending.add_done_callback(app.state.sending.discard)
    return {"rating_id": str(event.rating_id)}


async def _send(envelope: Envelope, body: bytes) -> None:
    await app.state.publisher.publish([(envelope, body)])
    async with app.state.pool.acquire() as database:
        await database.fetchval(SENT, [envelope.id])


async def act() -> None:
    amqp, postgres, _ = work.arguments()
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    connection = await aio_pika.connect_robust(amqp)
    channel = await connection.channel()
    await channel.set_qos(prefetch_count=100)
    queue = await channel.get_queue(HEARD)

    async def hear(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        headers: dict[str, Any] = dict(message.headers)
        heard = Envelope.from_headers(headers, message.routing_key or "", message.message_id)
        event = Rated.model_validate_json(message.body)
        async with pool.acquire() as database, database.transaction():
            values = heard.id, heard.type, heard.correlation, heard.causation
            if await database.fetch(CLAIM_ONE, HEARD, *values):
                row = (event.rating_id, event.trainee_id, event.mentor_id, event.competency, event.level)
                await database.execute(latency_straight.ONE, *row, event.observed_on)
                await database.execute(latency_straight.ACTED, str(event.rating_id))
        await message.ack()

    await queue.consume(hear)
    await asyncio.Event().wait()


if __name__ == "__main__":
    gc.set_threshold(latency_straight.OBJECTS_BETWEEN_LOOKS, 10, 10)
    if sys.argv[1] == "door":
        uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False)
    else:
        uvloop.run(act())
