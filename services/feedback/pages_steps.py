"""The screen on which the coordinator writes the yes/no steps of a programme's competencies."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import TypeAdapter

from services.feedback import choosing, steps
from services.feedback.protection import Coordinator
from services.feedback.refusals import StepsIllWritten
from services.feedback.steps import NewSteps
from shared.errors import Refused
from shared.events.base import Code, Text
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import tried

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

    async def act() -> None:
        await steps.agree_steps(programme_id, *_written(form), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, programme_id, refused=refused, form=form)

    return await tried(transaction, act(), f"/feedback/steps?programme_id={programme_id}", again)


def _written(form: dict[str, str]) -> tuple[str, NewSteps]:
    """As the form gives them: as many lines in either language."""
    zh, en = (
        [line.strip() for line in form.get(one, "").splitlines() if line.strip()] for one in ("zh", "en")
    )
    try:
        new = NewSteps(steps=[Text(zh=one, en=other) for one, other in zip(zh, en, strict=True)])
        return CODE.validate_python(form.get("competency")), new
    except ValueError as wrong:
        raise StepsIllWritten from wrong


async def _shown(
    request: Request, person: Person, transaction: Transaction, programme_id: UUID | None, *,
    refused: Refused | None = None, form: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    programmes, chosen = await choosing.programme(transaction, programme_id)
    agreed = await steps.read_steps(chosen, person, transaction) if chosen else {}
    names = await choosing.names_asked(transaction, chosen, agreed) if chosen else {}
    values: dict[str, Any] = {"programmes": programmes, "chosen": chosen, "agreed": agreed, "names": names}
    status = refused.status if refused else 200
    return render(
        request, "steps.html", person=person, status=status, refused=refused, form=form or {}, **values
    )
