"""Which ending was said of what a teacher holds; and what was recorded before endings were watched is watched too."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"

WATCH = """
    INSERT INTO timer (id, due_at, function, arguments)
    SELECT gen_random_uuid(), (ends_on::date - 60)::timestamp AT TIME ZONE INTERVAL '8 hours', 'warn_before_qualification_ends', said
    FROM (
        SELECT held.value AS ends_on, jsonb_build_array(teacher_id, held.key, held.value) AS said
        FROM teacher, jsonb_each_text(qualifications) AS held WHERE held.value IS NOT NULL
        UNION ALL
        SELECT dual_until::text, jsonb_build_array(teacher_id, NULL, dual_until)
        FROM teacher WHERE dual_until IS NOT NULL
    ) AS each
    WHERE NOT EXISTS (
        SELECT FROM timer WHERE function = 'warn_before_qualification_ends' AND arguments = said
    )
"""


def upgrade() -> None:
    op.add_column("teacher", sa.Column("announced", JSONB(), nullable=False, server_default="{}"))
    op.execute(WATCH)


def downgrade() -> None:
    op.drop_column("teacher", "announced")
