"""the many-facet Rasch audit of mentors after each look"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "mentor_audit",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("looked_on", sa.Date(), primary_key=True),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("agreement", sa.Float()),
        sa.Column("mentors", JSONB(), nullable=False),
    )
