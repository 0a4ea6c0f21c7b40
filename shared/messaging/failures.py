"""Keeps what could not be handled, with its reason, and says when it is tried again."""

import json
import random
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import NotYetKnown, Refused
from shared.ids import uuid7
from shared.messaging.delivery import Delivery
from shared.messaging.faults import is_final
from shared.messaging.listener import Handler
from shared.messaging.waiting import name_of
from shared.statements import Within, rows

DELAYS = (10.0, 60.0, 600.0, 3600.0)
EARLY_DELAYS = (1.0, 10.0, 60.0, 600.0, 3600.0)
EARLY_DAYS = timedelta(days=7)

KEEP = """
INSERT INTO failed_message (id, handler, message_id, type, topic, key, sequence, headers, body, state, code, reason,
                            trace, waits_for, attempts, due_at, edited)
SELECT id, $1, message_id, type, topic, key, sequence, headers::jsonb, body, state, code, reason, trace, waits_for,
       attempts, clock_timestamp() + seconds * interval '1 second', false
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[], $9::bytea[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::smallint[], $16::float8[])
  AS k (id, message_id, type, topic, key, sequence, headers, body, state, code, reason, trace, waits_for, attempts,
        seconds)
ON CONFLICT (handler, message_id) DO UPDATE SET
  state = CASE WHEN excluded.state = 'waiting' AND failed_message.first_failed_at < clock_timestamp() - $17::interval
               THEN 'dead' ELSE excluded.state END,
  code = excluded.code, reason = excluded.reason, trace = excluded.trace, waits_for = excluded.waits_for,
  attempts = excluded.attempts, due_at = excluded.due_at, last_failed_at = clock_timestamp()
"""
MARK = "UPDATE inbox SET outcome = m.outcome FROM unnest($2::uuid[], $3::text[]) AS m (id, outcome) WHERE message_id = m.id AND handler = $1"
RELEASE = """
UPDATE failed_message SET state = 'retrying', due_at = clock_timestamp()
WHERE handler = $1 AND key = ANY($2::text[]) AND state = 'behind'
"""


@dataclass(slots=True)
class Failure:
    """A delivery and why it could not be handled; no error means that an older one of its key must go first."""

    delivery: Delivery
    error: BaseException | None

    def verdict(self) -> tuple[str, str, str, str | None, float | None]:
        """State, code, reason, what it waits for, and seconds until it is tried again."""
        error, attempts = self.error, self.delivery.attempts
        if error is None:
            return (
                "behind",
                "E-TLD-BEHIND",
                "An older message of the same key must be handled first.",
                None,
                None,
            )
        reason = f"{type(error).__name__}: {error}"[:4000]
        if isinstance(error, NotYetKnown):
            delay = EARLY_DELAYS[min(attempts, len(EARLY_DELAYS) - 1)]
            return "waiting", "E-TLD-EARLY", str(error), name_of(error.kind, error.missing), delay
        if isinstance(error, Refused):
            return "dead", error.code, str(error), None, None
        if is_final(error):
            return "dead", "E-TLD-BROKEN", reason, None, None
        if attempts >= len(DELAYS):
            return "dead", "E-TLD-FAULT", reason, None, None
        return "retrying", "E-TLD-FAULT", reason, None, DELAYS[attempts] * random.uniform(0.8, 1.2)  # noqa: S311


async def keep(within: Within, handler: Handler, failures: Sequence[Failure]) -> None:
    """Write them to `failed_message`, in the caller's transaction."""
    if not failures:
        return
    kept, outcomes = [], []
    for failure in failures:
        one = failure.delivery
        state, code, reason, waits_for, delay = failure.verdict()
        told = isinstance(failure.error, NotYetKnown | Refused) or failure.error is None
        trace = "" if told else "".join(traceback.format_exception(failure.error))[-8000:]
        kept.append(
            (uuid7(), one.id, one.envelope.type, one.envelope.topic, one.envelope.key, one.envelope.sequence,
             json.dumps(one.envelope.headers()), one.body, state, code, _plain(reason), _plain(trace), waits_for,
             one.attempts + (failure.error is not None), delay)
        )  # fmt: skip
        outcomes.append(state)
    columns = [list(column) for column in zip(*kept, strict=True)]
    await rows(within, KEEP, handler.name, *columns, EARLY_DAYS)
    await mark(within, handler, [failure.delivery for failure in failures], outcomes)


async def mark(within: Within, handler: Handler, which: Sequence[Delivery], outcomes: Sequence[str]) -> None:
    """The inbox row says how a message stands: done, stale, retrying, waiting, behind, dead."""
    if which:
        ids = [one.id for one in which]
        await rows(within, MARK, handler.name, ids, list(outcomes))


async def release(within: Within, handler: str, keys: Sequence[str]) -> None:
    """What was parked behind these keys may run now."""
    await rows(within, RELEASE, handler, list(keys))


def _plain(text: str) -> str:
    return text.replace("\x00", "")
