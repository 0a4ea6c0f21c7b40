"""by which rule a cohort is judged; those that are there keep the first one with e-values"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column(
        "assumption", sa.Column("rule", sa.String(), nullable=False, server_default="mixed-evalue/1")
    )
