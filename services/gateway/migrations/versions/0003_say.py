"""the function that says events, and tells what may go straight to the broker"""

from alembic import op

from shared.messaging import schema

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    schema.let_say(op)
