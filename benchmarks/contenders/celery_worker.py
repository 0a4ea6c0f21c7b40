"""Celery: one task a message, one transaction with SQLModel, the next task sent and confirmed after the commit."""

import sys

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
    task_create_missing_queue_type="quorum",
    worker_detect_quorum_queues=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)
engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=4)


@app.task(name="handle")
def handle(message_id: str, body: str) -> None:
    event = work.Rated.model_validate_json(body)
    said = work.outbox_row(event)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.add_all(work.rows_of(work.UUID(message_id), event, said))
    app.send_task("counted", [said.body.decode()], queue=work.OUT_QUEUE)
    if not work.STRAIGHT:
        with Session(engine) as session, session.begin():
            session.delete(said)


@signals.worker_process_init.connect
def own_connections(**_: object) -> None:
    """A forked worker may not use the connections of its parent."""
    engine.dispose(close=False)


if __name__ == "__main__":
    if "fill" in sys.argv:
        for message_id, body in work.events(count):
            handle.apply_async((str(message_id), body.decode()))
    else:
        quiet = ["--loglevel=ERROR", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        app.worker_main(["worker", "--pool=prefork", "--concurrency=2", *quiet])
