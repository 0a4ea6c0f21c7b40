"""A peer of equal shape without a broker: a SKIP LOCKED queue in PostgreSQL, in and out, in batches of 200.

Two workers, so that one computes while the other commits. Nothing leaves PostgreSQL here: what it says is one more row.
"""

import asyncio
import sys

import asyncpg
import uvloop

from benchmarks.contenders import work

SCHEMA = """CREATE TABLE IF NOT EXISTS bench_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL, message_id uuid NOT NULL, body bytea NOT NULL);
CREATE INDEX IF NOT EXISTS bench_queue_heads ON bench_queue (queue, id);"""
FILL = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'in', * FROM unnest($1::uuid[], $2::bytea[])"
TAKE = """DELETE FROM bench_queue WHERE id IN (SELECT id FROM bench_queue WHERE queue = 'in' ORDER BY id
LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING message_id, body"""
SAY = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'out', * FROM unnest($1::uuid[], $2::bytea[])"


async def fill(postgres: str, count: int) -> None:
    database = await asyncpg.connect(postgres)
    await database.execute(SCHEMA)
    ids, bodies = zip(*work.events(count), strict=True)
    await database.execute(FILL, list(ids), list(bodies))
    await database.execute("VACUUM ANALYZE bench_queue")
    await database.close()


async def one_batch(database: asyncpg.Connection) -> int:
    async with database.transaction():
        taken = await database.fetch(TAKE, work.BATCH)
        if not taken:
            return 0
        new = {row[0] for row in await database.fetch(work.CLAIM, [row[0] for row in taken])}
        fresh = [work.Rated.model_validate_json(row[1]) for row in taken if row[0] in new]
        await database.execute(work.KEEP, *work.columns(fresh))
        said = [(work.uuid7(), work.answer(event).model_dump_json().encode()) for event in fresh]
        await database.execute(SAY, *map(list, zip(*said, strict=True)))
    return len(taken)


async def work_for_ever(postgres: str) -> None:
    database = await asyncpg.connect(postgres)
    while True:
        if not await one_batch(database):
            await asyncio.sleep(0.05)


async def main() -> None:
    _, postgres, count = work.arguments()
    if "fill" in sys.argv:
        await fill(postgres, count)
    else:
        await asyncio.gather(work_for_ever(postgres), work_for_ever(postgres))


if __name__ == "__main__":
    uvloop.run(main())
