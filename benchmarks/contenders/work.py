"""The one kind of work that every contender does: a 600-byte event is validated; an inbox row, a state row and an outbox
row are written in one transaction; one outgoing event is confirmed on a quorum queue. The limit, those that are named
`straight`, and those that say into PostgreSQL have no outbox.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, LargeBinary
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.ids import uuid7

IN_QUEUE, OUT_QUEUE = "bench.in", "bench.out"
BATCH = 200
STRAIGHT = "straight" in sys.argv or "STRAIGHT" in os.environ
"""Without an outbox row: what is committed and not sent when the process dies is never sent."""
SIZE = 600
SCHEMA = """
CREATE TABLE bench_inbox (message_id uuid PRIMARY KEY, done_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE bench_state (rating_id uuid PRIMARY KEY, trainee_id uuid NOT NULL, mentor_id uuid NOT NULL,
  competency text NOT NULL, level smallint, observed_on date NOT NULL);
CREATE TABLE bench_outbox (id uuid PRIMARY KEY, body bytea NOT NULL);
"""
CLAIM = """INSERT INTO bench_inbox (message_id) SELECT unnest($1::uuid[])
ON CONFLICT DO NOTHING RETURNING message_id"""
KEEP = """INSERT INTO bench_state SELECT * FROM
unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::date[])"""


class Rated(BaseModel):
    """An event of 600 bytes, as JSON."""

    model_config = ConfigDict(frozen=True)
    enterprise_id: UUID
    rating_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: str
    level: int
    observed_on: date
    remark: str


class Counted(BaseModel):
    """What is said of each."""

    rating_id: UUID
    trainee_id: UUID
    counted_at: datetime


class Table(SQLModel, registry=registry()):
    """The tables of the contenders that map theirs."""


class Inbox(Table, table=True):
    __tablename__ = "bench_inbox"
    message_id: UUID = Field(primary_key=True)


class State(Table, table=True):
    __tablename__ = "bench_state"
    rating_id: UUID = Field(primary_key=True)
    trainee_id: UUID
    mentor_id: UUID
    competency: str
    level: int | None
    observed_on: date


class OutboxRow(Table, table=True):
    __tablename__ = "bench_outbox"
    id: UUID = Field(primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


def rating_id(number: int) -> UUID:
    """The same in every process, so that effects can be held against what was sent; in order of time, as UUIDv7 are."""
    return UUID(
        int=((1_790_000_000_000 + number) << 80) | (7 << 76) | (2 << 62) | (number * 2654435761 % (1 << 62))
    )


def events(count: int, keys: int = 1000) -> Iterator[tuple[UUID, bytes]]:
    """`count` messages (id, body of 600 bytes)."""
    trainees = [uuid7() for _ in range(keys)]
    mentor, enterprise = uuid7(), uuid7()
    for number in range(count):
        event = Rated(
            enterprise_id=enterprise,
            rating_id=rating_id(number),
            trainee_id=trainees[number % keys],
            mentor_id=mentor,
            competency="bof-endpoint-control",
            level=number % 5 + 1,
            observed_on=date(2021, 10, 1),
            remark="",
        )
        short = len(event.model_dump_json())
        yield uuid7(), event.model_copy(update={"remark": "x" * (SIZE - short)}).model_dump_json().encode()


def answer(event: Rated) -> Counted:
    return Counted(rating_id=event.rating_id, trainee_id=event.trainee_id, counted_at=datetime.now(UTC))


def state_of(event: Rated) -> State:
    return State(**event.model_dump(exclude={"enterprise_id", "remark"}))


def outbox_row(event: Rated) -> OutboxRow:
    return OutboxRow(id=uuid7(), body=answer(event).model_dump_json().encode())


def rows_of(message_id: UUID, event: Rated, said: OutboxRow) -> list[Table]:
    """What is written for one event, in one transaction."""
    return [Inbox(message_id=message_id), state_of(event), *([] if STRAIGHT else [said])]


def columns(events: list[Rated]) -> list[list[object]]:
    """The state rows of these events, as `KEEP` takes them."""
    rows = [(e.rating_id, e.trainee_id, e.mentor_id, e.competency, e.level, e.observed_on) for e in events]
    return [list(column) for column in zip(*rows, strict=True)]


def arguments() -> tuple[str, str, int]:
    """AMQP URL, PostgreSQL URL, number of events."""
    return os.environ["AMQP_URL"], os.environ["PG_URL"], int(os.environ["COUNT"])
