"""Seats beyond the panels, evidence frozen with a proposal, our copy of timetables, signed credentials, CASE packages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("programme", sa.Column("agreement_id", sa.Uuid(), nullable=True))
    op.add_column("revision", sa.Column("evidence", JSONB(), nullable=True))
    op.add_column("revision", sa.Column("escalation_level", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("revision", sa.Column("nudged_on", sa.Date(), nullable=True))
    op.add_column("revision", sa.Column("reopens", sa.Uuid(), nullable=True))
    op.create_table(
        "seat",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("side", sa.String(20), nullable=True),
        sa.Column("given_by", sa.Uuid(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("revision_id", "person_id", "kind"),
    )
    op.create_table(
        "rota",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("timetable_version", sa.Integer(), nullable=False),
        sa.Column("stints", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id"),
    )
    op.create_table(
        "station_mentor",
        sa.Column("mentor_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.Column("named_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("mentor_id"),
    )
    op.add_column("award", sa.Column("revoked_on", sa.Date(), nullable=True))
    op.add_column("award", sa.Column("revoked_because", sa.String(), nullable=True))
    op.create_table(
        "issuer_key",
        sa.Column("college_id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("private", JSONB(), nullable=False),
        sa.Column("public", JSONB(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("college_id", "kid"),
    )
    op.add_column("award", sa.Column("signed", sa.String(), nullable=True))
    op.create_table(
        "mark",
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("trainee_id", sa.Uuid(), nullable=False),
        sa.Column("module", sa.String(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("marked_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "trainee_id", "module"),
    )
    op.create_table(
        "case_package",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("framework_version", sa.Integer(), nullable=False),
        sa.Column("body", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "framework_version"),
    )
    op.create_table(
        "alignment",
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target_title", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("framework_id", "code", "target"),
    )


def downgrade() -> None:
    for table in ("mark", "alignment", "case_package", "issuer_key", "station_mentor", "rota", "seat"):
        op.drop_table(table)
    op.drop_column("award", "signed")
    op.drop_column("award", "revoked_because")
    op.drop_column("award", "revoked_on")
    for column in ("reopens", "nudged_on", "escalation_level", "evidence"):
        op.drop_column("revision", column)
    op.drop_column("programme", "agreement_id")
