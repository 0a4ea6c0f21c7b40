"""Alembic starts here."""

from services.curriculum.graduates import Award  # noqa: F401 - its tables are of the same metadata
from services.curriculum.model import Table
from services.curriculum.people import Teacher  # noqa: F401 - its tables are of the same metadata
from shared.migrations import run

run(Table.metadata)
