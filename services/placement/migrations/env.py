"""Alembic starts here."""

from services.placement import papers, staff  # noqa: F401 - their tables belong to the same metadata
from services.placement.model import Table
from shared.migrations import run

run(Table.metadata)
