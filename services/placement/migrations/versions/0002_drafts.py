"""Drafts of timetables, and the places of each version, so that one can be gone back to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    places = sa.Column("places", JSONB(), nullable=False, server_default="{}")
    op.add_column("timetable", places)
    op.create_table(
        "draft",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("places", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id"),
    )
