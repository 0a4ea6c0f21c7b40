"""Crews whose learners take turns at being away."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "crew",
        sa.Column("crew_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("release_limit", sa.Integer(), nullable=False),
        sa.Column("learners", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("crew_id"),
    )
    op.create_index("ix_crew_enterprise_id", "crew", ["enterprise_id"])
