"""what mentors wrote beside ratings, and what people say that it is about"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "comment",
        sa.Column("rating_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("competency", sa.Text(), nullable=False),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("about", JSONB()),
        sa.Column("read_by", sa.Uuid()),
        sa.Column("read_on", sa.Date()),
    )
    op.create_index("ix_comment_cohort_id", "comment", ["cohort_id"])
