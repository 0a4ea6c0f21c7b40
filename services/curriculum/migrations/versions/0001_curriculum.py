"""Everything that curriculum keeps, and the tables of delivery. A published plan version cannot be changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging import schema

revision = "0001"
down_revision = None

REFUSE = """
CREATE FUNCTION refuse_change_of_a_published_version() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'a published plan version never changes'; END $$
"""
TRIGGER = """
CREATE TRIGGER never_changes BEFORE UPDATE OR DELETE ON plan_version
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_a_published_version()
"""


def upgrade() -> None:
    schema.upgrade(op)
    op.create_table(
        "cohort",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("first_monday", sa.Date(), nullable=False),
        sa.Column("trainees", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id"),
    )
    op.create_index(op.f("ix_cohort_programme_id"), "cohort", ["programme_id"], unique=False)
    op.create_table(
        "framework",
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("framework_version", sa.Integer(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("framework_id", "framework_version"),
    )
    op.create_table(
        "in_force",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("from_week", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "plan_id", "plan_version"),
    )
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("latest_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id"),
    )
    op.create_index(op.f("ix_plan_programme_id"), "plan", ["programme_id"], unique=False)
    op.create_table(
        "plan_version",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", "plan_version"),
    )
    op.create_table(
        "position",
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("profile", JSONB(), nullable=False),
        sa.Column("tasks", JSONB(), nullable=False),
        sa.Column("qualities", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("position_id"),
    )
    op.create_table(
        "problem",
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("problem", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("problem_id"),
    )
    op.create_index(op.f("ix_problem_programme_id"), "problem", ["programme_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_ids", JSONB(), nullable=False),
        sa.Column("position_ids", JSONB(), nullable=False),
        sa.Column("title", JSONB(), nullable=False),
        sa.Column("template", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id"),
    )
    op.create_table(
        "project",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("problem_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("learner_ids", JSONB(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
        sa.Column("credited", JSONB(), nullable=True),
        sa.PrimaryKeyConstraint("project_id"),
    )
    op.create_table(
        "revision",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "opened",
                "undrafted",
                "drafted",
                "voting",
                "returned",
                "escalated",
                "queued",
                "published",
                "rejected",
                "withdrawn",
                name="state",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=False),
        sa.Column(
            "revision_class",
            sa.Enum("adjustment", "plan_revision", name="revisionclass", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("draft", JSONB(), nullable=True),
        sa.Column("queued_until", sa.Date(), nullable=True),
        sa.Column("new_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("revision_id"),
    )
    op.create_index(op.f("ix_revision_plan_id"), "revision", ["plan_id"], unique=False)
    op.create_index(
        "one_open_revision_a_plan",
        "revision",
        ["plan_id"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('drafted', 'escalated', 'opened', 'returned', 'undrafted', 'voting')"
        ),
    )
    op.create_table(
        "secondment",
        sa.Column("secondment_id", sa.Uuid(), nullable=False),
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("workshop_id", sa.Uuid(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("goals", JSONB(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=True),
        sa.Column("learnt", JSONB(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("secondment_id"),
    )
    op.create_index(op.f("ix_secondment_teacher_id"), "secondment", ["teacher_id"], unique=False)
    op.create_table(
        "signal",
        sa.Column("cause_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "gap",
                "technology",
                "secondment",
                "project",
                "person",
                name="causekind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("asks", JSONB(), nullable=False),
        sa.Column("levels", JSONB(), nullable=False),
        sa.Column("evidence", JSONB(), nullable=False),
        sa.Column("evidence_until", sa.Date(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("cause_id", "plan_id"),
    )
    op.create_index(op.f("ix_signal_revision_id"), "signal", ["revision_id"], unique=False)
    op.create_table(
        "step",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "opened",
                "undrafted",
                "drafted",
                "voting",
                "returned",
                "escalated",
                "queued",
                "published",
                "rejected",
                "withdrawn",
                name="state",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", "number"),
    )
    op.create_table(
        "teacher",
        sa.Column("teacher_id", sa.Uuid(), nullable=False),
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("modules", JSONB(), nullable=False),
        sa.Column("competencies", JSONB(), nullable=False),
        sa.Column("dual_from", sa.Date(), nullable=True),
        sa.Column("dual_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("teacher_id"),
    )
    op.create_index(op.f("ix_teacher_college_id"), "teacher", ["college_id"], unique=False)
    op.create_table(
        "vote",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("voter_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column(
            "side",
            sa.Enum("college", "enterprise", name="side", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "choice",
            sa.Enum("approve", "return", "reject", name="choice", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("cast_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", "voter_id", "content_hash"),
    )
    op.execute(REFUSE)
    op.execute(TRIGGER)
