"""Applications over HTTP: one, many at once, and as a spreadsheet."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError
from sqlmodel import col

from services.recruitment import applicants, queries, sheets
from services.recruitment.applicants import NewApplication, Problem
from services.recruitment.later import import_applications
from services.recruitment.model import Application, Import, Intake
from services.recruitment.refusals import BadRows, FileTooLarge
from shared.ids import uuid7
from shared.messaging import Job, today
from shared.programmes.grammar import Selection, SourceGroup, Template
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
AT_ONCE = 5000
LARGEST = 32 * 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NewApplications(BaseModel, extra="forbid"):
    """Up to 5,000 applications: all are taken, or none."""

    applications: list[dict[str, Any]] = Field(min_length=1, max_length=AT_ONCE)


class Taken(BaseModel):
    """How many were taken, in the order sent."""

    accepted: int
    application_ids: list[UUID]


class Preview(BaseModel):
    """What a file holds, and everything that is wrong with it."""

    rows: int
    good: int
    problems: list[Problem]


def refuse(problems: list[Problem]) -> None:
    """All bad rows at once, or nothing."""
    if problems:
        first = problems[0]
        where = f"row {first.row}" + (f", {first.column}" if first.column else "")
        listed = [problem.model_dump(mode="json") for problem in problems]
        raise BadRows(f"{where}: {first.what.en}", field=first.column, problems=listed)


async def _save(transaction: Transaction, intake_id: UUID, rows: list[tuple[int, NewApplication]]) -> Taken:
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    applicants.open_for_applications(intake, await today(transaction))
    programme = await queries.programme_of(transaction, intake.programme_id)
    refuse(await applicants.take(transaction, intake, programme, rows))
    return Taken(accepted=len(rows), application_ids=[new.application_id for _, new in rows])


@router.post("/intakes/{intake_id}/applications", status_code=201)
async def apply(
    intake_id: UUID, new: NewApplication, _: Coordinator, transaction: Transaction
) -> Application:
    taken = await _save(transaction, intake_id, [(1, new)])
    return await transaction.get_one(Application, taken.application_ids[0])


@router.post("/intakes/{intake_id}/applications/bulk", status_code=201)
async def apply_many(
    intake_id: UUID, many: NewApplications, _: Coordinator, transaction: Transaction
) -> Taken:
    rows: list[tuple[int, NewApplication]] = []
    problems: list[Problem] = []
    for number, raw in enumerate(many.applications, start=1):
        try:
            rows.append((number, NewApplication.model_validate(raw)))
        except ValidationError as broken:
            problems += applicants.problems_of(number, broken)
    refuse(problems)
    return await _save(transaction, intake_id, rows)


@router.get("/intakes/{intake_id}/applications")
async def list_applications(
    intake_id: UUID,
    person: SignedIn,
    transaction: Transaction,
    state: str | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[dict[str, Any]]:
    rows = queries.outcomes(intake_id, person)
    if state:
        rows = rows.where(col(Application.state) == state)
    found = await transaction.execute(rows.limit(limit).offset(offset))
    return [queries.listed(application, applicant) for application, applicant in found.all()]


@router.get("/intakes/{intake_id}/applications/template.{kind}")
async def empty_sheet(intake_id: UUID, kind: str, _: SignedIn, transaction: Transaction) -> Response:
    intake = await queries.intake_of(transaction, intake_id)
    programme = await queries.programme_of(transaction, intake.programme_id)
    selection = Selection.model_validate(intake.selection)
    groups = [SourceGroup.model_validate(group) for group in intake.source_groups]
    branches = Template.model_validate(programme.template).branches
    directions = sorted({option for branch in branches for option in branch.options})
    as_csv = kind == "csv"
    content = sheets.empty(sheets.facts_asked(groups, selection), directions, as_csv=as_csv)
    return Response(
        content,
        media_type="text/csv; charset=utf-8" if as_csv else XLSX,
        headers={"Content-Disposition": f'attachment; filename="applications.{"csv" if as_csv else "xlsx"}"'},
    )


async def _content(request: Request) -> bytes:
    """The file itself, as the body of the request."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise FileTooLarge(field="file")
    return content


async def _checked(
    transaction: Transaction, intake: Intake, content: bytes
) -> tuple[list[tuple[int, NewApplication]], list[Problem]]:
    """Rows and problems of a file, those that only the tables know included."""
    good, problems = sheets.parse(content)
    programme = await queries.programme_of(transaction, intake.programme_id)
    problems += await applicants.check(transaction, intake, programme, good)
    return good, sorted(problems, key=lambda problem: problem.row)


@router.post("/intakes/{intake_id}/applications/preview")
async def preview(intake_id: UUID, request: Request, _: Coordinator, transaction: Transaction) -> Preview:
    intake = await queries.intake_of(transaction, intake_id)
    good, problems = await _checked(transaction, intake, await _content(request))
    bad = {problem.row for problem in problems}
    fine = [row for row, _ in good if row not in bad]
    return Preview(rows=len({row for row, _ in good} | bad), good=len(fine), problems=problems)


@router.post("/intakes/{intake_id}/applications/import", status_code=201)
async def import_file(
    intake_id: UUID, request: Request, response: Response, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    content = await _content(request)
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    applicants.open_for_applications(intake, await today(transaction))
    if sheets.about_rows(content) > AT_ONCE:
        batch = Import(import_id=uuid7(), intake_id=intake_id, content=content)
        transaction.add(batch)
        transaction.add(Job.to(import_applications, batch.import_id))
        response.status_code = 202
        return {"import_id": batch.import_id}
    good, problems = await _checked(transaction, intake, content)
    refuse(problems)
    taken = await _save(transaction, intake_id, good)
    return {"accepted": taken.accepted}


@router.get("/imports/{import_id}")
async def read_import(import_id: UUID, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    batch = await queries.import_of(transaction, import_id)
    return batch.model_dump(mode="json", exclude={"content"})


@router.get("/applications/{application_id}")
async def read_application(application_id: UUID, person: SignedIn, transaction: Transaction) -> Application:
    return await queries.application_of(transaction, application_id, person)
