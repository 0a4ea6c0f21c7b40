"""Alembic starts here."""

from services.placement import papers  # noqa: F401 - its tables belong to the same metadata
from services.placement.model import Table
from shared.migrations import run

run(Table.metadata)
