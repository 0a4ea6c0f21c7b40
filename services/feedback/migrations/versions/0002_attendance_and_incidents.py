"""attendance and safety incidents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "attendance",
        sa.Column("trainee_id", sa.Uuid(), primary_key=True),
        sa.Column("workshop_id", sa.Uuid(), primary_key=True),
        sa.Column("attended_on", sa.Date(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
    )
    op.create_table(
        "incident",
        sa.Column("incident_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
    )
    op.create_index("ix_incident_enterprise_id", "incident", ["enterprise_id"])
