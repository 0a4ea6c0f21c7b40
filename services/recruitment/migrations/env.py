"""Alembic starts here."""

from services.recruitment import imports, marks
from services.recruitment.model import Table
from shared.migrations import run

assert imports.Import.metadata is marks.Mark.metadata is Table.metadata
run(Table.metadata)
