"""How large the outbox gets while a million events go through it: `python -m benchmarks.outbox_size --count 1000000`.

The product's own `emit` and relay on a durable PostgreSQL; the transport confirms at once, so that only tables are
measured. With `--unswept` the relay leaves the space of what it has sent to autovacuum alone.
"""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import asyncpg

from benchmarks.contenders import ours, work
from benchmarks.contenders.bench import Counted
from benchmarks.contenders.entrants import delivery_tables
from benchmarks.contenders.ground import Ground
from benchmarks.reporting import RESULTS
from shared.messaging import emit
from shared.messaging.relay import SWEEP_EVERY, Messages, Relay

AT_ONCE = 500
NEVER = 1 << 60
SIZE = "SELECT pg_total_relation_size('outbox')"


class Confirming:
    """A transport that confirms everything at once."""

    async def connect(self) -> None:
        """Always."""

    async def publish(self, messages: Messages) -> None:
        """Confirmed."""

    async def unrouted(self) -> int:
        return 0

    async def drop(self) -> None:
        """Nothing to drop."""


async def go_through(count: int, postgres: str, sweep_every: int) -> dict[str, Any]:
    """The largest and the last size of the outbox, with its indexes, in MB."""
    sessions = ours.sessions_on(postgres)
    relay = Relay("bench", sessions, Confirming(), sweep_every)
    watching = await asyncpg.connect(postgres)
    trainees = [work.uuid7() for _ in range(1000)]
    largest, begun = 0, time.perf_counter()
    for start in range(0, count, AT_ONCE):
        async with sessions.begin() as session:
            for number in range(start, start + AT_ONCE):
                said = Counted(
                    rating_id=work.uuid7(), trainee_id=trainees[number % 1000], counted_at=datetime.now(UTC)
                )
                emit(session, said)
        while await relay.relay_once():
            pass
        largest = max(largest, await watching.fetchval(SIZE))
    last = await watching.fetchval(SIZE)
    await watching.close()
    await sessions.kw["bind"].dispose()
    spent = round(time.perf_counter() - begun)
    return {
        "largest_mb": round(largest / 1e6, 1),
        "last_mb": round(last / 1e6, 1),
        "events": count,
        "seconds": spent,
    }


async def main() -> None:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--count", type=int, default=1_000_000)
    reading.add_argument("--unswept", action="store_true")
    reading.add_argument("--quick", action="store_true", help="forty thousand events, and nothing is written")
    asked = reading.parse_args()
    if asked.quick:
        asked.count = 40_000
    ground = Ground(broker=False)
    try:
        facts = await ground.facts()
        async with ground.database() as postgres:
            await delivery_tables(postgres)
            found = await go_through(asked.count, postgres, NEVER if asked.unswept else SWEEP_EVERY)
    finally:
        ground.stop()
    print(json.dumps(found))
    if asked.quick:
        return
    path = RESULTS / "outbox_size.json"
    whole = json.loads(path.read_text()) if path.exists() else {}
    whole["left to autovacuum" if asked.unswept else "swept by the relay"] = {**found, "facts": facts}
    path.write_text(json.dumps(whole, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
