"""A version may reach some groups of a cohort later than the others."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("rota", sa.Column("groups", JSONB(), nullable=False, server_default="{}"))
    op.add_column("in_force", sa.Column("later", JSONB(), nullable=False, server_default="[]"))
    op.add_column("in_force", sa.Column("later_week", sa.Integer()))
    op.add_column("in_force", sa.Column("later_from", sa.Date()))


def downgrade() -> None:
    op.drop_column("rota", "groups")
    for name in ("later", "later_week", "later_from"):
        op.drop_column("in_force", name)
