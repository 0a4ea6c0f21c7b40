"""Ours: `python -m benchmarks.contenders.ours batch|ordinary [refused] [ten_keys] [three]`."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import aio_pika
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.contenders import work
from shared.errors import Refused
from shared.events.base import Event
from shared.messaging import Envelope, Listener, schema, topology
from shared.messaging.publish import Publisher
from shared.messaging.runtime import Runtime
from shared.settings import Settings

KEEP = """INSERT INTO bench_state SELECT * FROM
unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::date[])"""


class Rated(Event):
    """The same 600 bytes as every contender's."""

    key = "trainee_id"
    enterprise_id: UUID
    rating_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: str
    level: int | None
    observed_on: date
    remark: str


class Counted(Event):
    """What is said of each."""

    key = "trainee_id"
    rating_id: UUID
    trainee_id: UUID
    counted_at: datetime


class NoLevel(Refused):
    """A rating needs a level here."""


def said_of(event: Rated) -> Counted:
    return Counted(rating_id=event.rating_id, trainee_id=event.trainee_id, counted_at=datetime.now(UTC))


async def count_rating(event: Rated, session: AsyncSession) -> Counted:
    if event.level is None:
        raise NoLevel
    session.add(work.State(**event.model_dump(exclude={"enterprise_id", "remark"})))
    return said_of(event)


async def count_ratings(events: list[Rated], session: AsyncSession) -> list[Counted]:
    if any(event.level is None for event in events):
        raise NoLevel
    rows = [(e.rating_id, e.trainee_id, e.mentor_id, e.competency, e.level, e.observed_on) for e in events]
    connection = await session.connection()
    await connection.exec_driver_sql(KEEP, tuple(map(list, zip(*rows, strict=True))))
    return [said_of(event) for event in events]


def listener(how: str) -> Listener:
    on = Listener("bench")
    if how == "batch":
        on.batch(Rated, order="commutes")(count_ratings)
    else:
        on(Rated, order="commutes")(count_rating)
    return on


def sessions_on(postgres: str) -> async_sessionmaker[AsyncSession]:
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+asyncpg:"), pool_size=5)
    return async_sessionmaker(engine, expire_on_commit=False, info={})


async def prepare(arguments: list[str], count: int, postgres: str, amqp: str) -> dict[str, str]:
    """Delivery's tables, the queues, and all events lying ready."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    sessions = sessions_on(postgres)
    async with sessions.kw["bind"].begin() as connection:
        await connection.run_sync(lambda plain: schema.upgrade(Operations(MigrationContext.configure(plain))))
        for statement in work.SCHEMA.strip().split(";")[:-1]:
            await connection.execute(text(statement))
    await sessions.kw["bind"].dispose()
    on = listener(arguments[0])
    await topology.apply(amqp, topology.queues_of(on))
    async with await aio_pika.connect(amqp) as broker:
        channel = await broker.channel()
        out = await channel.declare_queue(work.OUT_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await out.bind(topology.EVENTS, routing_key=Counted.topic())
    publisher = Publisher(amqp, topology.PUBLISHED, "bench")
    await publisher.connect()
    block = []
    for number, (message_id, body) in enumerate(work.events(count, 10 if "ten_keys" in arguments else 1000)):
        sent = (
            body.replace(b'"level":1,', b'"level":null,')
            if "refused" in arguments and number % 100 == 0
            else body
        )
        key = Rated.model_validate_json(sent).key_value()
        moment = datetime.now(UTC)
        envelope = Envelope(
            message_id, Rated.type_name(), Rated.topic(), "/bench", key, number + 1, moment, message_id
        )
        block.append((envelope, sent))
        if len(block) == 500:
            await publisher.publish(block)
            block = []
    if block:
        await publisher.publish(block)
    await publisher.drop()
    return {"REFUSED": str(len(range(0, count, 100)) if "refused" in arguments else 0)}


async def main() -> None:
    amqp, postgres, count = work.arguments()
    how, *more = sys.argv[1:]
    sessions = sessions_on(postgres)
    settings = Settings(database_url=postgres, rabbitmq_url=amqp, roles="consumer,relay", environment="demo")
    runtime = Runtime(listener(how), sessions, settings)
    helping = [
        subprocess.Popen([sys.executable, "-m", "benchmarks.contenders.ours", how, "helping"])
        for _ in range(2 if "three" in more else 0)
    ]
    await runtime.start()
    if "helping" in more:
        await asyncio.sleep(3600)
    watch: Any = None
    wanted = count - int(os.environ.get("REFUSED", "0"))
    counted = "SELECT (SELECT count(*) FROM bench_state), (SELECT count(*) FROM outbox)"
    done = 0
    while True:
        async with sessions() as session:
            done, waiting = (await session.execute(text(counted))).one()
        if done and watch is None:
            watch = work.Stopwatch()
            started_with = done
        if done >= wanted and waiting == 0:
            break
        await asyncio.sleep(0.02)
    watch.done(count - started_with)
    for process in helping:
        process.kill()
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(main())
