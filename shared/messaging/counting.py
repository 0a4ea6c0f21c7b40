"""What waits in a service's own database, as figures: said and not sent, failed, due and not begun."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.observability import failed, job_age, outbox, outbox_age

STATES = ("retrying", "waiting", "behind", "dead", "unsent")
MOST = 100_000
# Ids are UUIDv7, so the first is the oldest; a long outbox is not read to its end.
WAITING = f"""
SELECT (SELECT count(*) FROM (SELECT FROM outbox LIMIT {MOST}) AS counted) AS said,
  (SELECT extract(epoch FROM clock_timestamp() - said_at) FROM outbox ORDER BY id LIMIT 1) AS age,
  (SELECT extract(epoch FROM clock_timestamp() - min(due_at)) FROM job
   WHERE due_at < clock_timestamp() AND (state = 'waiting' OR state = 'running' AND lease_until < clock_timestamp())) AS due
"""  # noqa: S608 - a number of ours
FAILED = """
SELECT state, count(*) AS kept FROM failed_message WHERE state <> 'archived' GROUP BY state
UNION ALL SELECT 'unsent', count(*) FROM outbox_rejected
"""


async def count(service: str, sessions: async_sessionmaker[AsyncSession]) -> bool:
    """Set the gauges of a service; there is never more to do at once."""
    async with sessions() as session:
        connection = await session.connection()
        waiting = (await connection.exec_driver_sql(WAITING)).one()
        kept = {row.state: row.kept for row in await connection.exec_driver_sql(FAILED)}
    outbox.labels(service).set(waiting.said)
    outbox_age.labels(service).set(waiting.age or 0)
    job_age.labels(service).set(waiting.due or 0)
    for state in STATES:
        failed.labels(service, state).set(kept.get(state, 0))
    return False
