"""How long the shifts of a rota are."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("duty", sa.Column("hours", sa.Float(), nullable=True))
