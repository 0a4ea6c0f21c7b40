"""What the door remembers: how much was sent, under which ids, and whose each known thing is."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, bindparam, delete, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from services.gateway.knowing import Thing
from services.gateway.model import Accepted, Known, KnownCode, QuotaMinute

Name = tuple[str, str]
Reference = tuple[str, UUID]


async def count_sent(session: AsyncSession, source_id: UUID, minute: datetime, events: int) -> int:
    """Events of this source in this minute, with these."""
    counted = insert(QuotaMinute).values(source_id=source_id, minute=minute, events=events)
    sent = await session.scalar(
        counted.on_conflict_do_update(
            index_elements=["source_id", "minute"], set_={"events": col(QuotaMinute.events) + events}
        ).returning(col(QuotaMinute.events))
    )
    if sent == events:
        await session.execute(
            delete(QuotaMinute).where(
                col(QuotaMinute.source_id) == source_id, col(QuotaMinute.minute) < minute
            )
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
    claimed = insert(Accepted).values(values).on_conflict_do_nothing().returning(col(Accepted.event_id))
    return set(await session.scalars(claimed))


async def taken_ids(
    session: AsyncSession, source_id: UUID, names: Sequence[Name]
) -> dict[Name, tuple[str, UUID]]:
    """The content and our id of what this source has already sent under these names."""
    if not names:
        return {}
    found = await session.execute(
        select(Accepted).where(
            col(Accepted.source_id) == source_id,
            tuple_(col(Accepted.external_source), col(Accepted.external_id)).in_(names),
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
    within = and_(col(lender.kind) == "programme", col(lender.id) == col(Known.within))
    found = await session.execute(
        select(col(Known.kind), col(Known.id), col(Known.enterprise_ids), col(lender.enterprise_ids))
        .outerjoin(lender, within)
        .where(tuple_(col(Known.kind), col(Known.id)).in_(references))
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
