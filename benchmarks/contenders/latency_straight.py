"""The peer of the latency figure: `door PORT` writes and publishes with aio-pika straight after its commit; `actor` hears
with aio-pika and writes. No outbox: a crash between commit and publish loses the event.

With asyncpg, or with `_session` behind either with SQLModel's session.
"""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import asyncpg
import uvicorn
import uvloop
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import text

from benchmarks.contenders import work

ONE = "INSERT INTO bench_state VALUES ($1, $2, $3, $4, $5, $6)"
CLAIM = "INSERT INTO bench_inbox (message_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING message_id"
ACTED = "SELECT pg_notify('acted', $1)"
RECEIVED = "INSERT INTO bench_received VALUES ($1)"
ACTED_IN_SESSION = text(ACTED.replace("$1", ":rating"))
RECEIVED_IN_SESSION = text(RECEIVED.replace("$1", ":rating"))
OBJECTS_BETWEEN_LOOKS = 20_000
"""As our services have it."""


def sessions_on(postgres: str) -> async_sessionmaker[AsyncSession]:
    """Sessions without our hooks on them."""
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+asyncpg:"), pool_size=5)
    return async_sessionmaker(engine, expire_on_commit=False)


async def publish(event: work.Rated, app: FastAPI) -> dict[str, str]:
    message = aio_pika.Message(
        event.model_dump_json().encode(),
        message_id=str(work.uuid7()),
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
    )
    await app.state.channel.default_exchange.publish(message, work.IN_QUEUE)
    return {"rating_id": str(event.rating_id)}


def door(role: str) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        amqp, postgres, _ = work.arguments()
        app.state.pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
        app.state.sessions = sessions_on(postgres)
        connection = await aio_pika.connect_robust(amqp)
        app.state.channel = await connection.channel(publisher_confirms=True)
        yield

    app = FastAPI(lifespan=lifespan)

    async def take(event: work.Rated) -> dict[str, str]:
        async with app.state.pool.acquire() as database, database.transaction():
            await database.execute(RECEIVED, event.rating_id)
        return await publish(event, app)

    async def take_in_session(event: work.Rated) -> dict[str, str]:
        async with app.state.sessions.begin() as session:
            await session.execute(RECEIVED_IN_SESSION, {"rating": event.rating_id})
        return await publish(event, app)

    app.post("/ratings", status_code=202)(take_in_session if role.endswith("_session") else take)
    return app


async def act(role: str) -> None:
    amqp, postgres, _ = work.arguments()
    pool, sessions = await asyncpg.create_pool(postgres, min_size=2, max_size=2), sessions_on(postgres)
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

    async def hear_in_session(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        event = work.Rated.model_validate_json(message.body)
        async with sessions.begin() as session:
            connection = await session.connection()
            if (await connection.exec_driver_sql(CLAIM, (message.message_id,))).all():
                session.add(work.state_of(event))
                await session.execute(ACTED_IN_SESSION, {"rating": str(event.rating_id)})
        await message.ack()

    await queue.consume(hear_in_session if role.endswith("_session") else hear)
    await asyncio.Event().wait()


if __name__ == "__main__":
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)
    which = sys.argv[1]
    if which.startswith("door"):
        uvicorn.run(door(which), port=int(sys.argv[2]), log_level="error", access_log=False)
    else:
        uvloop.run(act(which))
