"""Alembic starts here."""

from services.gateway.model import Table
from shared.migrations import run

run(Table.metadata)
