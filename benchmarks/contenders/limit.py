"""The limit: aiormq and asyncpg by hand, batches of 200, publishes of a batch in one write, cumulative confirms.

No outbox, no retries, no order, nothing kept: what is left when everything but the work itself is taken away.
"""

import asyncio
from typing import Any

import aiormq
import asyncpg
import uvloop
from aiormq import spec
from aiormq.abc import ChannelFrame
from pamqp import frame as frames
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from benchmarks.contenders import work

CLAIM = """INSERT INTO bench_inbox (message_id) SELECT unnest($1::uuid[])
ON CONFLICT DO NOTHING RETURNING message_id"""
KEEP = """INSERT INTO bench_state SELECT * FROM
unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::date[])"""


async def main() -> None:
    amqp, postgres, count = work.arguments()
    connection = await aiormq.connect(amqp)
    consuming = await connection.channel(publisher_confirms=False)
    publishing = await connection.channel(publisher_confirms=True)
    await consuming.basic_qos(prefetch_count=3 * work.BATCH)
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    arrived: asyncio.Queue[Any] = asyncio.Queue()
    watch: Any = None
    sent = confirmed = 0
    all_confirmed = asyncio.Event()
    method = frames.marshal(spec.Basic.Publish(exchange="", routing_key=work.OUT_QUEUE), publishing.number)

    async def on_confirm(frame: spec.Basic.Ack) -> None:
        nonlocal confirmed
        confirmed = frame.delivery_tag if frame.multiple else max(confirmed, frame.delivery_tag)
        if confirmed >= sent:
            all_confirmed.set()

    publishing._on_confirm_frame = on_confirm  # noqa: SLF001

    async def heard(message: Any) -> None:
        nonlocal watch
        watch = watch or work.Stopwatch()
        arrived.put_nowait(message)

    def one(body: bytes) -> bytes:
        properties = spec.Basic.Properties(delivery_mode=2, message_id=str(work.uuid7()))
        header = frames.marshal(ContentHeader(body_size=len(body), properties=properties), publishing.number)
        return method + header + frames.marshal(ContentBody(body), publishing.number)

    async def publish(bodies: list[bytes]) -> None:
        nonlocal sent
        all_confirmed.clear()
        sent += len(bodies)
        block = b"".join(map(one, bodies))
        await publishing.write_queue.put(ChannelFrame(payload=block, should_close=False, drain_future=None))
        await all_confirmed.wait()

    await consuming.basic_consume(work.IN_QUEUE, heard)
    done = 0
    while done < count:
        batch = [await arrived.get()]
        while len(batch) < work.BATCH and not arrived.empty():
            batch.append(arrived.get_nowait())
        async with pool.acquire() as database, database.transaction():
            ids = [message.header.properties.message_id for message in batch]
            new = {str(row[0]) for row in await database.fetch(CLAIM, ids)}
            fresh = [
                work.Rated.model_validate_json(m.body) for m in batch if m.header.properties.message_id in new
            ]
            rows = [
                (e.rating_id, e.trainee_id, e.mentor_id, e.competency, e.level, e.observed_on) for e in fresh
            ]
            await database.execute(KEEP, *map(list, zip(*rows, strict=True)))
        await publish([work.answer(event).model_dump_json().encode() for event in fresh])
        await consuming.basic_ack(batch[-1].delivery.delivery_tag, multiple=True)
        done += len(fresh)
    watch.done(count)
    await connection.close()
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main())
