"""How many ratings a second the service keeps and decides by, and how large the state of 100,000 trainees is.

`python -m benchmarks.ratings --seconds 30`. Ratings go through the batch handler `feedback.record_ratings` as a transport hands
them on (inbox, batches of 200, two in flight) into a durable PostgreSQL of our own: each transaction keeps its ratings, grows the
statistics of their cohorts and decides. Garbage is looked for as seldom as in a service; making the ratings is not counted as its CPU.
They come `--together` so many of one cohort after another: a mentor's page sends up
to 40, an enterprise's file more. The state is then filled up with cohorts like those played, and its tables are weighed.
"""

import argparse
import asyncio
import gc
import json
import os
import platform
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks import ratings_world as world
from benchmarks.contenders import processes
from benchmarks.contenders.ground import Ground
from services.feedback.handlers import on
from shared import migrations
from shared.messaging.batch import Batcher
from shared.messaging.delivery import Delivery
from shared.messaging.envelope import Envelope
from shared.messaging.runtime import OBJECTS_BETWEEN_LOOKS

RESULTS = Path(__file__).parent / "results" / "ratings.json"
WAITING = 600
"""Ratings that lie ready, as a broker's prefetch keeps them."""
TABLES = ("running", "trainee_sum", "assumption", "member", "cohort")
COPIES = """
INSERT INTO {table} ({columns}) SELECT {chosen} FROM {table} CROSS JOIN generate_series(1, $1) AS n WHERE {table}.cohort_id = $2
"""


def deliveries(together: int, seed: int) -> Iterator[Delivery]:
    """Without end: each cohort in turn, so many ratings of its trainees at a time."""
    chance = np.random.default_rng(seed)
    while True:
        for cohort in range(world.COHORTS):
            for _ in range(together):
                rated = world.rating(chance, cohort)
                kind = type(rated)
                about = Envelope(
                    UUID(bytes=chance.bytes(16)), kind.type_name(), kind.topic(), "enterprise", str(rated.rating_id),
                    1, world.NOW, UUID(bytes=chance.bytes(16)),
                )  # fmt: skip
                yield Delivery(about, rated.model_dump_json().encode())


async def fed(
    sessions: async_sessionmaker[AsyncSession], together: int, seconds: float, server: int
) -> dict[str, float]:
    """Keeps so many waiting until the time is over, then lets the rest through."""
    done, source = 0, deliveries(together, together)
    room = asyncio.Semaphore(WAITING)

    async def acknowledge(batch: list[Delivery]) -> None:
        nonlocal done
        done += len(batch)
        for _ in batch:
            room.release()

    batcher = Batcher(on.handlers["feedback.record_ratings"], sessions, acknowledge, asyncio.Semaphore(4))
    batcher.start()
    making = 0.0
    began, cpu, servers = time.perf_counter(), time.process_time(), processes.cpu_seconds(server)
    while time.perf_counter() - began < seconds:
        await room.acquire()
        made = time.process_time()
        rated = next(source)
        making += time.process_time() - made
        batcher.put(rated)
    for _ in range(WAITING):
        await room.acquire()
    spent = time.perf_counter() - began
    await batcher.stop()
    return {
        "ratings": done, "seconds": round(spent, 1), "ratings_a_second": round(done / spent),
        "ms_of_cpu_a_rating": round(1000 * (time.process_time() - cpu - making) / done, 2),
        "ms_of_postgresql_cpu_a_rating": round(1000 * (processes.cpu_seconds(server) - servers) / done, 2),
    }  # fmt: skip


async def _all_kept(sessions: async_sessionmaker[AsyncSession], sent: float) -> None:
    """A figure of ratings that were not kept would be worth nothing."""
    async with sessions() as session:
        kept = await session.scalar(text("SELECT count(*) FROM rating"))
        why = await session.scalar(
            text("SELECT max(code || reason || right(trace, 600)) FROM failed_message")
        )
    if kept != sent:
        raise SystemExit(f"{sent} ratings were sent, {kept} were kept: {why}")


async def weighed(url: str, trainees: int) -> dict[str, Any]:
    """The tables of the state when the cohort with most ratings has as many copies as make up so many trainees."""
    connection = await asyncpg.connect(url)
    cohort = await connection.fetchval(
        "SELECT cohort_id FROM trainee_sum GROUP BY 1 ORDER BY sum(length(sums)) DESC"
    )
    rated = await connection.fetchval("SELECT count(level) FROM rating WHERE cohort_id = $1", cohort)
    for table in TABLES:
        columns = await connection.fetchval(
            "SELECT string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position) FROM information_schema.columns "
            "WHERE table_name = $1", table,
        )  # fmt: skip
        chosen = ",".join(
            f"md5({table}.{name}::text || n)::uuid"
            if name in {"cohort_id", "trainee_id"}
            else f"{table}.{name}"
            for name in columns.split(",")
        )
        copies = trainees // world.TRAINEES - world.COHORTS
        await connection.execute(
            COPIES.format(table=table, columns=columns, chosen=chosen), copies, cohort, timeout=120
        )
    await connection.execute("VACUUM ANALYZE")
    sizes = {
        one: await connection.fetchval("SELECT pg_total_relation_size($1::regclass)", one) for one in TABLES
    }
    people = await connection.fetchval("SELECT count(*) FROM trainee_sum")
    await connection.close()
    return {
        "trainees": people, "ratings_of_each_in_the_copied_cohort": round(rated / world.TRAINEES, 1),
        "mb": {one: round(size / 1e6, 1) for one, size in sizes.items()}, "mb_together": round(sum(sizes.values()) / 1e6, 1),
    }  # fmt: skip


async def main(seconds: float, together: list[int], trainees: int) -> None:
    """Each load for its share of the time; the file is written at the end."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)
    ground = Ground(broker=False)
    load, found = os.getloadavg()[0], {}
    try:
        facts = await ground.facts()
        async with ground.database() as url:
            await asyncio.to_thread(
                migrations.upgrade, "feedback", url.replace("postgresql:", "postgresql+asyncpg:")
            )
            engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"), pool_size=5)
            sessions = async_sessionmaker(engine, expire_on_commit=False, info={})
            await world.set_up(sessions)
            for one in together:
                found[str(one)] = await fed(sessions, one, seconds, ground.postgres_pid)
                print(f"{one} of a cohort together: {found[str(one)]}", flush=True)
            await _all_kept(sessions, sum(one["ratings"] for one in found.values()))
            state = await weighed(url, trainees)
            await engine.dispose()
        servers = processes.peak_mb(ground.postgres_pid)
    finally:
        ground.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    told = {
        "note": "the machine was shared with other work; see the load before the run", "load_before": round(load, 1),
        "openblas_threads": os.environ.get("OPENBLAS_NUM_THREADS", "as many as processors"),
        "processors": os.cpu_count(), "python": sys.version.split()[0], "machine": platform.machine(), **facts,
        "world": world.SHAPE, "by_how_many_of_a_cohort_come_together": found, "state": state,
        "peak_mb": {"service": round(peak), "postgresql": round(servers)},
    }  # fmt: skip
    print(json.dumps(told["state"]), told["peak_mb"])
    RESULTS.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="for each load")
    parser.add_argument("--together", type=int, nargs="+", default=[200, 40, 1])
    parser.add_argument("--trainees", type=int, default=100_000, help="whose state is weighed")
    chosen = parser.parse_args()
    asyncio.run(main(chosen.seconds, chosen.together, chosen.trainees))
