"""how many trainees the smallest part of an effect has, and which college a contest is for; also of those that are there"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"

FEWEST = """
UPDATE effect SET trainees = coalesce((
    SELECT jsonb_object_agg(competency, fewest) FROM (
        SELECT part.competency, min(part.trainees) AS fewest FROM (
            SELECT one ->> 'competency' AS competency, (
                SELECT count(DISTINCT r.trainee_id) FROM rating r
                WHERE r.cohort_id = side.cohort_id AND r.plan_id = effect.plan_id AND r.plan_version = side.plan_version
                  AND r.competency = one ->> 'competency' AND r.level IS NOT NULL AND r.week <= effect.week
                  AND r.week >= coalesce((
                      SELECT max((asked ->> 'due_week')::int) FROM planversion p, jsonb_array_elements(p.requirements) asked
                      WHERE p.plan_id = effect.plan_id AND p.plan_version IN (effect.from_version, effect.to_version)
                        AND asked ->> 'competency' = one ->> 'competency'
                      GROUP BY p.plan_version ORDER BY p.plan_version LIMIT 1), 0)
            ) AS trainees
            FROM jsonb_array_elements(effect.effects) one,
                (VALUES (effect.cohort_before, effect.from_version), (effect.cohort_after, effect.to_version))
                AS side (cohort_id, plan_version)
        ) part GROUP BY part.competency
    ) counted), '{}')
"""

WHOSE = """
UPDATE contest SET college_id = (
    SELECT c.college_id FROM rating r JOIN cohort c ON c.cohort_id = r.cohort_id
    WHERE r.mentor_id = contest.mentor_id AND r.level IS NOT NULL AND r.observed_on <= contest.raised_on
    ORDER BY c.first_monday DESC, c.cohort_id LIMIT 1)
"""


def upgrade() -> None:
    op.add_column("effect", sa.Column("trainees", JSONB(), nullable=False, server_default="{}"))
    op.execute(FEWEST)
    op.add_column("contest", sa.Column("college_id", sa.Uuid()))
    op.execute(WHOSE)


def downgrade() -> None:
    op.drop_column("contest", "college_id")
    op.drop_column("effect", "trainees")
