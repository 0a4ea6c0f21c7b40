"""The statements of a relay's turn: which shards it holds, what stands first in them, and how it leaves the outbox."""

# What was sent is deleted without waiting for the disk: what a crash of the server takes back is sent again. The outbox
# is read by its index even if the plan is of a time when it was empty: any other would read all of it.
BEGIN = (
    "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off"
)
LOCK = """
SELECT shard FROM shard
WHERE (SELECT o.sequence FROM outbox o WHERE o.shard = shard.shard ORDER BY o.sequence LIMIT 1) IS NOT NULL
ORDER BY (shard + $1) % $2 LIMIT $3 FOR UPDATE SKIP LOCKED
"""
# The first of each shard, whatever lies behind: after a long outage the outbox may hold hundreds of thousands.
HEADS = """
SELECT id, key, sequence, topic, type, body, correlation, causation, traceparent, extensions, said_at FROM (
  SELECT *, sum(octet_length(body)) OVER upto - octet_length(body) AS before FROM (
    SELECT head.* FROM unnest($1::smallint[]) AS locked (shard), LATERAL (
      SELECT id, key, sequence, topic, type, body, correlation, causation, traceparent,
        extensions::text AS extensions, said_at
      FROM outbox o WHERE o.shard = locked.shard
        AND NOT EXISTS (SELECT FROM outbox_rejected r WHERE r.key = o.key)
      ORDER BY sequence LIMIT $2) AS head
    ORDER BY sequence LIMIT $2) AS heads
  WINDOW upto AS (ORDER BY sequence ROWS UNBOUNDED PRECEDING)) AS weighed
WHERE before < $3 ORDER BY sequence
"""
SENT = "DELETE FROM outbox WHERE id = ANY($1::uuid[])"
REJECT = """
WITH gone AS (DELETE FROM outbox WHERE id = $1 RETURNING *)
INSERT INTO outbox_rejected (id, key, sequence, topic, type, body, envelope, reason)
SELECT id, key, sequence, topic, type, body, $2::text::jsonb, $3 FROM gone
"""
