"""what mentors say against the severity that they are told, and the college's answers"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "contest",
        sa.Column("contest_id", sa.Uuid(), primary_key=True),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("severity", sa.Float()),
        sa.Column("se", sa.Float()),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_by", sa.Uuid()),
        sa.Column("answered_on", sa.Date()),
    )
    op.create_index("ix_contest_mentor_id", "contest", ["mentor_id"])
