"""What a college calls the qualifications that its modules ask for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "qualification",
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("college_id", "code"),
    )


def downgrade() -> None:
    op.drop_table("qualification")
