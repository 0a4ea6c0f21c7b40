"""Dramatiq: one actor call a message, one transaction with SQLModel, the next message sent after the commit."""

import os
import time

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.contenders import work

amqp, postgres, count = work.arguments()
broker = RabbitmqBroker(url=amqp, confirm_delivery=True, middleware=[])
dramatiq.set_broker(broker)
engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=8)
state = {"done": 0, "watch": None}


@dramatiq.actor(queue_name="bench_out")
def counted(body: str) -> None:
    """Nobody works on these: what counts is that they are confirmed."""


@dramatiq.actor(queue_name="bench_in")
def handle(message_id: str, body: str) -> None:
    state["watch"] = state["watch"] or work.Stopwatch()
    event = work.Rated.model_validate_json(body)
    with Session(engine) as session, session.begin():
        session.add(work.Inbox(message_id=message_id))
        session.add(work.state_of(event))
    counted.send(work.answer(event).model_dump_json())
    state["done"] += 1


if __name__ == "__main__":
    for message_id, body in work.events(count):
        handle.send(str(message_id), body.decode())
    worker = dramatiq.Worker(broker, queues={"bench_in"}, worker_threads=4)
    worker.start()
    while state["done"] < count:
        time.sleep(0.01)
    state["watch"].done(count)
    os._exit(0)
