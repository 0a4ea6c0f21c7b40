"""What has just been committed goes straight to the transport, without being read from the outbox first.

Only what nothing of its key stands before: `say` (`shared/messaging/schema.py`) looks, under the locks of the keys. Its
rows stay in the outbox until they are confirmed; where anything fails they are forgotten here and go the usual way.
"""

from collections.abc import Sequence
from typing import Any

Row = tuple[Any, ...]
"""As the relay reads it from the outbox."""
MOST_ROWS, MOST_BYTES = 20, 1 << 17
"""Of one transaction: what many say at once is sent by the usual way, which takes it all together."""
MOST_WAITING = 100

# One statement, so one turn to the server and back: deleted without waiting for the disk, as the relay does it.
SENT = """
WITH soon AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS value),
gone AS (DELETE FROM outbox USING soon WHERE id = ANY($1::uuid[]) AND soon.value = 'off')
SELECT EXISTS (SELECT FROM shard WHERE EXISTS (
  SELECT FROM outbox o WHERE o.shard = shard.shard AND o.id <> ALL($1::uuid[])))
"""


def few(bodies: Sequence[bytes]) -> bool:
    """Whether a transaction that says this may hand it over."""
    return len(bodies) <= MOST_ROWS and sum(map(len, bodies)) <= MOST_BYTES


class Handed:
    """The rows that wait for the relay of their process."""

    def __init__(self) -> None:
        self._waiting: dict[Any, Row] = {}

    def take(self, rows: Sequence[Row]) -> bool:
        """Whether there is room for them."""
        if len(self._waiting) + len(rows) > MOST_WAITING:
            return False
        self._waiting |= {row[0]: row for row in rows}
        return True

    def give(self) -> list[Row]:
        """All of them; nothing is kept."""
        rows, self._waiting = list(self._waiting.values()), {}
        return rows

    def forget(self, ids: Sequence[Any]) -> None:
        """These have gone the usual way."""
        for one in ids if self._waiting else ():
            self._waiting.pop(one, None)
