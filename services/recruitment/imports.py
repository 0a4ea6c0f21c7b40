"""A file of applications in the background: every row is looked at before any is saved, in parts, with progress."""

import asyncio
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.recruitment import applicants, queries, sheets
from services.recruitment.applicants import Problem, Rows
from services.recruitment.model import Table
from services.recruitment.refusals import ImportNotChecked, IntakeNotOpen
from shared.events.base import Text
from shared.messaging import Work, today

CHUNK = 2000
LISTED = 10_000
"""Problems that are kept of one file; a file with more is not of this intake."""


class ImportState(StrEnum):
    """Where a file is."""

    CHECKING = "checking"
    CHECKED = "checked"
    SAVING = "saving"
    DONE = "done"
    REFUSED = "refused"
    DISCARDED = "discarded"


class Import(Table, table=True):
    """A file of applications. `done` counts the rows looked at, then the rows saved."""

    import_id: UUID = Field(primary_key=True)
    intake_id: UUID = Field(index=True)
    state: str = ImportState.CHECKING
    confirmed: bool = False
    rows: int = 0
    done: int = 0
    bad: int = 0
    problems: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)

    def confirm(self) -> None:
        """A person has seen the preview and wants the rows saved."""
        if self.state != ImportState.CHECKED or self.problems:
            raise ImportNotChecked(f"state {self.state}, {len(self.problems)} problems", field="import_id")
        self.confirmed, self.state, self.done = True, ImportState.SAVING, 0

    def discard(self) -> None:
        """Nothing more of it is looked at or saved."""
        if self.state not in (ImportState.CHECKING, ImportState.CHECKED):
            raise ImportNotChecked(f"state {self.state}", field="import_id")
        self.state = ImportState.DISCARDED


class ImportFile(Table, table=True):
    """What was uploaded, kept apart from the row that is read at every step, until the file is done with."""

    __tablename__ = "import_file"

    import_id: UUID = Field(primary_key=True)
    content: bytes = Field(sa_type=LargeBinary)


async def check_and_save(import_id: UUID, work: Work) -> None:
    """Look at all rows, and save them where somebody has already said so."""
    async with work.transaction() as session:
        state = (await session.get_one(Import, import_id)).state
        kept = await session.get(ImportFile, import_id)
        content = kept.content if kept else b""
    if state == ImportState.CHECKING:
        state = await _check(import_id, content, work)
    if state == ImportState.SAVING:
        await _save(import_id, content, work)


async def _check(import_id: UUID, content: bytes, work: Work) -> str:
    """Every bad row at once: in itself, against the other rows, against what is known."""
    problems: list[Problem] = []
    bad: set[int] = set()
    seen: dict[tuple[str, object], int] = {}
    rows, about = 0, max(sheets.about_rows(content), 1)
    found = sheets.read_rows(content)
    while part := await _next(found):
        good = [(number, new) for number, new in part if not isinstance(new, list)]
        wrong = [problem for _, new in part if isinstance(new, list) for problem in new]
        wrong += applicants.repeats(good, seen)
        async with work.transaction() as session:
            batch = await session.get_one(Import, import_id)
            if batch.state != ImportState.CHECKING:
                return batch.state
            intake = await queries.intake_of(session, batch.intake_id)
            programme = await queries.programme_of(session, intake.programme_id)
            wrong += await applicants.known_already(session, intake, programme, good)
            rows += len(part)
            bad |= {problem.row for problem in wrong}
            problems += wrong[: LISTED - len(problems)]
            batch.done, batch.rows, batch.bad = rows, max(rows, about), len(bad)
        await work.progress(min(rows / about, 1) / 2)
    async with work.transaction() as session:
        batch = await session.get_one(Import, import_id, with_for_update=True)
        batch.rows, batch.done, batch.bad = rows, rows, len(bad)
        batch.problems = listed(problems)
        batch.state = ImportState.CHECKED
        if batch.confirmed:
            batch.state, batch.done = (ImportState.REFUSED if problems else ImportState.SAVING), 0
        return batch.state


async def _save(import_id: UUID, content: bytes, work: Work) -> None:
    """In parts; a part and the count of what is saved are one commit, so that a second run goes on exactly there."""
    found = sheets.read_rows(content)
    async with work.transaction() as session:
        start = (await session.get_one(Import, import_id)).done
    await asyncio.to_thread(lambda: list(islice(found, start)))
    while part := await _next(found):
        good = [(number, new) for number, new in part if not isinstance(new, list)]
        async with work.transaction() as session:
            batch = await session.get_one(Import, import_id, with_for_update=True)
            if batch.state != ImportState.SAVING or batch.done != start:
                return
            problems = await _take(session, batch, good)
            if problems:
                batch.state, batch.problems = ImportState.REFUSED, listed(problems)
                return
            start += len(part)
            batch.done = start
            rows = batch.rows
        await work.progress(0.5 + start / rows / 2)
    async with work.finish() as session:
        batch = await session.get_one(Import, import_id)
        batch.state = ImportState.DONE
        await session.delete(await session.get_one(ImportFile, import_id))


async def _take(session: Any, batch: Import, rows: Rows) -> list[Problem]:
    """Save a part, or say why the rest of the file cannot be: somebody closed the intake or applied meanwhile."""
    intake = await queries.intake_of(session, batch.intake_id, lock=True)
    try:
        applicants.open_for_applications(intake, await today(session))
    except IntakeNotOpen as refused:
        what = Text(zh=refused.zh, en=str(refused.__doc__))
        return [Problem(row=rows[0][0], what=what, remedy=applicants.CORRECT)]
    programme = await queries.programme_of(session, intake.programme_id)
    return await applicants.take(session, intake, programme, rows)


async def _next(found: Iterator[sheets.Row]) -> list[sheets.Row]:
    """The next part of a file, read beside the event loop."""
    return await asyncio.to_thread(lambda: list(islice(found, CHUNK)))


def listed(problems: Sequence[Problem]) -> list[dict[str, Any]]:
    """As they are kept and shown, by row."""
    return [problem.model_dump(mode="json") for problem in sorted(problems, key=lambda each: each.row)]
