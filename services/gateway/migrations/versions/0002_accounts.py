"""accounts of people who sign in by an identity provider"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

TEXT = sa.Text()
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.Uuid(), primary_key=True),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("subject", TEXT),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("roles", JSONB(), nullable=False),
        sa.Column("college_id", sa.Uuid()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT),
        sa.Column("granted_by", sa.Uuid()),
        sa.Column("granted_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("code_hash", TEXT, unique=True),
        sa.Column("code_ends_at", MOMENT),
    )
    op.create_index("account_of_subject", "account", ["issuer", "subject"], unique=True)
    op.create_index("account_of_person", "account", ["person_id"], unique=True)
