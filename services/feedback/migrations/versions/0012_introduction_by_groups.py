"""versions that reach some groups of a cohort later, and effects measured by them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("in_force", sa.Column("later", JSONB(), nullable=False, server_default="[]"))
    op.add_column("in_force", sa.Column("later_week", sa.Integer()))
    op.add_column("in_force", sa.Column("later_from", sa.Date()))
