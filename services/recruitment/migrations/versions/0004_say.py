"""the function that says events, and tells what may go straight to the broker"""

from alembic import op

from shared.messaging import schema

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    schema.let_say(op)
