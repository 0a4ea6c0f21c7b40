"""Learners of a cohort, what they reached in the examination, and the credentials of graduates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "learner",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("withdrew_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("cohort_id", "trainee_id"),
    )
    op.create_index(op.f("ix_learner_trainee_id"), "learner", ["trainee_id"], unique=False)
    op.create_table(
        "exam_result",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("points", JSONB(), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("unmet", JSONB(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "trainee_id"),
    )
    op.create_table(
        "award",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("degree", sa.Boolean(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("credential_id"),
        sa.UniqueConstraint("cohort_id", "trainee_id"),
    )
    op.create_index(op.f("ix_award_cohort_id"), "award", ["cohort_id"], unique=False)


def downgrade() -> None:
    op.drop_table("award")
    op.drop_table("exam_result")
    op.drop_table("learner")
