"""What the gateway asks its own tables."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, and_, bindparam, cast, delete, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.gateway.knowing import Thing
from services.gateway.model import (
    Accepted,
    Key,
    Known,
    KnownCode,
    LoggedEvent,
    QuotaMinute,
    Refusal,
    Seat,
    Source,
)
from shared.messaging.tables import Clock

Name = tuple[str, str]
Reference = tuple[str, UUID]


async def count_sent(session: AsyncSession, source_id: UUID, minute: datetime, events: int) -> int:
    """Events of this source in this minute, with these."""
    counted = insert(QuotaMinute).values(source_id=source_id, minute=minute, events=events)
    sent = await session.scalar(
        counted.on_conflict_do_update(
            index_elements=["source_id", "minute"], set_={"events": QuotaMinute.events + events}
        ).returning(QuotaMinute.events)
    )
    if sent == events:
        await session.execute(
            delete(QuotaMinute).where(QuotaMinute.source_id == source_id, QuotaMinute.minute < minute)
        )
    return int(sent or 0)


async def claim_ids(
    session: AsyncSession, source_id: UUID, rows: Sequence[tuple[str, str, str, UUID]]
) -> set[UUID]:
    """Which of these are new; waits for a transaction that is just claiming the same (source, id)."""
    if not rows:
        return set()
    names = ("external_source", "external_id", "content_hash", "event_id")
    values = [{"source_id": source_id, **dict(zip(names, row, strict=True))} for row in rows]
    claimed = insert(Accepted).values(values).on_conflict_do_nothing().returning(Accepted.event_id)
    return set(await session.scalars(claimed))


async def taken_ids(
    session: AsyncSession, source_id: UUID, names: Sequence[Name]
) -> dict[Name, tuple[str, UUID]]:
    """The content and our id of what this source has already sent under these names."""
    if not names:
        return {}
    found = await session.execute(
        select(Accepted).where(
            Accepted.source_id == source_id,
            tuple_(Accepted.external_source, Accepted.external_id).in_(names),
        )
    )
    return {
        (each.external_source, each.external_id): (each.content_hash, each.event_id)
        for each in found.scalars()
    }


async def owners_of(
    session: AsyncSession, references: Sequence[Reference]
) -> dict[Reference, frozenset[UUID]]:
    """The enterprises that may name each of these; nothing for what is not known."""
    if not references:
        return {}
    lender = aliased(Known)
    within = and_(lender.kind == "programme", lender.id == Known.within)
    found = await session.execute(
        select(Known.kind, Known.id, Known.enterprise_ids, lender.enterprise_ids)
        .outerjoin(lender, within)
        .where(tuple_(Known.kind, Known.id).in_(references))
    )
    return {(kind, id_): frozenset([*own, *(lent or [])]) for kind, id_, own, lent in found}


async def bring(session: AsyncSession, things: Sequence[Thing], enterprise_id: UUID) -> bool:
    """Keep what an enterprise brings into the world; false where another one was first by a moment."""
    if not things:
        return True
    await keep_known(session, things)
    references = sorted({(thing.kind, thing.id) for thing in things})
    owners = await owners_of(session, references)
    return all(enterprise_id in owners[each] for each in references)


KEEP_KNOWN = text("""
INSERT INTO known (kind, id, enterprise_ids, within, title)
VALUES (:kind, :id, :enterprise_ids, :within, CAST(:title AS jsonb))
ON CONFLICT (kind, id) DO UPDATE SET
  enterprise_ids = CASE WHEN :spread OR cardinality(known.enterprise_ids) = 0
    THEN ARRAY(SELECT DISTINCT unnest(known.enterprise_ids || excluded.enterprise_ids)) ELSE known.enterprise_ids END,
  within = coalesce(excluded.within, known.within),
  title = CASE WHEN :spread OR known.enterprise_ids && excluded.enterprise_ids
    THEN coalesce(excluded.title, known.title) ELSE known.title END
""").bindparams(bindparam("enterprise_ids", type_=ARRAY(Uuid())))


async def keep_known(session: AsyncSession, things: Sequence[Thing], *, spread: bool = False) -> None:
    """Add to what is known. `spread` (facts of our own services) may add owners; an enterprise's word may not."""
    rows = [
        {
            "kind": thing.kind,
            "id": thing.id,
            "enterprise_ids": sorted(thing.enterprise_ids),
            "within": thing.within,
            "title": json.dumps(thing.title) if thing.title else None,
            "spread": spread,
        }
        for thing in sorted(things, key=lambda thing: (thing.kind, thing.id))
    ]
    if rows:
        await session.execute(KEEP_KNOWN, rows)
    codes = [
        {"enterprise_id": enterprise, "kind": thing.kind, "code": code, "id": thing.id}
        for thing in things
        for enterprise, code in thing.codes
    ]
    if codes:
        coded = insert(KnownCode)
        coded = coded.on_conflict_do_update(
            index_elements=["enterprise_id", "kind", "code"], set_={"id": coded.excluded.id}
        )
        await session.execute(coded, codes)


async def codes_of(session: AsyncSession, enterprise_id: UUID) -> dict[tuple[str, str], UUID]:
    """The numbers by which an enterprise calls things."""
    found = await session.execute(select(KnownCode).where(KnownCode.enterprise_id == enterprise_id))
    return {(each.kind, each.code): each.id for each in found.scalars()}


async def choices_of(session: AsyncSession, enterprise_id: UUID, most: int = 2000) -> dict[str, list[str]]:
    """What a sheet may offer for each kind of id: numbers where there are some, else ids."""
    coded = await session.execute(
        select(KnownCode.kind, KnownCode.code).where(KnownCode.enterprise_id == enterprise_id).limit(most)
    )
    offered: dict[str, list[str]] = {}
    for kind, code in coded:
        offered.setdefault(kind, []).append(code)
    lender = aliased(Known)
    found = await session.execute(
        select(Known.kind, Known.id)
        .outerjoin(lender, and_(lender.kind == "programme", lender.id == Known.within))
        .where(
            or_(
                Known.enterprise_ids.contains([enterprise_id]),
                lender.enterprise_ids.contains([enterprise_id]),
            ),
            Known.kind.in_(
                ["position", "agreement", "promise", "workshop", "station", "mentor", "intake", "employee"]
            ),
        )
        .limit(most)
    )
    for kind, id_ in found:
        offered.setdefault(kind, []).append(str(id_))
    return {kind: sorted(values) for kind, values in offered.items()}


async def source_of_key(session: AsyncSession, key_id: str) -> tuple[Source, Key] | None:
    """A key and its source."""
    found = await session.execute(
        select(Source, Key).join(Key, Key.source_id == Source.source_id).where(Key.key_id == key_id)
    )
    row = found.one_or_none()
    return (row[0], row[1]) if row else None


async def refusals_of(
    session: AsyncSession, source_id: UUID, limit: int, before: UUID | None
) -> Sequence[Refusal]:
    """The latest refusals of a source."""
    wanted = (
        select(Refusal).where(Refusal.source_id == source_id).order_by(Refusal.refusal_id.desc()).limit(limit)
    )
    if before:
        wanted = wanted.where(Refusal.refusal_id < before)
    return (await session.scalars(wanted)).all()


async def ratings_by_cohort(session: AsyncSession) -> dict[UUID, int]:
    """How many ratings have come for each cohort."""
    found = await session.execute(
        select(Seat.cohort_id, func.count())
        .join(LoggedEvent, LoggedEvent.key == cast(Seat.trainee_id, Text))
        .where(LoggedEvent.name == "TraineeRated")
        .group_by(Seat.cohort_id)
    )
    return dict(found.tuples().all())


async def facts_named(session: AsyncSession, names: Sequence[str]) -> Sequence[LoggedEvent]:
    """Events of these names in the order in which they happened."""
    found = await session.scalars(
        select(LoggedEvent)
        .where(LoggedEvent.name.in_(names))
        .order_by(LoggedEvent.occurred_at, LoggedEvent.event_id)
    )
    return found.all()


def day_of(fact: LoggedEvent) -> date:
    """The business day on which it was said."""
    return fact.business_day


async def sources_of(session: AsyncSession, enterprise_id: UUID) -> Sequence[UUID]:
    """All sources of an enterprise."""
    return (
        await session.scalars(select(Source.source_id).where(Source.enterprise_id == enterprise_id))
    ).all()


async def event_by_external(
    session: AsyncSession, source_ids: Sequence[UUID] | None, source: str | None, external_id: str | None
) -> LoggedEvent | None:
    """The newest event under a publisher's pair, among these sources."""
    wanted = select(LoggedEvent).where(LoggedEvent.external_id == external_id)
    if source is not None:
        wanted = wanted.where(LoggedEvent.external_source == source)
    if source_ids is not None:
        wanted = wanted.where(LoggedEvent.source_id.in_(source_ids))
    return await session.scalar(wanted.order_by(LoggedEvent.event_id.desc()).limit(1))


async def events_where(  # noqa: PLR0913, PLR0917
    session: AsyncSession,
    equal: Mapping[str, object],
    named: str | None,
    source_ids: Sequence[UUID] | None,
    limit: int,
    before: UUID | None,
) -> Sequence[LoggedEvent]:
    """The log, newest first."""
    wanted = (
        select(LoggedEvent).order_by(LoggedEvent.occurred_at.desc(), LoggedEvent.event_id.desc()).limit(limit)
    )
    for column, value in equal.items():
        if value is not None:
            wanted = wanted.where(getattr(LoggedEvent, column) == value)
    if named is not None:
        wanted = wanted.where(or_(LoggedEvent.type == named, LoggedEvent.name == named))
    if source_ids is not None:
        wanted = wanted.where(LoggedEvent.source_id.in_(source_ids))
    if before is not None and (last := await session.get(LoggedEvent, before)):
        moment = tuple_(LoggedEvent.occurred_at, LoggedEvent.event_id)
        wanted = wanted.where(moment < (last.occurred_at, last.event_id))
    return (await session.scalars(wanted)).all()


async def correlated(session: AsyncSession, correlation_id: UUID) -> Sequence[LoggedEvent]:
    """All events of one story."""
    found = await session.scalars(
        select(LoggedEvent)
        .where(LoggedEvent.correlation_id == correlation_id)
        .order_by(LoggedEvent.occurred_at, LoggedEvent.event_id)
        .limit(5000)
    )
    return found.all()


async def clock_is_set(session: AsyncSession) -> bool:
    """Whether business time runs apart from real time."""
    return await session.scalar(select(Clock.one)) is not None


async def source_with_scope(
    session: AsyncSession, source_id: UUID, now: datetime
) -> tuple[Source, tuple[str, ...]] | None:
    """A source, and what its keys in force may send together: without a key in force it may send nothing."""
    source = await session.get(Source, source_id)
    if source is None:
        return None
    keys = await session.scalars(select(Key).where(Key.source_id == source_id))
    return source, tuple({name for key in keys if key.usable(now) for name in key.event_types})
