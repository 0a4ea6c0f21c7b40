"""A peer without a broker: procrastinate, a job an event; inbox, state and the next job in one transaction.

Its tutorials run one job at a time; here twenty run beside one another. Nobody works on what is said: it lies ready.
"""

import sys
from uuid import UUID

import uvloop
from procrastinate import App, PsycopgConnector

from benchmarks.contenders import work

AT_ONCE = 20
CLAIM = "INSERT INTO bench_inbox (message_id) VALUES (%s) ON CONFLICT DO NOTHING RETURNING message_id"
KEEP = "INSERT INTO bench_state VALUES (%s, %s, %s, %s, %s, %s)"
# As the other peer's table, for those who watch from outside.
QUEUE = """CREATE VIEW bench_queue AS SELECT id, queue_name AS queue, convert_to(args::text, 'UTF8') AS body
FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"""

_, postgres, count = work.arguments()
connector = PsycopgConnector(conninfo=postgres, min_size=AT_ONCE, max_size=AT_ONCE + 5)
app = App(connector=connector)


@app.task(queue="out")
async def counted(body: str) -> None:
    """What is said."""


@app.task(queue="in")
async def count_rating(message_id: str, body: str) -> None:
    event = work.Rated.model_validate_json(body)
    async with connector.pool.connection() as connection, connection.transaction():
        if await (await connection.execute(CLAIM, (UUID(message_id),))).fetchone():
            [row] = zip(*work.columns([event]), strict=True)
            await connection.execute(KEEP, row)
            said = work.answer(event).model_dump_json()
            await counted.configure(connection=connection).defer_async(body=said)


async def main() -> None:
    async with app.open_async():
        if "fill" in sys.argv:
            await app.schema_manager.apply_schema_async()
            jobs = [{"message_id": str(id_), "body": body.decode()} for id_, body in work.events(count)]
            for start in range(0, count, 1000):
                await count_rating.batch_defer_async(*jobs[start : start + 1000])
            async with connector.pool.connection() as connection:
                await connection.set_autocommit(True)
                await connection.execute(QUEUE)
                await connection.execute("VACUUM ANALYZE procrastinate_jobs")
            return
        await app.run_worker_async(queues=["in"], concurrency=AT_ONCE, install_signal_handlers=False)


if __name__ == "__main__":
    uvloop.run(main())
