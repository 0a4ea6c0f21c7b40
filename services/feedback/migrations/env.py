"""Alembic starts here."""

from services.feedback.model import Table
from shared.migrations import run

run(Table.metadata)
