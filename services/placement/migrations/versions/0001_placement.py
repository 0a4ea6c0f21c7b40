"""Everything that placement keeps, and the tables of delivery."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.upgrade(op)
    op.create_table(
        "calendarlink",
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash"),
    )
    op.create_index(op.f("ix_calendarlink_person_id"), "calendarlink", ["person_id"], unique=False)
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("first_monday", sa.Date(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("plan_version", sa.Integer(), nullable=True),
        sa.Column("from_week", sa.Integer(), nullable=True),
        sa.Column("queued", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("waiting_for", JSONB(), nullable=False),
        sa.Column("conflicts", JSONB(), nullable=False),
        sa.Column("timetable_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id"),
    )
    op.create_index(op.f("ix_cohort_plan_id"), "cohort", ["plan_id"], unique=False)
    op.create_index(op.f("ix_cohort_programme_id"), "cohort", ["programme_id"], unique=False)
    op.create_table(
        "holiday",
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("college_id", "monday"),
    )
    op.create_table(
        "member",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("direction", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("withdrew_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("cohort_id", "trainee_id"),
    )
    op.create_index(op.f("ix_member_trainee_id"), "member", ["trainee_id"], unique=False)
    op.create_table(
        "mentor",
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("ratio", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("left_from", sa.Date(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("mentor_id"),
    )
    op.create_index(op.f("ix_mentor_enterprise_id"), "mentor", ["enterprise_id"], unique=False)
    op.create_index(op.f("ix_mentor_station_id"), "mentor", ["station_id"], unique=False)
    op.create_table(
        "offer",
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("stations", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("workshop_id", "effective_from"),
    )
    op.create_index(op.f("ix_offer_enterprise_id"), "offer", ["enterprise_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "plan_version"),
    )
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("content", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id"),
    )
    op.create_table(
        "proof",
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("trainee_id", "proof", "valid_from"),
    )
    op.create_table(
        "secondment",
        sa.Column("secondment_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("goals", JSONB(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("secondment_id"),
    )
    op.create_index(op.f("ix_secondment_teacher_id"), "secondment", ["teacher_id"], unique=False)
    op.create_table(
        "shutdown",
        sa.Column("shutdown_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("shutdown_id"),
    )
    op.create_index(op.f("ix_shutdown_workshop_id"), "shutdown", ["workshop_id"], unique=False)
    op.create_table(
        "stint",
        sa.Column("stint_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_ids", JSONB(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("monday", sa.Date(), nullable=False),
        sa.Column("module", sa.String(), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("stint_id"),
    )
    op.create_index(op.f("ix_stint_cohort_id"), "stint", ["cohort_id"], unique=False)
    op.create_index(op.f("ix_stint_monday"), "stint", ["monday"], unique=False)
    op.create_index(op.f("ix_stint_station_id"), "stint", ["station_id"], unique=False)
    op.create_table(
        "timetable",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("timetable_version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=False),
        sa.Column("lower_bound", sa.Float(), nullable=False),
        sa.Column("groups", JSONB(), nullable=False),
        sa.Column("prices", JSONB(), nullable=False),
        sa.Column("visits_moved", sa.Integer(), nullable=True),
        sa.Column("visits_moved_bound", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("cohort_id", "timetable_version"),
    )
