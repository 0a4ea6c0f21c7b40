"""The screen on which the coordinator writes the yes/no steps of a programme's competencies."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import TypeAdapter, ValidationError
from sqlmodel import col, select

from services.feedback import steps
from services.feedback.copies import Programme
from services.feedback.pages_vignettes import names_asked
from services.feedback.protection import Coordinator
from services.feedback.refusals import StepsIllWritten
from services.feedback.steps import NewSteps
from shared.errors import Refused
from shared.events.base import Code, Text
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render

CODE: TypeAdapter[str] = TypeAdapter(Code)
router = APIRouter(prefix="/feedback", include_in_schema=False)


@router.get("/steps")
async def steps_page(
    request: Request, person: Coordinator, transaction: Transaction, programme_id: UUID | None = None
) -> Response:
    """What is agreed of each competency, and a form for one."""
    return await _shown(request, person, transaction, programme_id)


@router.post("/steps/{programme_id}")
async def agree(
    programme_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """One step a line, in both languages; no line at all ends rating by steps."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    zh, en = (
        [line.strip() for line in form.get(one, "").splitlines() if line.strip()] for one in ("zh", "en")
    )
    try:
        new = NewSteps(steps=[Text(zh=one, en=other) for one, other in zip(zh, en, strict=True)])
        competency = CODE.validate_python(form.get("competency"))
        await steps.agree_steps(programme_id, competency, new, person, transaction)
    except (ValidationError, ValueError):
        wrong = StepsIllWritten()
        return await _shown(request, person, transaction, programme_id, refused=wrong, form=form)
    return RedirectResponse(f"/feedback/steps?programme_id={programme_id}", 303)


async def _shown(
    request: Request, person: Person, transaction: Transaction, programme_id: UUID | None, *,
    refused: Refused | None = None, form: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    rows = await transaction.scalars(select(Programme).order_by(col(Programme.programme_id)))
    programmes = {one.programme_id: one.title for one in rows}
    chosen = programme_id or next(iter(programmes), None)
    agreed = await steps.read_steps(chosen, person, transaction) if chosen else {}
    names = await names_asked(transaction, chosen, agreed) if chosen else {}
    values: dict[str, Any] = {"programmes": programmes, "chosen": chosen, "agreed": agreed, "names": names}
    status = refused.status if refused else 200
    return render(
        request, "steps.html", person=person, status=status, refused=refused, form=form or {}, **values
    )
