"""Holds what a contender did against what it was sent: a figure counts only if each event took effect exactly once."""

import asyncio
import re
from collections import Counter
from uuid import UUID

import aiormq
import asyncpg

from benchmarks.contenders import work
from benchmarks.contenders.entrants import Entrant
from benchmarks.contenders.ground import Room

RATING = re.compile(rb'rating_id\\*":\s*\\*"([0-9a-f-]{36})')


class WrongEffect(SystemExit):
    """A contender lost or doubled something."""


async def check(name: str, entrant: Entrant, count: int, room: Room) -> None:
    """Raises WrongEffect unless state, inbox and what was said each hold every event once and nothing else."""
    refused = entrant.refused_of(count)
    wanted = {work.rating_id(number) for number in range(count)} - {
        work.rating_id(number) for number in refused
    }
    if entrant.hears_postgres:
        await _nothing_is_left(entrant, room)
    said = await (_said_in_postgres(room) if entrant.says_to_postgres else _said_over_rabbit(entrant, room))
    found = await _tables(entrant, room)
    expect = {
        "state rows": (found["state"], wanted),
        "inbox rows": (found["inbox"], count + entrant.inbox_rows),
        "left to send": (found["outbox"], 0),
        "kept as failed": (found["failed"], len(refused)),
        "events said": (said, Counter(wanted)),
    }
    for what, (is_there, should) in expect.items():
        if is_there != should:
            text = (len(is_there), len(should)) if hasattr(is_there, "__len__") else (is_there, should)
            raise WrongEffect(f"{name}: {what}: {text[0]} instead of {text[1]}")


async def _tables(entrant: Entrant, room: Room) -> dict[str, object]:
    connection = await asyncpg.connect(room.postgres)
    prefix = "" if entrant.is_ours else "bench_"
    found: dict[str, object] = {
        "state": {row[0] for row in await connection.fetch("SELECT rating_id FROM bench_state")},
        "inbox": await connection.fetchval(f"SELECT count(*) FROM {prefix}inbox"),
        "outbox": await connection.fetchval(f"SELECT count(*) FROM {prefix}outbox"),
        "failed": await connection.fetchval("SELECT count(*) FROM failed_message") if entrant.is_ours else 0,
    }
    await connection.close()
    return found


async def _nothing_is_left(entrant: Entrant, room: Room) -> None:
    connection = await asyncpg.connect(room.postgres)
    if await connection.fetchval("SELECT count(*) FROM bench_queue WHERE queue = 'in'"):
        raise WrongEffect(f"{entrant.module}: messages are left in its queue")
    await connection.close()


async def _said_in_postgres(room: Room) -> Counter[UUID]:
    connection = await asyncpg.connect(room.postgres)
    bodies = [row[0] for row in await connection.fetch("SELECT body FROM bench_queue WHERE queue = 'out'")]
    await connection.close()
    return Counter(map(_rating, bodies))


async def _said_over_rabbit(entrant: Entrant, room: Room) -> Counter[UUID]:
    """Everything in the queue of what was said; the queue of what was heard must be empty."""
    broker = await aiormq.connect(room.amqp)
    channel = await broker.channel(publisher_confirms=False)
    if entrant.in_queue and (await channel.queue_declare(entrant.in_queue, passive=True)).message_count:
        raise WrongEffect(f"{entrant.module}: messages are left in its queue, handled but not acknowledged")
    waiting = (await channel.queue_declare(work.OUT_QUEUE, passive=True)).message_count or 0
    said: Counter[UUID] = Counter()
    everything = asyncio.Event()

    async def hear(message: aiormq.abc.DeliveredMessage) -> None:
        said[_rating(message.body)] += 1
        if said.total() >= waiting:
            everything.set()

    await channel.basic_qos(prefetch_count=1000)
    await channel.basic_consume(work.OUT_QUEUE, hear, no_ack=True)
    async with asyncio.timeout(120):
        await everything.wait()
    await broker.close()
    return said


def _rating(body: bytes) -> UUID:
    found = RATING.search(body)
    assert found, body[:200]
    return UUID(found[1].decode())
