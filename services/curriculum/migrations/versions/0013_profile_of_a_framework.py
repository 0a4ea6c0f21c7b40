"""A framework keeps the importance and level that its source gives each competency; earlier ones have none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("framework", sa.Column("profile", JSONB(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("framework", "profile")
