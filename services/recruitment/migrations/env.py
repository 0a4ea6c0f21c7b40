"""Alembic starts here."""

from services.recruitment.model import Table
from shared.migrations import run

run(Table.metadata)
