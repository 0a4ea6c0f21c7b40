"""Applications over HTTP: one, or many at once. Files: `importing.py`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, ValidationError

from services.recruitment import access, applicants, queries
from services.recruitment.applicants import NewApplication, Problem
from services.recruitment.model import Application
from services.recruitment.refusals import BadRows
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
AT_ONCE = 5000


class NewApplications(BaseModel, extra="forbid"):
    """Up to 5,000 applications: all are taken, or none."""

    applications: list[dict[str, Any]] = Field(min_length=1, max_length=AT_ONCE)


class Taken(BaseModel):
    """How many were taken, in the order sent."""

    accepted: int
    application_ids: list[UUID]


def refuse(problems: list[Problem]) -> None:
    """All bad rows at once, or nothing."""
    if problems:
        first = problems[0]
        where = f"row {first.row}" + (f", {first.column}" if first.column else "")
        listed = [problem.model_dump(mode="json") for problem in problems]
        raise BadRows(f"{where}: {first.what.en}", field=first.column, problems=listed)


async def save(transaction: Transaction, intake_id: UUID, rows: list[tuple[int, NewApplication]]) -> Taken:
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    applicants.open_for_applications(intake, await today(transaction))
    programme = await queries.programme_of(transaction, intake.programme_id)
    refuse(await applicants.take(transaction, intake, programme, rows))
    return Taken(accepted=len(rows), application_ids=[new.application_id for _, new in rows])


@router.post("/intakes/{intake_id}/applications", status_code=201)
async def apply(
    intake_id: UUID, new: NewApplication, _: Coordinator, transaction: Transaction
) -> Application:
    taken = await save(transaction, intake_id, [(1, new)])
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
    return await save(transaction, intake_id, rows)


@router.get("/intakes/{intake_id}/applications")
async def list_applications(
    intake_id: UUID,
    person: SignedIn,
    transaction: Transaction,
    state: str | None = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> list[dict[str, Any]]:
    await access.intake_for(transaction, intake_id, person)
    rows = queries.outcomes(intake_id, person, state or "")
    found = await transaction.execute(rows.limit(limit).offset(offset))
    return [queries.listed(application, applicant) for application, applicant in found.all()]


@router.get("/applications/{application_id}")
async def read_application(application_id: UUID, person: SignedIn, transaction: Transaction) -> Application:
    return await queries.application_of(transaction, application_id, person)
