"""FastStream and SQLModel: one transaction a message, publish after the commit, the outbox row deleted after that."""

import asyncio

import uvloop
from faststream import AckPolicy
from faststream.rabbit import Channel, QueueType, RabbitBroker, RabbitMessage, RabbitQueue
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.contenders import work


async def main() -> None:
    amqp, postgres, _ = work.arguments()
    broker = RabbitBroker(amqp, default_channel=Channel(prefetch_count=100), logger=None)
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+asyncpg:"), pool_size=10)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @broker.subscriber(
        RabbitQueue(work.IN_QUEUE, queue_type=QueueType.QUORUM, durable=True, declare=False),
        ack_policy=AckPolicy.ACK,
    )
    async def handle(event: work.Rated, message: RabbitMessage) -> None:
        session: AsyncSession
        said = work.outbox_row(event)
        async with sessions.begin() as session:
            session.add_all(work.rows_of(work.UUID(message.message_id), event, said))
        await broker.publish(said.body, work.OUT_QUEUE, persist=True)
        if not work.STRAIGHT:
            async with sessions.begin() as session:
                await session.delete(said)

    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
