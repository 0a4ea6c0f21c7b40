"""Runs kept messages again when they are due: after a delay, when what they waited for is here, or when a person asks."""

import json
import logging
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging.delivery import Delivery, delivered
from shared.messaging.failures import release
from shared.messaging.inbox import handle
from shared.messaging.listener import Handler, Listener
from shared.statements import Within, rows

log = logging.getLogger("tailored.retrying")
AT_A_TIME = 100

DUE = """
SELECT handler, message_id, topic, headers::text, body, attempts FROM failed_message
WHERE state IN ('retrying', 'waiting') AND due_at <= clock_timestamp() AND handler = ANY($1::text[])
ORDER BY handler, sequence LIMIT $2
"""
FREE = """
UPDATE failed_message f SET state = 'retrying', due_at = clock_timestamp()
WHERE state = 'behind' AND NOT EXISTS (
  SELECT FROM failed_message older WHERE older.handler = f.handler AND older.key = f.key
     AND older.headers->>'ce-source' IS NOT DISTINCT FROM f.headers->>'ce-source'
     AND older.sequence < f.sequence AND older.state <> 'archived')
"""
TAKE = """
SELECT message_id FROM failed_message
WHERE handler = $1 AND message_id = ANY($2::uuid[]) AND state IN ('retrying', 'waiting')
ORDER BY message_id FOR UPDATE SKIP LOCKED
"""
DONE = """
WITH gone AS (DELETE FROM failed_message WHERE handler = $1 AND message_id = ANY($2::uuid[])
              RETURNING message_id, attempts)
UPDATE inbox SET outcome = 'done', done_at = clock_timestamp(), attempts = gone.attempts + 1
FROM gone WHERE inbox.message_id = gone.message_id AND inbox.handler = $1
"""


class Again:
    """Messages from `failed_message`: whoever locks the row handles the message."""

    async def take(self, within: Within, handler: Handler, todo: Sequence[Delivery]) -> list[Delivery]:
        """Those whose row is still there and free."""
        ids = [one.id for one in todo]
        free = {row[0] for row in await rows(within, TAKE, handler.name, ids)}
        return [one for one in todo if one.id in free]

    async def settle(self, within: Within, handler: Handler, done: Sequence[Delivery]) -> None:
        """The row goes, the inbox says done, and what was parked behind it may run."""
        if done:
            await rows(within, DONE, handler.name, [one.id for one in done])
            if handler.order == "in_order":
                await release(within, handler.name, sorted({one.envelope.key for one in done}))


async def retry_due(on: Listener, sessions: async_sessionmaker[AsyncSession]) -> int:
    """Try everything that is due once; returns how many messages that were."""
    async with sessions.begin() as session:
        await rows(session, FREE)  # the net for one that was parked while its elder was just freed
        due = await rows(session, DUE, list(on.handlers), AT_A_TIME)
    by_handler: dict[str, list[Delivery]] = {}
    for name, message_id, topic, headers, body, attempts in due:
        one = delivered(json.loads(headers), body, topic, str(message_id), None)
        one.attempts = attempts
        by_handler.setdefault(name, []).append(one)
    for name, deliveries in by_handler.items():
        log.info("retrying %s %d", name, len(deliveries))
        await handle(on.handlers[name], deliveries, sessions, Again())
    return len(due)
