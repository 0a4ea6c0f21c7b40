"""An ended revision keeps whom it touched when it was decided; one that ended before is counted as of today."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("revision", sa.Column("impact", JSONB()))


def downgrade() -> None:
    op.drop_column("revision", "impact")
