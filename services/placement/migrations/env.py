"""Alembic starts here."""

from services.placement.model import Table
from shared.migrations import run

run(Table.metadata)
