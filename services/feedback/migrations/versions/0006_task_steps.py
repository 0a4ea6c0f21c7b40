"""the yes/no steps by which a competency may be rated"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "task_steps",
        sa.Column("programme_id", sa.Uuid(), primary_key=True),
        sa.Column("competency", sa.Text(), primary_key=True),
        sa.Column("from_day", sa.Date(), primary_key=True),
        sa.Column("steps", JSONB(), nullable=False),
    )
