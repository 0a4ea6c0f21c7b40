"""Saying something: the event goes to the outbox in the transaction that changes the state."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Self
from uuid import UUID
from zlib import crc32

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, SessionTransaction

from shared import tracing
from shared.events.base import Event
from shared.ids import uuid7
from shared.messaging.envelope import Envelope, envelope
from shared.messaging.handed import Row, few
from shared.messaging.schema import SHARDS
from shared.statements import Within, info_of

EVERY_KEY = 0
MANY_KEYS = 1000

# Taken just before the commit and freed by it (a transaction's lock, which no pooled connection can keep): from here
# on nobody else can say anything of these keys, so that `sequence`, drawn after it, follows the order of commits.
# One statement: `sequence` is drawn for what the join gives, and the join waits for the one row of the locks.
INSERT = """
WITH locked AS MATERIALIZED (
  SELECT pg_advisory_xact_lock_shared($1), count(pg_advisory_xact_lock(k)) AS keys FROM unnest($2::bigint[]) AS k)
INSERT INTO outbox (id, shard, key, topic, type, body, correlation, causation, traceparent, extensions)
SELECT id, shard, key, topic, type, body, correlation, causation, traceparent, extensions::jsonb
FROM locked, unnest($3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::uuid[],
                    $10::uuid[], $11::text[], $12::text[])
  AS said (id, shard, key, topic, type, body, correlation, causation, traceparent, extensions)
WHERE locked.keys >= 0
"""
# A few events, of which those may go straight over that nothing of their keys stands before (`schema.SAY`).
SAY = "SELECT said_sequence, said_when, first_of_keys FROM say($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
LOCK_EVERY_KEY = "SELECT pg_advisory_xact_lock($1)"


@dataclass(slots=True)
class Said:
    """An event that leaves with the transaction."""

    id: UUID
    event: Event
    correlation: UUID
    causation: UUID | None
    traceparent: str | None
    extensions: Mapping[str, str] = field(default_factory=dict)

    def row(self) -> Row:
        """The values of its outbox row."""
        key = self.event.key_value()
        return (
            self.id,
            shard_of(key),
            key,
            self.event.topic(),
            self.event.type_name(),
            self.event.model_dump_json().encode(),
            self.correlation,
            self.causation,
            self.traceparent,
            json.dumps(dict(self.extensions)) if self.extensions else "{}",
        )


def emit(
    within: Within,
    event: Event,
    *,
    message_id: UUID | None = None,
    correlation: UUID | None = None,
    causation: UUID | None = None,
    extensions: Mapping[str, str] | None = None,
    because: Envelope | None = None,
) -> UUID:
    """Say an event when this transaction commits; returns its id on the bus. Handlers simply return their events.

    `because` is the message that caused it, where that is not the one being handled; `extensions` are further CloudEvents attributes (the gateway's `externalsource` and `externalid`).
    """
    cause = because or envelope()
    said_id = message_id or uuid7()
    if isinstance(within, AsyncSession) and not within.in_transaction():
        within.sync_session.begin()
    info_of(within).setdefault("said", []).append(
        Said(
            id=said_id,
            event=event,
            correlation=correlation or (cause.correlation if cause else said_id),
            causation=causation or (cause.id if cause else None),
            traceparent=cause.traceparent if cause else tracing.current(),
            extensions=extensions or {},
        )
    )
    return said_id


def say(within: Within, result: Event | list[Event] | None) -> None:
    """Say what a handler returned: an event, a list of them, or nothing."""
    for event in result if isinstance(result, list) else [result] if result is not None else []:
        emit(within, event)


def shard_of(key: str) -> int:
    """Which shard row guards the order of this key."""
    return crc32(key.encode()) % SHARDS


def lock_number(key: str) -> int:
    """The advisory lock that orders what is said of this key."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


@dataclass(slots=True, frozen=True)
class Leaving:
    """What a transaction says, on its way to the outbox just before the commit."""

    rows: list[Row]
    statement: str
    values: tuple[Any, ...]
    every_key: bool

    @classmethod
    def of(cls, said: list[Said], *, straight: bool) -> Self:
        """`straight` where the relay of this process may take a few of them without reading the outbox."""
        rows = [one.row() for one in said]
        keys = sorted(map(lock_number, {row[2] for row in rows}))
        every_key = len(keys) > MANY_KEYS
        values = EVERY_KEY, [] if every_key else keys, *(list(column) for column in zip(*rows, strict=True))
        straight = straight and not every_key and few([row[5] for row in rows])
        return cls(rows, SAY if straight else INSERT, values, every_key)

    def handed(self, found: Iterable[Row]) -> list[Row]:
        """What may go straight to the transport after the commit, as the relay would read it."""
        return _first_of_their_keys(self.rows, list(found)) if self.statement is SAY else []


def written(info: dict[str, Any], handed: list[Row]) -> None:
    """All that was said is in the outbox; after the commit the relay hears of it, or gets it."""
    info |= {"kept": len(info["said"]), "handed": handed}
    info.setdefault("woken", set()).update(("scheduler",) if handed else ("scheduler", "relay"))


def committed(info: dict[str, Any]) -> bool:
    """Hand over what may go straight, and wake whoever may have something to do now; whether anything goes straight."""
    woken: set[str] = info.pop("woken", set())
    handed: list[Row] = info.pop("handed", [])
    if handed:
        info["hand"](handed)
    wake: Callable[[set[str]], None] | None = info.get("wake")
    if woken and wake:
        wake(woken)
    return bool(handed)


@sqlalchemy_event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    new: list[Said] = session.info.get("said", [])[session.info.get("kept", 0) :]
    if not new:
        return
    session.flush()
    at_commit = not session.in_nested_transaction()
    leaving = Leaving.of(new, straight=at_commit and "hand" in session.info)
    connection = session.connection()
    if leaving.every_key:
        connection.exec_driver_sql(LOCK_EVERY_KEY, (EVERY_KEY,))
    found: Any = connection.exec_driver_sql(leaving.statement, leaving.values)
    written(session.info, leaving.handed(found))


def _first_of_their_keys(rows: list[Row], said: Sequence[Row]) -> list[Row]:
    """As the relay would read them; none where others of their keys stand before."""
    return [
        (row[0], row[2], sequence, *row[3:], when)
        for row, (sequence, when, first) in zip(rows, said, strict=True)
        if first
    ]


@sqlalchemy_event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if not session.in_nested_transaction():  # else a savepoint is released: nothing is committed yet
        committed(session.info)


@sqlalchemy_event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, begun: SessionTransaction) -> None:
    if begun.nested:
        mark = len(session.info.get("said", ())), session.info.get("kept", 0)
        session.info.setdefault("marks", {})[begun] = mark


@sqlalchemy_event.listens_for(Session, "after_soft_rollback")
def _unsay(session: Session, ended: SessionTransaction) -> None:
    """What was said inside a savepoint goes with it; what was said before and only kept inside is to be kept again."""
    if ended.nested:
        said, kept = session.info.get("marks", {}).get(ended, (0, 0))
        del session.info.get("said", [])[said:]
        session.info["kept"] = kept


@sqlalchemy_event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        for name in ("said", "kept", "marks", "woken", "handed"):
            session.info.pop(name, None)
