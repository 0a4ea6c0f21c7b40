"""The limit: aiormq and asyncpg by hand, batches of 200, publishes of a batch in one write, cumulative confirms.

No outbox, no retries, no order, nothing kept: what is left when everything but the work itself is taken away. Two
batches are in flight, so that one computes while the other commits or is being confirmed.
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


class OneWrite:
    """Publishes of a batch as one block on one channel, and how far they are confirmed."""

    def __init__(self, channel: Any) -> None:
        self.channel, self.sent, self.confirmed = channel, 0, 0
        self.waiting: list[tuple[int, asyncio.Future[None]]] = []
        self.method = frames.marshal(
            spec.Basic.Publish(exchange="", routing_key=work.OUT_QUEUE), channel.number
        )
        channel._on_confirm_frame = self.on_confirm  # noqa: SLF001
        self.open: set[int] = set()

    async def on_confirm(self, frame: spec.Basic.Ack) -> None:
        if frame.multiple:
            self.open = {tag for tag in self.open if tag > frame.delivery_tag}
        else:
            self.open.discard(frame.delivery_tag)
        lowest = min(self.open, default=self.sent + 1)
        while self.waiting and self.waiting[0][0] < lowest:
            self.waiting.pop(0)[1].set_result(None)

    def one(self, body: bytes) -> bytes:
        properties = spec.Basic.Properties(delivery_mode=2, message_id=str(work.uuid7()))
        header = frames.marshal(
            ContentHeader(body_size=len(body), properties=properties), self.channel.number
        )
        return self.method + header + frames.marshal(ContentBody(body), self.channel.number)

    async def publish(self, bodies: list[bytes]) -> None:
        block = b"".join(map(self.one, bodies))
        self.open.update(range(self.sent + 1, self.sent + len(bodies) + 1))
        self.sent += len(bodies)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((self.sent, done))
        await self.channel.write_queue.put(ChannelFrame(payload=block, should_close=False, drain_future=None))
        await done


async def main() -> None:
    amqp, postgres, _ = work.arguments()
    connection = await aiormq.connect(amqp)
    consuming = await connection.channel(publisher_confirms=False)
    publishing = OneWrite(await connection.channel(publisher_confirms=True))
    await consuming.basic_qos(prefetch_count=3 * work.BATCH)
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    arrived: asyncio.Queue[Any] = asyncio.Queue()

    async def heard(message: Any) -> None:
        arrived.put_nowait(message)

    async def one_batch(batch: list[Any]) -> None:
        async with pool.acquire() as database, database.transaction():
            ids = [message.header.properties.message_id for message in batch]
            new = {str(row[0]) for row in await database.fetch(work.CLAIM, ids)}
            fresh = [
                work.Rated.model_validate_json(m.body) for m in batch if m.header.properties.message_id in new
            ]
            await database.execute(work.KEEP, *work.columns(fresh))
        await publishing.publish([work.answer(event).model_dump_json().encode() for event in fresh])

    async def work_for_ever(before: asyncio.Lock) -> None:
        while True:
            async with before:
                batch = [await arrived.get()]
                while len(batch) < work.BATCH and not arrived.empty():
                    batch.append(arrived.get_nowait())
                mine = asyncio.get_running_loop().create_future()
                previous, turns[0] = turns[0], mine
            await one_batch(batch)
            await previous
            await consuming.basic_ack(batch[-1].delivery.delivery_tag, multiple=True)
            mine.set_result(None)

    turns: list[asyncio.Future[None]] = [asyncio.get_running_loop().create_future()]
    turns[0].set_result(None)
    await consuming.basic_consume(work.IN_QUEUE, heard)
    lock = asyncio.Lock()
    await asyncio.gather(work_for_ever(lock), work_for_ever(lock))


if __name__ == "__main__":
    uvloop.run(main())
