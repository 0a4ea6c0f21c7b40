"""audits of the variances that were frozen for a cohort"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "variance_audit",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("made_on", sa.Date(), primary_key=True),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("components", JSONB(), nullable=False),
    )
