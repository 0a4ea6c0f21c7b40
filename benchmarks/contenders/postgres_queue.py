"""A peer of equal shape without a broker: a SKIP LOCKED queue in PostgreSQL, in and out, in batches of 200."""

import asyncpg
import uvloop

from benchmarks.contenders import work

SCHEMA = """CREATE TABLE IF NOT EXISTS bench_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue text NOT NULL, message_id uuid NOT NULL, body bytea NOT NULL);
CREATE INDEX IF NOT EXISTS bench_queue_heads ON bench_queue (queue, id);"""
FILL = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'in', * FROM unnest($1::uuid[], $2::bytea[])"
TAKE = """DELETE FROM bench_queue WHERE id IN (SELECT id FROM bench_queue WHERE queue = 'in' ORDER BY id
LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING message_id, body"""
CLAIM = """INSERT INTO bench_inbox (message_id) SELECT unnest($1::uuid[])
ON CONFLICT DO NOTHING RETURNING message_id"""
KEEP = """INSERT INTO bench_state SELECT * FROM
unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::smallint[], $6::date[])"""
SAY = "INSERT INTO bench_queue (queue, message_id, body) SELECT 'out', * FROM unnest($1::uuid[], $2::bytea[])"


async def main() -> None:
    _, postgres, count = work.arguments()
    pool = await asyncpg.create_pool(postgres, min_size=2, max_size=2)
    await pool.execute(SCHEMA)
    ids, bodies = zip(*work.events(count), strict=True)
    await pool.execute(FILL, list(ids), list(bodies))
    await pool.execute("ANALYZE bench_queue")
    watch = work.Stopwatch()
    done = 0
    while done < count:
        async with pool.acquire() as database, database.transaction():
            taken = await database.fetch(TAKE, work.BATCH)
            new = {row[0] for row in await database.fetch(CLAIM, [row[0] for row in taken])}
            fresh = [work.Rated.model_validate_json(row[1]) for row in taken if row[0] in new]
            rows = [
                (e.rating_id, e.trainee_id, e.mentor_id, e.competency, e.level, e.observed_on) for e in fresh
            ]
            await database.execute(KEEP, *map(list, zip(*rows, strict=True)))
            said = [(work.uuid7(), work.answer(event).model_dump_json().encode()) for event in fresh]
            await database.execute(SAY, *map(list, zip(*said, strict=True)))
        done += len(fresh)
    watch.done(count)
    await pool.close()


if __name__ == "__main__":
    uvloop.run(main())
