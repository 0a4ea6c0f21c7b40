"""ESCO's occupations, and which of them a position corresponds to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "occupation",
        sa.Column("uri", sa.String(), primary_key=True),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("isco", sa.String(), nullable=False),
    )
    op.create_table(
        "position_occupation",
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position_id", "uri"),
    )


def downgrade() -> None:
    op.drop_table("position_occupation")
    op.drop_table("occupation")
