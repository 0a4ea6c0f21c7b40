"""which cohorts are judged together with earlier ones"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("assumption", sa.Column("pooled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("verdict", sa.Column("cohorts", sa.Integer(), nullable=False, server_default="1"))
