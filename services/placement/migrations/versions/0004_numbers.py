"""The numbers by which the college and the enterprise know a trainee."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("member", sa.Column("college_number", sa.String(), nullable=True))
    op.add_column("member", sa.Column("enterprise_number", sa.String(), nullable=True))
