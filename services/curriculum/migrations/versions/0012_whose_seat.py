"""The history of a revision says whose seat an act was about; lines written before do not."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("step", sa.Column("whose", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("step", "whose")
