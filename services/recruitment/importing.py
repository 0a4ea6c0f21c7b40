"""Applications as a file: the empty sheet, a look at every row, saving; large files in the background."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.recruitment import applicants, queries, sheets
from services.recruitment.applicants import NewApplication, Problem
from services.recruitment.applying import AT_ONCE, refuse, save
from services.recruitment.exporting import Kind, exported
from services.recruitment.imports import Import, ImportFile, ImportState
from services.recruitment.later import import_applications
from services.recruitment.model import Intake
from services.recruitment.refusals import FileTooLarge, ImportUnknown
from shared.ids import uuid7
from shared.messaging import Job, today
from shared.programmes.grammar import Selection, SourceGroup, Template
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
LARGEST = 32 * 1024 * 1024


class Preview(BaseModel):
    """What a file holds, and everything that is wrong with it."""

    rows: int
    good: int
    problems: list[Problem]


@router.get("/intakes/{intake_id}/applications/template.{kind}")
async def empty_sheet(intake_id: UUID, kind: Kind, _: SignedIn, transaction: Transaction) -> Response:
    intake = await queries.intake_of(transaction, intake_id)
    programme = await queries.programme_of(transaction, intake.programme_id)
    selection = Selection.model_validate(intake.selection)
    groups = [SourceGroup.model_validate(group) for group in intake.source_groups]
    branches = Template.model_validate(programme.template).branches
    directions = sorted({option for branch in branches for option in branch.options})
    content = sheets.empty(sheets.facts_asked(groups, selection), directions, as_csv=kind == "csv")
    return exported(content, "applications", kind)


async def within_limit(parts: AsyncIterator[bytes]) -> bytes:
    """The file itself, refused as soon as it is too large."""
    content = b""
    async for part in parts:
        content += part
        if len(content) > LARGEST:
            raise FileTooLarge(field="file")
    return content


async def checked(
    session: AsyncSession, intake: Intake, content: bytes
) -> tuple[list[tuple[int, NewApplication]], list[Problem]]:
    """Rows and problems of a small file, those that only the tables know included."""
    good, problems = sheets.parse(content)
    programme = await queries.programme_of(session, intake.programme_id)
    problems += await applicants.check(session, intake, programme, good)
    return good, sorted(problems, key=lambda problem: problem.row)


async def in_background(session: AsyncSession, intake_id: UUID, content: bytes, *, confirmed: bool) -> Import:
    """Hand a file to a worker; `confirmed` saves it without asking where all rows are good."""
    batch = Import(import_id=uuid7(), intake_id=intake_id, confirmed=confirmed)
    session.add_all([batch, ImportFile(import_id=batch.import_id, content=content)])
    session.add(Job.to(import_applications, batch.import_id))
    await session.flush()
    return batch


async def import_of(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> Import:
    batch = await session.get(Import, import_id, with_for_update=lock)
    if batch is None:
        raise ImportUnknown(str(import_id), field="import_id")
    return batch


@router.post("/intakes/{intake_id}/applications/preview", response_model=None)
async def preview(
    intake_id: UUID, request: Request, response: Response, _: Coordinator, transaction: Transaction
) -> Preview | dict[str, Any]:
    content = await within_limit(request.stream())
    intake = await queries.intake_of(transaction, intake_id)
    if sheets.about_rows(content) > AT_ONCE:
        response.status_code = 202
        return {
            "import_id": (await in_background(transaction, intake_id, content, confirmed=False)).import_id
        }
    good, problems = await checked(transaction, intake, content)
    bad = {problem.row for problem in problems}
    fine = [row for row, _ in good if row not in bad]
    return Preview(rows=len({row for row, _ in good} | bad), good=len(fine), problems=problems)


@router.post("/intakes/{intake_id}/applications/import", status_code=201)
async def import_file(
    intake_id: UUID, request: Request, response: Response, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    content = await within_limit(request.stream())
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    applicants.open_for_applications(intake, await today(transaction))
    if sheets.about_rows(content) > AT_ONCE:
        response.status_code = 202
        return {"import_id": (await in_background(transaction, intake_id, content, confirmed=True)).import_id}
    good, problems = await checked(transaction, intake, content)
    refuse(problems)
    taken = await save(transaction, intake_id, good)
    return {"accepted": taken.accepted}


@router.get("/intakes/{intake_id}/imports")
async def list_imports(intake_id: UUID, _: Coordinator, transaction: Transaction) -> list[dict[str, Any]]:
    rows = (
        select(Import).where(Import.intake_id == intake_id).order_by(col(Import.import_id).desc()).limit(50)
    )
    return [batch.model_dump(mode="json", exclude={"problems"}) for batch in await transaction.scalars(rows)]


@router.get("/imports/{import_id}")
async def read_import(import_id: UUID, _: Coordinator, transaction: Transaction) -> Import:
    return await import_of(transaction, import_id)


@router.get("/imports/{import_id}/problems.{kind}")
async def export_problems(import_id: UUID, kind: Kind, _: Coordinator, transaction: Transaction) -> Response:
    """Every bad cell, as a list to work through."""
    batch = await import_of(transaction, import_id)
    header = ["row", "column", "value", "问题", "what", "处理", "what to do"]
    table = [
        [
            *(each[name] for name in ("row", "column", "value")),
            each["what"]["zh"],
            each["what"]["en"],
            each["remedy"]["zh"],
            each["remedy"]["en"],
        ]
        for each in batch.problems
    ]
    return exported(sheets.table(header, table, as_csv=kind == "csv"), "problems", kind)


@router.post("/imports/{import_id}/confirm")
async def confirm_import(import_id: UUID, _: Coordinator, transaction: Transaction) -> Import:
    """Save what the preview showed."""
    batch = await import_of(transaction, import_id, lock=True)
    if batch.state in (ImportState.SAVING, ImportState.DONE):
        return batch
    batch.confirm()
    transaction.add(Job.to(import_applications, import_id))
    return batch


@router.post("/imports/{import_id}/discard")
async def discard_import(import_id: UUID, _: Coordinator, transaction: Transaction) -> Import:
    """Forget a file that was not saved."""
    batch = await import_of(transaction, import_id, lock=True)
    batch.discard()
    await transaction.delete(await transaction.get_one(ImportFile, import_id))
    return batch
