"""The three kinds of order that a handler may declare, and what each does with a batch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.messaging.delivery import Delivery
from shared.messaging.listener import Handler
from shared.statements import Within, rows

CLAIM = """
INSERT INTO handler_key (handler, source, key, sequence)
SELECT $1, source, key, -1 FROM unnest($2::text[], $3::text[]) AS k (source, key)
ON CONFLICT DO NOTHING
"""
LOCK = """
SELECT h.source, h.key, h.sequence FROM handler_key h
JOIN unnest($2::text[], $3::text[]) AS k (source, key) ON h.source = k.source AND h.key = k.key
WHERE h.handler = $1 ORDER BY h.source, h.key FOR UPDATE OF h
"""
ADVANCE = """
UPDATE handler_key h SET sequence = greatest(h.sequence, k.sequence)
FROM unnest($2::text[], $3::text[], $4::bigint[]) AS k (source, key, sequence)
WHERE h.handler = $1 AND h.source = k.source AND h.key = k.key
"""
OLDER = """
SELECT coalesce(headers->>'ce-source', ''), key, sequence, message_id FROM failed_message
WHERE handler = $1 AND key = ANY($2::text[]) AND state <> 'archived'
"""


@dataclass
class Admitted:
    """Which of a batch may run now."""

    run: list[Delivery]
    stale: list[Delivery] = field(default_factory=list)
    behind: list[Delivery] = field(default_factory=list)


async def admit(within: Within, handler: Handler, claimed: Sequence[Delivery]) -> Admitted:
    """`commutes` takes everything; the others hold the row of each key until the commit, in sorted order."""
    if handler.order == "commutes" or not claimed:
        return Admitted(list(claimed))
    claimed = sorted(claimed, key=lambda one: one.envelope.sequence)
    keys = sorted({(one.envelope.source, one.envelope.key) for one in claimed})
    columns = ([source for source, _ in keys], [key for _, key in keys])
    await rows(within, CLAIM, handler.name, *columns)
    locked = await rows(within, LOCK, handler.name, *columns)
    newest = {(source, key): sequence for source, key, sequence in locked}
    if handler.order == "snapshot":
        return _newer_than(newest, claimed)
    found = await rows(within, OLDER, handler.name, columns[1])
    failed = [((source, key), sequence, message_id) for source, key, sequence, message_id in found]
    return _after_those(failed, claimed)


def _after_those(
    failed: Sequence[tuple[tuple[str, str], int, UUID]], claimed: Sequence[Delivery]
) -> Admitted:
    """Behind an older one that is kept and does not itself run in this batch, before it."""
    admitted, running = Admitted([]), set()
    for one in claimed:
        waits = any(
            key == (one.envelope.source, one.envelope.key)
            and sequence < one.envelope.sequence
            and message_id not in running
            for key, sequence, message_id in failed
            if message_id != one.id
        )
        if waits:
            admitted.behind.append(one)
        else:
            admitted.run.append(one)
            running.add(one.id)
    return admitted


def _newer_than(newest: dict[tuple[str, str], int], claimed: Sequence[Delivery]) -> Admitted:
    admitted = Admitted([])
    for one in claimed:
        stale = one.envelope.sequence < newest.get((one.envelope.source, one.envelope.key), -1)
        (admitted.stale if stale else admitted.run).append(one)
    return admitted


async def advance(within: Within, handler: Handler, done: Sequence[Delivery]) -> None:
    """Remember the newest sequence of each key that took effect."""
    if handler.order == "commutes" or not done:
        return
    newest: dict[tuple[str, str], int] = {}
    for one in done:
        key = (one.envelope.source, one.envelope.key)
        newest[key] = max(newest.get(key, -1), one.envelope.sequence)
    columns = ([source for source, _ in newest], [key for _, key in newest], list(newest.values()))
    await rows(within, ADVANCE, handler.name, *columns)
