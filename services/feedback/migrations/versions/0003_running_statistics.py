"""running statistics, frozen assumptions, vignettes; e-values beside verdicts"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"

TEXT = sa.Text()


def version() -> list[sa.Column[Any]]:
    return [
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("plan_id", sa.Uuid(), primary_key=True),
        sa.Column("plan_version", sa.Integer(), primary_key=True),
    ]


def upgrade() -> None:
    op.create_table(
        "assumption",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("frozen_on", sa.Date(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("spread", JSONB(), nullable=False),
        sa.Column("assumed", JSONB(), nullable=False),
    )
    op.create_table(
        "running",
        *version(),
        sa.Column("pairs", JSONB(), nullable=False),
        sa.Column("trainees", JSONB(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
    )
    op.execute(
        "ALTER TABLE running ALTER COLUMN figures SET STORAGE EXTERNAL"
    )  # packing it costs more than it saves
    op.create_table(
        "trainee_sum",
        *version(),
        sa.Column("trainee_id", sa.Uuid(), primary_key=True),
        sa.Column("sums", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "vignette",
        sa.Column("vignette_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("competency", TEXT, nullable=False),
        sa.Column("story", JSONB(), nullable=False),
        sa.Column("agreed", sa.Integer(), nullable=False),
        sa.Column("agreed_by", TEXT, nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
    )
    op.create_index("ix_vignette_programme_id", "vignette", ["programme_id"])
    op.create_table(
        "vignette_answer",
        sa.Column("vignette_id", sa.Uuid(), primary_key=True),
        sa.Column("mentor_id", sa.Uuid(), primary_key=True),
        sa.Column("term", TEXT, primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
    )
    op.add_column("verdict", sa.Column("e_value", sa.Float()))
