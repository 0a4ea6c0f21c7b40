"""how often mentors were asked for vignettes"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "vignette_asking",
        sa.Column("programme_id", sa.Uuid(), primary_key=True),
        sa.Column("mentor_id", sa.Uuid(), primary_key=True),
        sa.Column("term", sa.Text(), primary_key=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
    )
