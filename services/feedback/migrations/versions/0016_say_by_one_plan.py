"""the function that says events keeps one plan, in place of a new one for each call"""

from alembic import op

from shared.messaging import schema

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    schema.let_say(op)
