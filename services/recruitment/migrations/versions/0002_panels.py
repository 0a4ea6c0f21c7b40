"""Marks of examiners, imports that are looked at before they are saved, cut-offs kept with their run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "mark",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("fact", sa.String(), nullable=False),
        sa.Column("examiner_id", sa.Uuid(), nullable=False),
        sa.Column("intake_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("application_id", "fact", "examiner_id"),
    )
    op.create_index("ix_mark_intake_id", "mark", ["intake_id"], unique=False)
    op.add_column("run", sa.Column("cutoffs", JSONB(), server_default="[]", nullable=False))
    op.add_column("application", sa.Column("withdrawn_by", sa.String(), nullable=True))
    op.add_column("import", sa.Column("confirmed", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("import", sa.Column("bad", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_import_intake_id", "import", ["intake_id"], unique=False)
    op.create_table(
        "import_file",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.execute(
        "INSERT INTO import_file SELECT import_id, content FROM import WHERE state IN ('waiting', 'running')"
    )
    op.execute("UPDATE import SET state = 'checking', done = 0 WHERE state IN ('waiting', 'running')")
    op.drop_column("import", "content")
