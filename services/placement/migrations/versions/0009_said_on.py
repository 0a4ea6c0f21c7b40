"""The business day on which a timetable was said."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("timetable", sa.Column("said_on", sa.Date(), nullable=True))
