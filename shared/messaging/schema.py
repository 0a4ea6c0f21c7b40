"""Creates the tables of delivery; each service's first migration calls `upgrade(op)`."""

from types import ModuleType

from sqlalchemy import text

from shared.messaging.tables import metadata

SHARDS = 8

# Says a few events in the transaction that changes the state, and tells whether nothing of their keys stands before them.
# A function, because each of its statements sees what was committed before it began: the look comes after the locks.
# It goes no further than a hundred rows (behind so many the usual way is as quick), by the index: a plan that was made
# while the outbox was empty would read all that has been deleted from it since. It keeps that one plan: with scans off
# PostgreSQL was seen to plan each call anew.
SAY = """
CREATE OR REPLACE FUNCTION say(
  every_key bigint, locks bigint[], ids uuid[], shards smallint[], keys text[], topics text[], types text[],
  bodies bytea[], correlations uuid[], causations uuid[], traceparents text[], more text[]
) RETURNS TABLE (said_sequence bigint, said_when timestamptz, first_of_keys boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE free boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(k) FROM unnest(locks) AS k;
  PERFORM pg_advisory_xact_lock_shared(every_key);
  SELECT count(*) < 100 AND NOT coalesce(bool_or(waiting.key = ANY(keys)), false)
         AND NOT EXISTS (SELECT FROM outbox_rejected r WHERE r.key = ANY(keys))
  INTO free FROM (SELECT o.key FROM outbox o WHERE o.shard = ANY(shards) LIMIT 100) AS waiting;
  RETURN QUERY
  INSERT INTO outbox (id, shard, key, topic, type, body, correlation, causation, traceparent, extensions)
  SELECT id, shard, key, topic, type, body, correlation, causation, traceparent, extensions::jsonb
  FROM unnest(ids, shards, keys, topics, types, bodies, correlations, causations, traceparents, more)
    AS said (id, shard, key, topic, type, body, correlation, causation, traceparent, extensions)
  RETURNING sequence, said_at, free;
END $$
"""


def upgrade(op: ModuleType) -> None:
    """Create everything, with the partition that takes what no other partition does and one row a shard."""
    connection = op.get_bind()
    metadata.create_all(connection)
    connection.execute(text("CREATE TABLE inbox_rest PARTITION OF inbox DEFAULT"))
    op.bulk_insert(metadata.tables["shard"], [{"shard": number} for number in range(SHARDS)])
    # A table that is filled and emptied all day is vacuumed by its churn, not by its size.
    for churning in ("outbox", "arrival"):
        connection.execute(
            text(
                f"ALTER TABLE {churning} SET (autovacuum_vacuum_scale_factor = 0,"
                " autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0)"
            )
        )
    let_say(op)


def let_say(op: ModuleType) -> None:
    """Create the function, or bring it to its newest form."""
    op.get_bind().exec_driver_sql(SAY)


def downgrade(op: ModuleType) -> None:
    """Remove them all, with what they hold."""
    op.get_bind().execute(text("DROP FUNCTION IF EXISTS say"))
    metadata.drop_all(op.get_bind())
