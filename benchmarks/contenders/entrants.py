"""Who takes part, how each is started, and how its queues and messages are laid ready."""

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import aio_pika
import aiormq
import asyncpg
from sqlalchemy import text

from benchmarks.contenders import ours, work
from benchmarks.contenders.bench import Counted, Rated
from benchmarks.contenders.ground import Room
from shared.messaging import Envelope, schema, topology
from shared.messaging.publish import Publisher


@dataclass(frozen=True)
class Entrant:
    """One contender: the module and arguments of its process."""

    module: str
    arguments: tuple[str, ...] = ()
    keys: int = 1000
    refused: bool = False
    hears_postgres: bool = False
    says_to_postgres: bool = False
    slow: bool = False
    fills_itself: bool = False
    inbox_rows: int = 0
    says: str = ""

    @property
    def is_ours(self) -> bool:
        return self.module == "ours"

    @property
    def in_queue(self) -> str | None:
        """Where its messages lie; none where they lie in PostgreSQL."""
        if self.is_ours:
            return "bench.count_ratings" if "batch" in self.arguments else "bench.count_rating"
        return None if self.hears_postgres else work.IN_QUEUE

    def refused_of(self, count: int) -> set[int]:
        """Which of its messages the handler refuses."""
        return set(range(50, count, 100)) if self.refused else set()

    def command(self, *more: str) -> list[str]:
        return [sys.executable, "-m", f"benchmarks.contenders.{self.module}", *self.arguments, *more]


BATCH = ("batch", "relay", "consumer")
ORDINARY = ("ordinary", "relay", "consumer")
ENTRANTS = {
    "batch": Entrant("ours", BATCH, says="ours, a handler of lists, and its relay"),
    "ordinary": Entrant(
        "ours", ORDINARY, says="ours, a handler of one event with an SQLModel object, and its relay"
    ),
    "batch_one_process": Entrant("ours", ("batch", "consumer,relay"), says="batch, both in one process"),
    "ordinary_one_process": Entrant(
        "ours", ("ordinary", "consumer,relay"), says="ordinary, both in one process"
    ),
    "refused_1_percent": Entrant("ours", BATCH, refused=True, says="batch, one event in a hundred refused"),
    "ten_keys": Entrant("ours", BATCH, keys=10, says="batch, all events of ten keys"),
    "three_replicas": Entrant(
        "ours", ("batch", *["consumer,relay"] * 3), says="batch, three processes of both"
    ),
    "limit": Entrant("limit", says="aiormq and asyncpg by hand, no outbox"),
    "faststream_batches": Entrant(
        "faststream_batches", says="FastStream, batches and outbox by hand, aio-pika's publish"
    ),
    "skip_locked": Entrant(
        "skip_locked",
        fills_itself=True,
        hears_postgres=True,
        says="SKIP LOCKED by hand, batches and outbox, aio-pika's publish",
    ),
    "skip_locked_only": Entrant(
        "skip_locked",
        ("only",),
        fills_itself=True,
        hears_postgres=True,
        says_to_postgres=True,
        says="SKIP LOCKED by hand, says into PostgreSQL: no broker",
    ),
    "postgres_queue": Entrant(
        "procrastinate_worker",
        slow=True,
        fills_itself=True,
        hears_postgres=True,
        says_to_postgres=True,
        says="procrastinate, a job an event, twenty at a time, no broker",
    ),
    "faststream_sqlmodel": Entrant(
        "faststream_sqlmodel",
        slow=True,
        says="FastStream + SQLModel, a transaction a message, an outbox row",
    ),
    "celery": Entrant(
        "celery_worker",
        slow=True,
        fills_itself=True,
        says="Celery, two processes, a transaction a message, an outbox row",
    ),
    "dramatiq": Entrant(
        "dramatiq_worker",
        slow=True,
        fills_itself=True,
        says="dramatiq, two processes of eight threads, likewise",
    ),
    "faststream_sqlmodel_straight": Entrant(
        "faststream_sqlmodel", ("straight",), slow=True, says="FastStream + SQLModel without an outbox"
    ),
    "celery_straight": Entrant(
        "celery_worker", ("straight",), slow=True, fills_itself=True, says="Celery without an outbox"
    ),
    "dramatiq_straight": Entrant(
        "dramatiq_worker", ("straight",), slow=True, fills_itself=True, says="dramatiq without an outbox"
    ),
}

INBOX_SIZES = {
    f"inbox_{rows}": Entrant("ours", BATCH, inbox_rows=rows, says=f"batch, {rows} rows in its inbox before")
    for rows in (10_000, 1_000_000)
}
OLD_ROWS = """INSERT INTO inbox (message_id, handler, type, outcome, correlation, causation)
SELECT id, 'bench.count_ratings', 'tailored.bench.rated.v1', 'done', id, id FROM (
  SELECT (lpad(to_hex(1780000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 3) || 'a' || substr(md5(n::text), 4, 15))
    ::uuid AS id FROM generate_series(1, $1::int) AS n) AS old"""


def environment(room: Room, count: int) -> dict[str, str]:
    return {**os.environ, "AMQP_URL": room.amqp, "PG_URL": room.postgres, "COUNT": str(count)}


async def lay_ready(entrant: Entrant, count: int, room: Room) -> None:
    """Tables, queues, and all messages."""
    connection = await asyncpg.connect(room.postgres)
    await connection.execute(work.SCHEMA)
    await connection.close()
    if entrant.is_ours:
        await _ours(entrant, count, room)
        return
    if entrant.module != "dramatiq_worker":
        await plain_queues(room)
    if entrant.fills_itself:
        filling = [*entrant.command(), "fill"]
        done = await asyncio.to_thread(
            subprocess.run, filling, env=environment(room, count), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{entrant.module} could not be filled:\n{done.stderr[-3000:]}")
    else:
        await _fill(count, room)


async def plain_queues(room: Room) -> None:
    async with await aio_pika.connect(room.amqp) as broker:
        channel = await broker.channel()
        for queue in (work.IN_QUEUE, work.OUT_QUEUE):
            await channel.declare_queue(queue, durable=True, arguments={"x-queue-type": "quorum"})


async def _fill(count: int, room: Room) -> None:
    broker = await aiormq.connect(room.amqp)
    channel = await broker.channel()
    waiting = []
    for message_id, body in work.events(count):
        properties = aiormq.spec.Basic.Properties(
            message_id=str(message_id), delivery_mode=2, content_type="application/json"
        )
        waiting.append(channel.basic_publish(body, routing_key=work.IN_QUEUE, properties=properties))
        if len(waiting) == 500:
            await asyncio.gather(*waiting)
            waiting = []
    await asyncio.gather(*waiting)
    await broker.close()


async def delivery_tables(postgres: str) -> None:
    """As a service's first migration makes them."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    sessions = ours.sessions_on(postgres)
    async with sessions.kw["bind"].begin() as connection:
        await connection.run_sync(lambda plain: schema.upgrade(Operations(MigrationContext.configure(plain))))
        await connection.execute(text("DROP TABLE IF EXISTS bench_inbox, bench_outbox"))
    await sessions.kw["bind"].dispose()


async def _ours(entrant: Entrant, count: int, room: Room) -> None:
    await delivery_tables(room.postgres)
    if entrant.inbox_rows:
        connection = await asyncpg.connect(room.postgres)
        await connection.execute(OLD_ROWS, entrant.inbox_rows, timeout=600)
        await connection.execute("VACUUM ANALYZE inbox")
        await connection.execute("CHECKPOINT")
        await connection.close()
    await topology.apply(room.amqp, topology.queues_of(ours.listener(entrant.arguments[0])))
    async with await aio_pika.connect(room.amqp) as broker:
        channel = await broker.channel()
        out = await channel.declare_queue(work.OUT_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await out.bind(topology.EVENTS, routing_key=Counted.topic())
    publisher = Publisher(room.amqp, topology.PUBLISHED, "bench")
    await publisher.connect()
    messages = list(_messages(entrant, count))
    for start in range(0, count, 500):
        await publisher.publish(messages[start : start + 500])
    await publisher.drop()


def _messages(entrant: Entrant, count: int):
    refused = entrant.refused_of(count)
    for number, (message_id, body) in enumerate(work.events(count, entrant.keys)):
        sent = body
        if number in refused:
            sent = body.replace(b'"remark":"xxxxxx', f'"remark":"{ours.REFUSED_REMARK}'.encode())
        key = Rated.model_validate_json(sent).key_value()
        moment = datetime.now(UTC)
        yield (
            Envelope(
                message_id, Rated.type_name(), Rated.topic(), "/bench", key, number + 1, moment, message_id
            ),
            sent,
        )
