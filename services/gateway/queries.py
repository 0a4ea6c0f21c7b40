"""What the gateway asks its own tables for whoever reads."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Text, Uuid, and_, any_, cast, func, literal, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from services.gateway.model import Key, Known, KnownCode, LoggedEvent, Refusal, Seat, Source
from shared.database import driver
from shared.messaging.tables import Clock


async def codes_of(session: AsyncSession, enterprise_id: UUID) -> dict[tuple[str, str], UUID]:
    """The numbers by which an enterprise calls things."""
    found = await session.execute(select(KnownCode).where(col(KnownCode.enterprise_id) == enterprise_id))
    return {(each.kind, each.code): each.id for each in found.scalars()}


async def choices_of(session: AsyncSession, enterprise_id: UUID, most: int = 2000) -> dict[str, list[str]]:
    """What a sheet may offer for each kind of id: numbers where there are some, else ids."""
    coded = await session.execute(
        select(col(KnownCode.kind), col(KnownCode.code))
        .where(col(KnownCode.enterprise_id) == enterprise_id)
        .limit(most)
    )
    offered: dict[str, list[str]] = {}
    for kind, code in coded:
        offered.setdefault(kind, []).append(code)
    lender = aliased(Known)
    found = await session.execute(
        select(col(Known.kind), col(Known.id))
        .outerjoin(lender, and_(col(lender.kind) == "programme", col(lender.id) == col(Known.within)))
        .where(
            or_(
                col(Known.enterprise_ids).contains([enterprise_id]),
                col(lender.enterprise_ids).contains([enterprise_id]),
            ),
            col(Known.kind).in_(
                ["position", "agreement", "promise", "workshop", "station", "mentor", "intake", "employee"]
            ),
        )
        .limit(most)
    )
    for kind, id_ in found:
        offered.setdefault(kind, []).append(str(id_))
    return {kind: sorted(values) for kind, values in offered.items()}


OF_KEY = """
SELECT source.source_id, name, enterprise_id, quota_per_minute, source.created_at,
       secret_hash, event_types::text, key.created_at, expires_at, revoked_at
FROM key JOIN source USING (source_id) WHERE key_id = $1
"""


async def source_of_key(sessions: async_sessionmaker[AsyncSession], key_id: str) -> tuple[Source, Key] | None:
    """A key and its source: asked at every request of a system, so without a session."""
    async with driver(sessions) as connection:
        row = await connection.fetchrow(OF_KEY, key_id)
    if row is None:
        return None
    source_id, name, enterprise_id, quota, created, secret_hash, event_types, made, expires, revoked = row
    source = Source(
        source_id=source_id,
        name=name,
        enterprise_id=enterprise_id,
        quota_per_minute=quota,
        created_at=created,
    )
    key = Key(
        key_id=key_id, source_id=source_id, secret_hash=secret_hash, event_types=json.loads(event_types),
        created_at=made, expires_at=expires, revoked_at=revoked,
    )  # fmt: skip
    return source, key


async def refusals_of(
    session: AsyncSession, source_id: UUID, limit: int, before: UUID | None
) -> Sequence[Refusal]:
    """The latest refusals of a source."""
    wanted = (
        select(Refusal)
        .where(col(Refusal.source_id) == source_id)
        .order_by(col(Refusal.refusal_id).desc())
        .limit(limit)
    )
    if before:
        wanted = wanted.where(col(Refusal.refusal_id) < before)
    return (await session.scalars(wanted)).all()


async def ratings_by_cohort(session: AsyncSession) -> dict[UUID, int]:
    """How many ratings have come for each cohort."""
    found = await session.execute(
        select(col(Seat.cohort_id), func.count())
        .join(LoggedEvent, col(LoggedEvent.key) == cast(col(Seat.trainee_id), Text))
        .where(col(LoggedEvent.name) == "TraineeRated")
        .group_by(col(Seat.cohort_id))
    )
    return dict(found.all())


async def facts_listed(session: AsyncSession, names: Sequence[str]) -> Sequence[Row[UUID, str, str, date]]:
    """Id, name, key and day of the events of these names, in the order in which they happened."""
    found = await session.execute(
        select(
            col(LoggedEvent.event_id),
            col(LoggedEvent.name),
            col(LoggedEvent.key),
            col(LoggedEvent.business_day),
        )
        .where(col(LoggedEvent.name).in_(names))
        .order_by(col(LoggedEvent.occurred_at), col(LoggedEvent.event_id))
    )
    return found.all()


async def data_of(session: AsyncSession, event_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """What these events say."""
    wanted = select(col(LoggedEvent.event_id), col(LoggedEvent.data))
    wanted = wanted.where(col(LoggedEvent.event_id) == any_(literal(event_ids, ARRAY(Uuid()))))
    return dict((await session.execute(wanted)).all()) if event_ids else {}


async def sources_of(session: AsyncSession, enterprise_id: UUID) -> Sequence[UUID]:
    """All sources of an enterprise."""
    return (
        await session.scalars(select(col(Source.source_id)).where(col(Source.enterprise_id) == enterprise_id))
    ).all()


async def event_by_external(
    session: AsyncSession, source_ids: Sequence[UUID] | None, source: str | None, external_id: str | None
) -> LoggedEvent | None:
    """The newest event under a publisher's pair, among these sources."""
    wanted = select(LoggedEvent).where(col(LoggedEvent.external_id) == external_id)
    if source is not None:
        wanted = wanted.where(col(LoggedEvent.external_source) == source)
    if source_ids is not None:
        wanted = wanted.where(col(LoggedEvent.source_id).in_(source_ids))
    return await session.scalar(wanted.order_by(col(LoggedEvent.event_id).desc()).limit(1))


async def events_where(
    session: AsyncSession,
    equal: Mapping[str, object],
    named: str | None,
    source_ids: Sequence[UUID] | None,
    limit: int,
    before: UUID | None,
) -> Sequence[LoggedEvent]:
    """The log, newest first."""
    wanted = (
        select(LoggedEvent)
        .order_by(col(LoggedEvent.occurred_at).desc(), col(LoggedEvent.event_id).desc())
        .limit(limit)
    )
    for column, value in equal.items():
        if value is not None:
            wanted = wanted.where(col(getattr(LoggedEvent, column)) == value)
    if named is not None:
        wanted = wanted.where(or_(col(LoggedEvent.type) == named, col(LoggedEvent.name) == named))
    if source_ids is not None:
        wanted = wanted.where(col(LoggedEvent.source_id).in_(source_ids))
    if before is not None and (last := await session.get(LoggedEvent, before)):
        moment = tuple_(col(LoggedEvent.occurred_at), col(LoggedEvent.event_id))
        wanted = wanted.where(moment < (last.occurred_at, last.event_id))
    return (await session.scalars(wanted)).all()


async def correlated(session: AsyncSession, correlation_id: UUID) -> Sequence[LoggedEvent]:
    """All events of one story."""
    found = await session.scalars(
        select(LoggedEvent)
        .where(col(LoggedEvent.correlation_id) == correlation_id)
        .order_by(col(LoggedEvent.occurred_at), col(LoggedEvent.event_id))
        .limit(5000)
    )
    return found.all()


async def clock_is_set(session: AsyncSession) -> bool:
    """Whether business time runs apart from real time."""
    return await session.scalar(select(col(Clock.one))) is not None


async def source_with_scope(
    session: AsyncSession, source_id: UUID, now: datetime
) -> tuple[Source, tuple[str, ...]] | None:
    """A source, and what its keys in force may send together: without a key in force it may send nothing."""
    source = await session.get(Source, source_id)
    if source is None:
        return None
    keys = await session.scalars(select(Key).where(col(Key.source_id) == source_id))
    return source, tuple({name for key in keys if key.usable(now) for name in key.event_types})
