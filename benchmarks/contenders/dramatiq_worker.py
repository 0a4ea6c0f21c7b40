"""Dramatiq as its command starts it: one actor call a message, one transaction, the next message sent after the commit."""

import os
import sys
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


broker = QuorumBroker(url=amqp, confirm_delivery=True)
dramatiq.set_broker(broker)
engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=8)


@dramatiq.actor(queue_name=work.OUT_QUEUE)
def counted(body: str) -> None:
    """Nobody works on these: what counts is that they are confirmed."""


@dramatiq.actor(queue_name=work.IN_QUEUE)
def handle(message_id: str, body: str) -> None:
    event = work.Rated.model_validate_json(body)
    said = work.outbox_row(event)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.add_all(work.rows_of(work.UUID(message_id), event, said))
    counted.send(said.body.decode())
    if not work.STRAIGHT:
        with Session(engine) as session, session.begin():
            session.delete(said)


if __name__ == "__main__":
    if "fill" in sys.argv:
        broker.declare_queue(work.OUT_QUEUE, ensure=True)
        for message_id, body in work.events(count):
            handle.send(str(message_id), body.decode())
    else:
        module = "benchmarks.contenders.dramatiq_worker"
        how = ["--processes=2", "--threads=8", "--skip-logging", "--queues", work.IN_QUEUE]
        command = [sys.executable, "-m", "dramatiq", module, *how]
        os.execve(sys.executable, command, os.environ | ({"STRAIGHT": "yes"} if work.STRAIGHT else {}))
