"""Codes for applicants over HTTP: made and shown once, withdrawn, and asked for by the gateway's door."""

from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from services.recruitment import access, codes, queries, sheets
from services.recruitment.codes import Made
from services.recruitment.exporting import Kind, exported
from services.recruitment.model import ApplicationState
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter()
Coordinator = Annotated[Person, require(Role.COORDINATOR)]
Door = Annotated[Person, require(Role.OPERATOR)]
DAYS = 60


class Making(BaseModel, extra="forbid"):
    """For whom: everybody of the intake, those in one state, or those named; and for how many days."""

    days: int = Field(default=DAYS, ge=1, le=365)
    state: ApplicationState | None = None
    application_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=5000)


class Typed(BaseModel, extra="forbid"):
    """A code as somebody typed it."""

    code: str = Field(max_length=100)


async def make(transaction: Transaction, person: Person, intake_id: UUID, making: Making) -> list[Made]:
    """New codes, for an intake that this person may see."""
    await access.intake_for(transaction, intake_id, person)
    until = codes.last_day(await today(transaction), making.days)
    return await codes.make(transaction, intake_id, until, state=making.state, only=making.application_ids)


def link(request: Request, code: str) -> str:
    """The address that opens the page of a code, as the reader of this page reaches us."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{scheme}://{request.url.netloc}/a/{code}"


def as_file(request: Request, made: list[Made], kind: Kind) -> Response:
    """One row a code, with the link that can be sent."""
    rows = [
        [one.name, one.person_number, one.code, link(request, one.code), one.expires_on.isoformat()]
        for one in made
    ]
    columns = ["name", "person_number", "code", "link", "expires_on"]
    return exported(sheets.table(columns, rows, as_csv=kind == "csv"), "codes", kind)


@router.post("/intakes/{intake_id}/codes", status_code=201)
async def make_codes(
    intake_id: UUID, making: Making, person: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    """The codes are in this answer and nowhere else; earlier ones of these applications open nothing any more."""
    return {"codes": [asdict(one) for one in await make(transaction, person, intake_id, making)]}


@router.post("/intakes/{intake_id}/codes.{kind}", status_code=201)
async def make_codes_as_file(
    intake_id: UUID,
    kind: Literal["csv", "xlsx"],
    making: Making,
    person: Coordinator,
    transaction: Transaction,
    request: Request,
) -> Response:
    """The same as a file."""
    answer = as_file(request, await make(transaction, person, intake_id, making), kind)
    answer.status_code = 201
    return answer


@router.delete("/intakes/{intake_id}/codes")
async def withdraw_codes(intake_id: UUID, person: Coordinator, transaction: Transaction) -> dict[str, int]:
    """From now on no code of this intake opens anything."""
    await access.intake_for(transaction, intake_id, person)
    return {"withdrawn": await codes.withdraw(transaction, intake_id)}


@router.delete("/applications/{application_id}/code")
async def withdraw_code(
    application_id: UUID, person: Coordinator, transaction: Transaction
) -> dict[str, int]:
    """From now on the code of this application opens nothing."""
    application = await queries.application_of(transaction, application_id, person)
    return {"withdrawn": await codes.withdraw(transaction, application.intake_id, application_id)}


@router.post("/codes/owner")
async def read_owner(typed: Typed, _: Door, transaction: Transaction) -> dict[str, UUID]:
    """Whose code this is, for the gateway that signs people in. No name leaves this service."""
    application = await codes.owner(transaction, typed.code, await today(transaction))
    return {"applicant_id": application.applicant_id, "application_id": application.application_id}
