"""Everything that recruitment keeps, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.upgrade(op)
    op.create_table(
        "agreement",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("promises", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id"),
    )
    op.create_table(
        "applicant",
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_number", sa.String(), nullable=True),
        sa.Column("employee_id", sa.Uuid(), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("applicant_id"),
        sa.UniqueConstraint("college_id", "person_number"),
        sa.UniqueConstraint("employee_id"),
    )
    op.create_table(
        "application",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_number", sa.String(), nullable=True),
        sa.Column("preference", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column("direction", sa.String(), nullable=True),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("pool", sa.String(), nullable=True),
        sa.Column("cutoff", sa.Float(), nullable=True),
        sa.Column("waiting_place", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("failed", JSONB(), nullable=False),
        sa.Column("offered_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("application_id"),
        sa.UniqueConstraint("intake_id", "applicant_id"),
    )
    op.create_index("ix_application_intake_id", "application", ["intake_id"], unique=False)
    op.create_index(
        "one_offer_per_person",
        "application",
        ["applicant_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('offered', 'accepted')"),
    )
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=True),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("first_monday", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("formed_from", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id"),
        sa.UniqueConstraint("intake_id"),
    )
    op.create_table(
        "enrolled",
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("applicant_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("college_number", sa.String(), nullable=False),
        sa.Column("trainee", JSONB(), nullable=False),
        sa.Column("withdrew_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("trainee_id"),
        sa.UniqueConstraint("college_id", "college_number"),
    )
    op.create_index("ix_enrolled_applicant_id", "enrolled", ["applicant_id"], unique=False)
    op.create_index("ix_enrolled_cohort_id", "enrolled", ["cohort_id"], unique=False)
    op.create_table(
        "import",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("problems", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.create_table(
        "intake",
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("selection", JSONB(), nullable=False),
        sa.Column("source_groups", JSONB(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("seed_hash", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("applicants", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("intake_id"),
    )
    op.create_index("ix_intake_programme_id", "intake", ["programme_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_ids", JSONB(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("template", JSONB(), nullable=False),
        sa.Column("position_ids", JSONB(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id"),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("ran_on", sa.Date(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("market", JSONB(), nullable=False),
        sa.Column("closed", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("run_id"),
    )
