"""Creates the tables of delivery; each service's first migration calls `upgrade(op)`."""

from types import ModuleType

from sqlalchemy import text

from shared.messaging.tables import metadata

SHARDS = 8


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


def downgrade(op: ModuleType) -> None:
    """Remove them all, with what they hold."""
    metadata.drop_all(op.get_bind())
