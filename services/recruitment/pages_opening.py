"""The screen on which a coordinator opens a programme under an agreement, and an intake of it."""

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import BaseModel, BeforeValidator, Field

from services.recruitment import access, api
from services.recruitment.api import Coordinator, NewIntake, NewProgramme
from shared import programmes
from shared.errors import Refused
from shared.events.base import Text
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import problem_of, tried

router = APIRouter(include_in_schema=False)
PAGE = "/recruitment/programmes"
IfSaid = BeforeValidator(lambda said: said or None)
"""An empty field of a form says nothing."""


class ProgrammeForm(BaseModel):
    """A programme as the form has it; without names it is called as its template."""

    agreement_id: UUID
    template: str = Field(max_length=100)
    zh: str = Field(default="", max_length=200)
    en: str = Field(default="", max_length=200)
    enterprise_ids: list[UUID] = Field(default_factory=list, max_length=50)
    position_ids: list[UUID] = Field(default_factory=list, max_length=50)

    def wanted(self) -> NewProgramme:
        """One name stands for both where only one is given."""
        zh, en = self.zh.strip(), self.en.strip()
        named = {"title": Text(zh=zh or en, en=en or zh)} if zh or en else {}
        return NewProgramme(**self.model_dump(exclude={"zh", "en"}), **named)


class IntakeForm(BaseModel):
    """An intake as the form has it; what is left empty comes from the template."""

    programme_id: UUID
    year: int = Field(ge=1990, le=2200)
    closes_on: date
    opens_on: Annotated[date | None, IfSaid] = None
    seats: Annotated[int | None, IfSaid, Field(ge=1, le=100_000)] = None
    enterprise_id: Annotated[UUID | None, IfSaid] = None


@router.get("/programmes")
async def programmes_page(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """What is open, and the forms for what comes next."""
    return await _shown(request, person, transaction)


async def _shown(
    request: Request, person: Person, transaction: Transaction, refused: Refused | None = None
) -> Response:
    agreements = await access.agreements_for(transaction, person)
    values: dict[str, Any] = {
        "agreements": agreements,
        "enterprises": sorted({one.enterprise_id for one in agreements}),
        "programmes": await access.programmes_for(transaction, person),
        "templates": [programmes.load(code) for code in programmes.codes()],
        "today": await today(transaction),
        "problem": problem_of(request, refused),
    }
    status = refused.status if refused else 200
    return render(request, "programmes.html", person=person, status=status, **values)


@router.post("/programmes")
async def open_programme(
    request: Request, person: Coordinator, transaction: Transaction, form: Annotated[ProgrammeForm, Form()]
) -> Response:
    """Open it and tell everybody."""
    act = api.open_programme(form.wanted(), person, transaction)
    return await tried(transaction, act, PAGE, partial(_shown, request, person, transaction))


@router.post("/programmes/intakes")
async def open_intake(
    request: Request, person: Coordinator, transaction: Transaction, form: Annotated[IntakeForm, Form()]
) -> Response:
    """Open it; applications are taken from its first day on."""
    new = NewIntake(**form.model_dump())
    act = api.open_intake(new, person, transaction)
    there = f"/recruitment/intakes/{new.intake_id}"
    return await tried(transaction, act, there, partial(_shown, request, person, transaction))
