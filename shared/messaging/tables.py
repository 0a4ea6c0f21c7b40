"""The tables that delivery keeps in every service's own database."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """The tables of delivery; each service has its own copy of them."""


metadata = Table.metadata


def _moment(*, index: bool = False) -> Any:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp(), index=index)


class Inbox(Table, table=True):
    """One row for each message and handler: what makes a second delivery harmless, and what a trace reads."""

    __table_args__: ClassVar[Any] = (
        Index("inbox_causation", "causation"),
        {"postgresql_partition_by": "RANGE (message_id)"},
    )
    message_id: UUID = Field(primary_key=True)
    handler: str = Field(sa_column=Column(Text, primary_key=True))
    type: str = Field(sa_column=Column(Text, nullable=False))
    outcome: str = Field(sa_column=Column(Text, nullable=False))
    correlation: UUID
    causation: UUID | None = None
    attempts: int = Field(sa_column=Column(SmallInteger, nullable=False, server_default="1"))
    done_at: datetime = Field(sa_column=_moment())


class Outbox(Table, table=True):
    """What this service has said and the broker has not confirmed yet."""

    __table_args__: ClassVar[Any] = (Index("outbox_shard", "shard", "sequence"),)
    id: UUID = Field(primary_key=True)
    shard: int = Field(sa_column=Column(SmallInteger, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, Identity(cycle=False), nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    type: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    correlation: UUID
    causation: UUID | None = None
    traceparent: str | None = Field(default=None, sa_column=Column(Text))
    extensions: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'{}'")))
    said_at: datetime = Field(sa_column=_moment())


class Shard(Table, table=True):
    """Whoever holds this row publishes the events of its keys."""

    shard: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))


class OutboxRejected(Table, table=True):
    """A message that the broker would not take; later ones of its key wait behind it."""

    __tablename__ = "outbox_rejected"
    id: UUID = Field(primary_key=True)
    key: str = Field(sa_column=Column(Text, nullable=False, index=True))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    type: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    envelope: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    rejected_at: datetime = Field(sa_column=_moment())


class Arrival(Table, table=True):
    """The queue of each handler where the transport is in-process: confirmed, not handled yet."""

    __table_args__: ClassVar[Any] = (Index("arrival_once", "handler", "message_id", unique=True),)
    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    handler: str = Field(sa_column=Column(Text, nullable=False))
    message_id: UUID
    topic: str = Field(sa_column=Column(Text, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    headers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))


class FailedMessage(Table, table=True):
    """A message that could not be handled, kept with its reason until a retry or a person frees it."""

    __tablename__ = "failed_message"
    __table_args__: ClassVar[Any] = (
        Index("failed_message_once", "handler", "message_id", unique=True),
        Index("failed_message_due", "state", "due_at"),
        Index("failed_message_key", "handler", "key"),
    )
    id: UUID = Field(primary_key=True)
    handler: str = Field(sa_column=Column(Text, nullable=False))
    message_id: UUID = Field(index=True)
    type: str = Field(sa_column=Column(Text, nullable=False))
    topic: str = Field(sa_column=Column(Text, nullable=False))
    key: str = Field(sa_column=Column(Text, nullable=False))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    headers: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    state: str = Field(sa_column=Column(Text, nullable=False))
    code: str = Field(sa_column=Column(Text, nullable=False))
    reason: str = Field(sa_column=Column(Text, nullable=False))
    trace: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    waits_for: str | None = Field(default=None, sa_column=Column(Text, index=True))
    attempts: int = Field(sa_column=Column(SmallInteger, nullable=False))
    edited: bool = False
    due_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    first_failed_at: datetime = Field(sa_column=_moment())
    last_failed_at: datetime = Field(sa_column=_moment())


class HandlerKey(Table, table=True):
    """The key row that a batch claims where order matters, with the newest sequence that took effect."""

    __tablename__ = "handler_key"
    handler: str = Field(sa_column=Column(Text, primary_key=True))
    source: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))


class TimerRow(Table, table=True):
    """Something to do at a business time."""

    __tablename__ = "timer"
    id: UUID = Field(primary_key=True)
    due_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False, index=True))
    function: str = Field(sa_column=Column(Text, nullable=False))
    arguments: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    correlation: UUID | None = None
    causation: UUID | None = None
    attempts: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))


class JobRow(Table, table=True):
    """Long work: leased by a worker, with progress, a checkpoint and a way to cancel it."""

    __tablename__ = "job"
    __table_args__: ClassVar[Any] = (Index("job_free", "state", "due_at"),)
    id: UUID = Field(primary_key=True)
    function: str = Field(sa_column=Column(Text, nullable=False))
    arguments: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str = Field(default="waiting", sa_column=Column(Text, nullable=False))
    attempts: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False, server_default="0"))
    due_at: datetime = Field(sa_column=_moment())
    lease: UUID | None = None
    lease_until: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    progress: float = 0.0
    checkpoint: Any = Field(default=None, sa_column=Column(JSONB))
    cancelled: bool = False
    reason: str = Field(default="", sa_column=Column(Text, nullable=False, server_default=""))
    correlation: UUID | None = None
    causation: UUID | None = None
    created_at: datetime = Field(sa_column=_moment())


class Clock(Table, table=True):
    """The business day of the demo; absent where time is real."""

    one: int = Field(default=1, sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    today: date = Field(sa_column=Column(Date, nullable=False))
