"""What teachers hold beside their practice at a plant, each with the day on which it ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("teacher", sa.Column("qualifications", JSONB(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("teacher", "qualifications")
