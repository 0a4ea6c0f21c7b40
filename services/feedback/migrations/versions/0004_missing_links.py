"""the link that is missing where mentors cannot be compared"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("verdict", sa.Column("link_mentor_id", sa.Uuid()))
    op.add_column("verdict", sa.Column("link_competency", sa.Text()))
