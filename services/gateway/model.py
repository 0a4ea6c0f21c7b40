"""The tables of the gateway."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.ids import uuid7


class Table(SQLModel, registry=registry()):
    """The tables of this service alone: two services may use the same table name."""


def instant(*, nullable: bool = False) -> Any:
    """A column for a moment with its zone."""
    return Column(DateTime(timezone=True), nullable=nullable)


class Source(Table, table=True):
    """A system of one enterprise that may send events; its `hand` is what its people send as workbooks."""

    source_id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    enterprise_id: UUID = Field(index=True)
    quota_per_minute: int
    hand: bool = False
    broker_user: str | None = None
    created_at: datetime = Field(sa_column=instant())


class Key(Table, table=True):
    """What a source proves itself with. Only the hash of the secret is here."""

    key_id: str = Field(primary_key=True)
    source_id: UUID = Field(index=True, foreign_key="source.source_id")
    secret_hash: str
    event_types: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=instant())
    expires_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))

    def usable(self, now: datetime) -> bool:
        """In force at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class QuotaMinute(Table, table=True):
    """How many events a source sent in one minute."""

    __tablename__ = "quota_minute"
    source_id: UUID = Field(primary_key=True)
    minute: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    events: int


class Accepted(Table, table=True):
    """What a source sent under which of its ids, and the id that we gave it."""

    source_id: UUID = Field(primary_key=True)
    external_source: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    content_hash: str
    event_id: UUID = Field(index=True)


class Refusal(Table, table=True):
    """The only trace that a refused event leaves: a line in its source's own list."""

    refusal_id: UUID = Field(default_factory=uuid7, primary_key=True)
    source_id: UUID = Field(index=True)
    door: str
    code: str
    status: int
    field: str | None = None
    type: str
    external_source: str
    external_id: str
    words: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    refused_at: datetime = Field(sa_column=instant())


class LoggedEvent(Table, table=True):
    """Every event of the system, once."""

    __tablename__ = "event_log"
    __table_args__ = (
        Index("ix_event_log_type_key", "name", "key"),
        Index("ix_event_log_time", "occurred_at"),
    )
    event_id: UUID = Field(primary_key=True)
    name: str
    type: str
    publisher: str
    key: str = Field(index=True)
    occurred_at: datetime = Field(sa_column=instant())
    business_day: date
    correlation_id: UUID = Field(index=True)
    causation_id: UUID | None = Field(default=None, index=True)
    source_id: UUID | None = Field(default=None, index=True)
    external_source: str | None = None
    external_id: str | None = Field(default=None, index=True)
    data: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class Known(Table, table=True):
    """A thing that the system has heard of, and the enterprises that may name it."""

    kind: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    enterprise_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid()), nullable=False))
    within: UUID | None = Field(default=None, description="the programme that lends its enterprises")
    title: dict[str, str] | None = Field(default=None, sa_column=Column(JSONB, nullable=True))


class KnownCode(Table, table=True):
    """The number or code by which people of an enterprise call a thing."""

    __tablename__ = "known_code"
    enterprise_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    id: UUID = Field(index=True)


class Seat(Table, table=True):
    """Which cohort a trainee belongs to, so that ratings can be counted for its lane."""

    trainee_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(primary_key=True, index=True)


def at_once() -> datetime:
    """The real moment, for records of the door; business time comes from the clock."""
    return datetime.now(UTC)


class Account(Table, table=True):
    """Somebody who signs in, by the identity provider or with a code, and what they may do. Without roles, or ended: nothing.

    Prepared by e-mail address before the first sign-in, `subject` is null until then. `person_id` is the id by which events
    speak of the person (a mentor's, a trainee's).
    """

    __table_args__ = (
        Index("account_of_subject", "issuer", "subject", unique=True),
        Index("account_of_person", "person_id", unique=True),
    )
    account_id: UUID = Field(default_factory=uuid7, primary_key=True)
    issuer: str
    subject: str | None = None
    email: str = ""
    name: str
    person_id: UUID = Field(default_factory=uuid7)
    roles: list[str] = Field(default_factory=list, sa_column=Column(JSONB, nullable=False))
    college_id: UUID | None = None
    enterprise_id: UUID | None = None
    created_at: datetime = Field(sa_column=instant())
    seen_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    granted_by: UUID | None = None
    granted_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    ended_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    code_hash: str | None = Field(default=None, unique=True)
    code_ends_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))

    @property
    def waits(self) -> bool:
        """Nobody has said yet what this person may do."""
        return not self.roles and self.ended_at is None
