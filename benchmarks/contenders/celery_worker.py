"""Celery: one task a message, one transaction with SQLModel, the next task sent after the commit."""

import os
import threading
import time

from celery import Celery, signals
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from benchmarks.contenders import work

amqp, postgres, count = work.arguments()
app = Celery("bench", broker=amqp.replace("amqp://", "pyamqp://"))
app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=100,
    task_ignore_result=True,
    broker_transport_options={"confirm_publish": True},
    task_default_queue=work.IN_QUEUE,
    task_default_queue_type="quorum",
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=4)
state = {"done": 0, "watch": None}


@app.task(name="handle")
def handle(message_id: str, body: str) -> None:
    state["watch"] = state["watch"] or work.Stopwatch()
    event = work.Rated.model_validate_json(body)
    with Session(engine) as session, session.begin():
        session.add(work.Inbox(message_id=message_id))
        session.add(work.state_of(event))
    app.send_task("counted", [work.answer(event).model_dump_json()], queue=work.OUT_QUEUE)
    state["done"] += 1


@signals.worker_ready.connect
def watch(**_: object) -> None:
    def wait() -> None:
        while state["done"] < count:
            time.sleep(0.01)
        state["watch"].done(count)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def fill() -> None:
    for message_id, body in work.events(count):
        handle.apply_async((str(message_id), body.decode()))


if __name__ == "__main__":
    fill()
    app.worker_main(
        [
            "worker",
            "--pool=solo",
            "--loglevel=ERROR",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        ]
    )
