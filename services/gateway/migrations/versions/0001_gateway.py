"""sources, keys, the event log, known ids"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging import schema

revision = "0001"
down_revision = None

TEXT = sa.Text()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    schema.upgrade(op)
    op.create_table(
        "source",
        sa.Column("source_id", sa.Uuid(), primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("quota_per_minute", sa.Integer(), nullable=False),
        sa.Column("hand", sa.Boolean(), nullable=False),
        sa.Column("broker_user", TEXT),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_table(
        "key",
        sa.Column("key_id", TEXT, primary_key=True),
        sa.Column("source_id", sa.Uuid(), sa.ForeignKey("source.source_id"), nullable=False, index=True),
        sa.Column("secret_hash", TEXT, nullable=False),
        sa.Column("event_types", JSONB(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("revoked_at", MOMENT),
    )
    op.create_table(
        "quota_minute",
        sa.Column("source_id", sa.Uuid(), primary_key=True),
        sa.Column("minute", MOMENT, primary_key=True),
        sa.Column("events", sa.Integer(), nullable=False),
    )
    op.create_table(
        "accepted",
        sa.Column("source_id", sa.Uuid(), primary_key=True),
        sa.Column("external_source", TEXT, primary_key=True),
        sa.Column("external_id", TEXT, primary_key=True),
        sa.Column("content_hash", TEXT, nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False, index=True),
    )
    op.create_table(
        "refusal",
        sa.Column("refusal_id", sa.Uuid(), primary_key=True),
        sa.Column("source_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("door", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("field", TEXT),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("external_source", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("words", JSONB(), nullable=False),
        sa.Column("refused_at", MOMENT, nullable=False),
    )
    op.create_table(
        "event_log",
        sa.Column("event_id", sa.Uuid(), primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("publisher", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False, index=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("correlation_id", sa.Uuid(), nullable=False, index=True),
        sa.Column("causation_id", sa.Uuid(), index=True),
        sa.Column("source_id", sa.Uuid(), index=True),
        sa.Column("external_source", TEXT),
        sa.Column("external_id", TEXT, index=True),
        sa.Column("data", JSONB(), nullable=False),
    )
    op.create_index("ix_event_log_type_key", "event_log", ["name", "key"])
    op.create_index("ix_event_log_time", "event_log", ["occurred_at"])
    op.create_table(
        "known",
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("within", sa.Uuid()),
        sa.Column("title", JSONB()),
    )
    op.create_table(
        "known_code",
        sa.Column("enterprise_id", sa.Uuid(), primary_key=True),
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("code", TEXT, primary_key=True),
        sa.Column("id", sa.Uuid(), nullable=False, index=True),
    )
    op.create_table(
        "seat",
        sa.Column("trainee_id", sa.Uuid(), primary_key=True),
        sa.Column("cohort_id", sa.Uuid(), primary_key=True, index=True),
    )


def downgrade() -> None:
    for table in (
        "seat", "known_code", "known", "event_log", "refusal", "accepted", "quota_minute", "key", "source",
    ):  # fmt: skip
        op.drop_table(table)
    schema.downgrade(op)
