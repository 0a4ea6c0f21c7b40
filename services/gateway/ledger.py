"""What the door remembers: how much was sent, under which ids, and whose each known thing is."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.gateway.knowing import Thing
from shared.messaging import Plain
from shared.statements import Within, rows

Name = tuple[str, str]
Reference = tuple[str, UUID]

COUNT = """
WITH disk AS MATERIALIZED (SELECT set_config('synchronous_commit', CASE WHEN $4 THEN 'off'
                                             ELSE current_setting('synchronous_commit') END, true) AS waits)
INSERT INTO quota_minute (source_id, minute, events) SELECT $1, $2, $3 FROM disk WHERE waits <> ''
ON CONFLICT (source_id, minute) DO UPDATE SET events = quota_minute.events + excluded.events RETURNING events
"""
FORGET_MINUTES = "DELETE FROM quota_minute WHERE source_id = $1 AND minute < $2"
CLAIM = """
INSERT INTO accepted (source_id, external_source, external_id, content_hash, event_id)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id
"""
TAKEN = """
SELECT external_source, external_id, content_hash, event_id FROM accepted
JOIN unnest($2::text[], $3::text[]) AS named (external_source, external_id) USING (external_source, external_id)
WHERE source_id = $1
"""
OWNERS = """
SELECT known.kind, known.id, known.enterprise_ids, lender.enterprise_ids FROM known
JOIN unnest($1::text[], $2::uuid[]) AS named (kind, id) ON known.kind = named.kind AND known.id = named.id
LEFT JOIN known AS lender ON lender.kind = 'programme' AND lender.id = known.within
"""
KEEP = """
INSERT INTO known (kind, id, enterprise_ids, within, title) VALUES ($1, $2, $3, $4, $5::text::jsonb)
ON CONFLICT (kind, id) DO UPDATE SET
  enterprise_ids = CASE WHEN $6 OR cardinality(known.enterprise_ids) = 0
    THEN ARRAY(SELECT DISTINCT unnest(known.enterprise_ids || excluded.enterprise_ids)) ELSE known.enterprise_ids END,
  within = coalesce(excluded.within, known.within),
  title = CASE WHEN $6 OR known.enterprise_ids && excluded.enterprise_ids
    THEN coalesce(excluded.title, known.title) ELSE known.title END
"""
KEEP_CODE = """
INSERT INTO known_code (enterprise_id, kind, code, id) VALUES ($1, $2, $3, $4)
ON CONFLICT (enterprise_id, kind, code) DO UPDATE SET id = excluded.id
"""
KEEP_REFUSALS = """
INSERT INTO refusal (source_id, door, refusal_id, code, status, field, type, external_source, external_id, words,
                     refused_at)
SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
                             $10::text[]::jsonb[], $11::timestamptz[])
"""


async def count_sent(
    within: Within, source_id: UUID, minute: datetime, events: int, *, nothing_else: bool = False
) -> int:
    """Events of this source in this minute, with these.

    A transaction of `nothing_else` does not wait for the disk: a crash of the server forgets a moment of a quota.
    """
    [(sent,)] = await rows(within, COUNT, source_id, minute, events, nothing_else)
    if sent == events:
        await rows(within, FORGET_MINUTES, source_id, minute)
    return int(sent)


async def claim_ids(
    statements: Plain, source_id: UUID, claims: Sequence[tuple[str, str, str, UUID]]
) -> set[UUID]:
    """Which of these (source, id, content, our id) are new; waits for a transaction that is just claiming the same."""
    if not claims:
        return set()
    columns = [list(column) for column in zip(*claims, strict=True)]
    return {event_id for (event_id,) in await statements.fetch(CLAIM, source_id, *columns)}


async def taken_ids(
    statements: Plain, source_id: UUID, names: Sequence[Name]
) -> dict[Name, tuple[str, UUID]]:
    """The content and our id of what this source has already sent under these names."""
    if not names:
        return {}
    columns = [list(column) for column in zip(*names, strict=True)]
    found = await statements.fetch(TAKEN, source_id, *columns)
    return {(source, id_): (content, event_id) for source, id_, content, event_id in found}


async def owners_of(statements: Plain, references: Sequence[Reference]) -> dict[Reference, frozenset[UUID]]:
    """The enterprises that may name each of these; nothing for what is not known."""
    if not references:
        return {}
    columns = [list(column) for column in zip(*references, strict=True)]
    found = await statements.fetch(OWNERS, *columns)
    return {(kind, id_): frozenset([*own, *(lent or [])]) for kind, id_, own, lent in found}


async def bring(statements: Plain, things: Sequence[Thing], enterprise_id: UUID) -> bool:
    """Keep what an enterprise brings into the world; false where another one was first by a moment."""
    if not things:
        return True
    await keep_known(statements, things)
    references = sorted({(thing.kind, thing.id) for thing in things})
    owners = await owners_of(statements, references)
    return all(enterprise_id in owners[each] for each in references)


async def keep_known(statements: Plain, things: Sequence[Thing], *, spread: bool = False) -> None:
    """Add to what is known. `spread` (facts of our own services) may add owners; an enterprise's word may not."""
    known = [
        (
            thing.kind,
            thing.id,
            sorted(thing.enterprise_ids),
            thing.within,
            json.dumps(thing.title) if thing.title else None,
            spread,
        )
        for thing in sorted(things, key=lambda thing: (thing.kind, thing.id))
    ]
    if known:
        await statements.each(KEEP, known)
    codes = [(enterprise, thing.kind, code, thing.id) for thing in things for enterprise, code in thing.codes]
    if codes:
        await statements.each(KEEP_CODE, codes)


async def keep_refusals(
    statements: Plain, source_id: UUID, door: str, refusals: Sequence[tuple[Any, ...]]
) -> None:
    """The lines of a source's own list: id, code, status, field, type, its source and id, words (JSON), moment."""
    if refusals:
        columns = [list(column) for column in zip(*refusals, strict=True)]
        await statements.fetch(KEEP_REFUSALS, source_id, door, *columns)
