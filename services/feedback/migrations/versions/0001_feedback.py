"""ratings, verdicts, gaps, effects, promises, and copies of what others own"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging import schema

revision = "0001"
down_revision = None

TEXT = sa.Text()


def upgrade() -> None:
    schema.upgrade(op)
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("first_monday", sa.Date(), nullable=False),
    )
    op.create_index("ix_cohort_programme_id", "cohort", ["programme_id"])
    op.create_table(
        "competency",
        sa.Column("code", TEXT, primary_key=True),
        sa.Column("title", JSONB(), nullable=False),
    )
    op.create_table(
        "dual_teacher",
        sa.Column("teacher_id", sa.Uuid(), primary_key=True),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("dual_from", sa.Date(), nullable=False),
        sa.Column("dual_until", sa.Date(), nullable=False),
    )
    op.create_table(
        "effect",
        sa.Column("effect_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("cohort_before", sa.Uuid(), nullable=False),
        sa.Column("cohort_after", sa.Uuid(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("effects", JSONB(), nullable=False),
        sa.Column("mentors", JSONB(), nullable=False),
    )
    op.create_index("ix_effect_programme_id", "effect", ["programme_id"])
    op.create_index(
        "one_effect",
        "effect",
        ["plan_id", "from_version", "to_version", "cohort_before", "cohort_after"],
        unique=True,
    )
    op.create_table(
        "employment",
        sa.Column("employee_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), primary_key=True),
        sa.Column("trainee_id", sa.Uuid()),
        sa.Column("hired_on", sa.Date()),
        sa.Column("monthly_salary", sa.Float()),
        sa.Column("left_on", sa.Date()),
        sa.Column("left_because", TEXT),
        sa.Column("promoted_on", sa.Date()),
    )
    op.create_index("ix_employment_trainee_id", "employment", ["trainee_id"])
    op.create_table(
        "gap",
        sa.Column("gap_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("competency", TEXT, nullable=False),
        sa.Column("evidence_until", sa.Date(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("answered_by_version", sa.Integer()),
        sa.Column("verdict", TEXT),
    )
    op.create_index("ix_gap_programme_id", "gap", ["programme_id"])
    op.create_index(
        "one_open_gap",
        "gap",
        ["plan_id", "plan_version", "competency"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "in_force",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("effective_from", sa.Date(), primary_key=True),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("from_week", sa.Integer(), nullable=False),
    )
    op.create_table(
        "member",
        sa.Column("trainee_id", sa.Uuid(), primary_key=True),
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("college_number", TEXT, nullable=False),
        sa.Column("enterprise_number", TEXT),
        sa.Column("withdrew_on", sa.Date()),
    )
    op.create_index("ix_member_cohort_id", "member", ["cohort_id"])
    op.create_table(
        "mentor",
        sa.Column("mentor_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("ratio", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("left_from", sa.Date()),
    )
    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Uuid(), primary_key=True),
        sa.Column("promise_id", sa.Uuid(), nullable=False),
        sa.Column("amount", TEXT, nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
    )
    op.create_index("ix_payment_promise_id", "payment", ["promise_id"])
    op.create_table(
        "planversion",
        sa.Column("plan_id", sa.Uuid(), primary_key=True),
        sa.Column("plan_version", sa.Integer(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("requirements", JSONB(), nullable=False),
        sa.Column("modules", JSONB(), nullable=False),
        sa.Column("coverage", JSONB(), nullable=False),
        sa.Column("last_week", sa.Integer(), nullable=False),
    )
    op.create_index("ix_planversion_programme_id", "planversion", ["programme_id"])
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), primary_key=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_ids", JSONB(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
    )
    op.create_index("ix_programme_agreement_id", "programme", ["agreement_id"])
    op.create_table(
        "promise",
        sa.Column("promise_id", sa.Uuid(), primary_key=True),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("promised", TEXT, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("delivered", TEXT, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("checked_on", sa.Date()),
    )
    op.create_index("ix_promise_agreement_id", "promise", ["agreement_id"])
    op.create_table(
        "rating",
        sa.Column("rating_id", sa.Uuid(), primary_key=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("competency", TEXT, nullable=False),
        sa.Column("level", sa.Integer()),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("steps", JSONB()),
    )
    op.create_index("rating_of_cohort", "rating", ["cohort_id", "plan_version", "observed_on"])
    op.create_index("rating_of_mentor", "rating", ["mentor_id", "observed_on"])
    op.create_table(
        "selection",
        sa.Column("intake_id", sa.Uuid(), primary_key=True),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("applicants", sa.Integer(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
    )
    op.create_index("ix_selection_programme_id", "selection", ["programme_id"])
    op.create_table(
        "station",
        sa.Column("station_id", sa.Uuid(), primary_key=True),
        sa.Column("workshop_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
    )
    op.create_index("ix_station_workshop_id", "station", ["workshop_id"])
    op.create_table(
        "timetable",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("timetable_version", sa.Integer(), nullable=False),
        sa.Column("groups", JSONB(), nullable=False),
        sa.Column("stints", JSONB(), nullable=False),
    )
    op.create_table(
        "verdict",
        sa.Column("cohort_id", sa.Uuid(), primary_key=True),
        sa.Column("looked_on", sa.Date(), primary_key=True),
        sa.Column("competency", TEXT, primary_key=True),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("due_week", sa.Integer(), nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("rule", TEXT, nullable=False),
        sa.Column("required", sa.Float(), nullable=False),
        sa.Column("ratings", sa.Integer(), nullable=False),
        sa.Column("trainees", sa.Integer(), nullable=False),
        sa.Column("mentors", sa.Integer(), nullable=False),
        sa.Column("stations", sa.Integer(), nullable=False),
        sa.Column("uncorrected_mean", sa.Float()),
        sa.Column("estimate", sa.Float()),
        sa.Column("low", sa.Float()),
        sa.Column("high", sa.Float()),
        sa.Column("p", sa.Float()),
        sa.Column("threshold", sa.Float()),
        sa.Column("looks", sa.Integer(), nullable=False),
    )
