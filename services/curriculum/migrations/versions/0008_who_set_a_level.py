"""Who set what a position asks, when and how."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("position", sa.Column("set_by", sa.String(), nullable=False, server_default=""))
    op.add_column("position", sa.Column("set_on", sa.Date()))
    op.add_column("position", sa.Column("method", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("set_by", "set_on", "method"):
        op.drop_column("position", name)
