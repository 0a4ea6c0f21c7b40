"""The screens of letters: make codes and take them along once, on paper or as a file; withdraw them; make one anew."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from services.recruitment import codes, lettering, queries
from services.recruitment.codes import Made
from services.recruitment.lettering import DAYS, Coordinator, Making, link
from services.recruitment.model import ApplicationState
from services.recruitment.pages_panel import frame
from shared.errors import Refused
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import problem_of

router = APIRouter(include_in_schema=False)


class Wanted(BaseModel):
    """What the form asks for."""

    kind: Literal["letters", "csv", "xlsx"]
    days: int = Field(default=DAYS, ge=1, le=365)
    state: ApplicationState | Literal[""] = ""


@router.get("/intakes/{intake_id}/letters")
async def letters_page(
    intake_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """How many can come with a code, and the ways to make new ones."""
    return await _letters(request, person, transaction, intake_id)


async def _letters(
    request: Request,
    person: Person,
    transaction: Transaction,
    intake_id: UUID,
    refused: Refused | None = None,
) -> Response:
    values: dict[str, Any] = await frame(transaction, intake_id, person)
    values["in_force"] = await codes.in_force(transaction, intake_id, await today(transaction))
    values["states"] = await queries.counts(transaction, intake_id, person)
    values["days"], values["problem"] = DAYS, problem_of(request, refused)
    status = refused.status if refused else 200
    return render(request, "letters.html", person=person, status=status, **values)


@router.post("/intakes/{intake_id}/letters")
async def letters_made(
    intake_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    wanted: Annotated[Wanted, Form()],
) -> Response:
    """New codes as letters to print, or as a file. They are never shown again."""
    try:
        making = Making(days=wanted.days, state=wanted.state or None)
        made = await lettering.make(transaction, person, intake_id, making)
    except Refused as refused:
        return await _letters(request, person, transaction, intake_id, refused)
    if wanted.kind == "letters":
        return await _printed(request, person, transaction, intake_id, made)
    return lettering.as_file(request, made, wanted.kind)


async def _printed(
    request: Request, person: Person, transaction: Transaction, intake_id: UUID, made: list[Made]
) -> Response:
    values = await frame(transaction, intake_id, person)
    links = {one.application_id: link(request, one.code) for one in made}
    host = request.url.netloc
    return render(request, "letters_made.html", person=person, made=made, links=links, host=host, **values)


@router.post("/intakes/{intake_id}/letters/withdraw")
async def letters_withdrawn(intake_id: UUID, person: Coordinator, transaction: Transaction) -> Response:
    """All codes of the intake end now."""
    await lettering.withdraw_codes(intake_id, person, transaction)
    return RedirectResponse(f"/recruitment/intakes/{intake_id}/letters", 303)


@router.post("/applications/{application_id}/code")
async def letter_made_anew(
    application_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """A new letter for one applicant; the old code ends now."""
    application = await queries.application_of(transaction, application_id, person)
    making = Making(application_ids=[application_id])
    made = await lettering.make(transaction, person, application.intake_id, making)
    return await _printed(request, person, transaction, application.intake_id, made)


@router.post("/applications/{application_id}/code/withdraw")
async def letter_withdrawn(application_id: UUID, person: Coordinator, transaction: Transaction) -> Response:
    """The code of one applicant ends now."""
    await lettering.withdraw_code(application_id, person, transaction)
    return RedirectResponse(f"/recruitment/applications/{application_id}", 303)
