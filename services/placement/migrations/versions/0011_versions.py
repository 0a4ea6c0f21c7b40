"""Every plan version that was in force for a cohort, and whom it reaches later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("cohort", sa.Column("versions", JSONB(), nullable=False, server_default="[]"))
