"""FastStream and SQLModel as their tutorials have it: one transaction a message, publish after the commit."""

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
        async with sessions.begin() as session:
            session.add(work.Inbox(message_id=message.message_id))
            session.add(work.state_of(event))
        await broker.publish(work.answer(event), work.OUT_QUEUE, persist=True)

    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
