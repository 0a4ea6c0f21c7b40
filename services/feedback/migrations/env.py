"""Alembic starts here."""

import services.feedback.model
import services.feedback.statistics  # noqa: F401 - their tables register with Table
from services.feedback.copies import Table
from shared.migrations import run

run(Table.metadata)
