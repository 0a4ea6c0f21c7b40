"""How many people work in a workshop and at its posts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "staff",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("posts", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("workshop_id"),
    )
    op.create_index("ix_staff_enterprise_id", "staff", ["enterprise_id"])
