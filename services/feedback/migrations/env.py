"""Alembic starts here."""

import services.feedback.model  # noqa: F401 - its tables register with Table
from services.feedback.copies import Table
from shared.migrations import run

run(Table.metadata)
