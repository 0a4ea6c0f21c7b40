"""Dramatiq: one actor call a message, one transaction with SQLModel, the next message sent after the commit."""

import sys
import time
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.contenders import work

amqp, postgres, count = work.arguments()


class QuorumBroker(RabbitmqBroker):
    """Its own queues are classic ones; the work asks for quorum queues."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        return {**super()._build_queue_arguments(queue_name), "x-queue-type": "quorum"}


broker = QuorumBroker(url=amqp, confirm_delivery=True, middleware=[])
dramatiq.set_broker(broker)
engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=8)


@dramatiq.actor(queue_name=work.OUT_QUEUE)
def counted(body: str) -> None:
    """Nobody works on these: what counts is that they are confirmed."""


@dramatiq.actor(queue_name=work.IN_QUEUE)
def handle(message_id: str, body: str) -> None:
    event = work.Rated.model_validate_json(body)
    with Session(engine) as session, session.begin():
        session.add(work.Inbox(message_id=message_id))
        session.add(work.state_of(event))
    counted.send(work.answer(event).model_dump_json())


if __name__ == "__main__":
    if "fill" in sys.argv:
        broker.declare_queue(work.OUT_QUEUE, ensure=True)
        for message_id, body in work.events(count):
            handle.send(str(message_id), body.decode())
    else:
        dramatiq.Worker(broker, queues={work.IN_QUEUE}, worker_threads=8).start()
        while True:
            time.sleep(3600)
