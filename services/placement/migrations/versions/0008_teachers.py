"""Who teaches which modules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "teacher",
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("modules", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("teacher_id"),
    )
    op.create_index("ix_teacher_college_id", "teacher", ["college_id"])
