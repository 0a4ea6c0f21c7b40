"""The screens of calibration vignettes: a mentor rates them on a phone, the coordinator keeps the set of a programme."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.feedback import choosing, tasks, vignettes
from services.feedback.protection import Coordinator, Rater
from services.feedback.refusals import VignetteIncomplete, VignetteUnknown
from services.feedback.rules_of_vignettes import drift
from services.feedback.vignettes import NewAnswer, NewVignette
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import tried

router = APIRouter(prefix="/feedback", include_in_schema=False)
LEVELS = (1, 2, 3, 4, 5)
AGREED_BY = ("both-panels", "college-panel", "enterprise-panel")


@router.get("/vignettes")
async def vignettes_page(
    request: Request, person: Rater, transaction: Transaction, sent: int | None = None
) -> Response:
    """What is open this half year first; what is rated below it, with how the own scale has moved."""
    return await _mine(request, person, transaction, sent=sent)


@router.post("/vignettes")
async def rate_vignettes(request: Request, person: Rater, transaction: Transaction) -> Response:
    """Those that got a level; the others stay open."""
    form = await request.form()
    levels = {name.partition("|")[2]: str(level) for name, level in form.items() if name.startswith("level|")}
    sent = 0
    refused: Refused | None = None
    for vignette, level in levels.items():
        try:
            which, new = UUID(vignette), NewAnswer.model_validate({"level": level})
            await vignettes.answer_vignette(which, new, person, transaction, Response())
            sent += 1
        except ValueError:
            refused = VignetteUnknown(vignette)
        except Refused as no:
            refused = no
    if refused or not sent:
        return await _mine(request, person, transaction, refused=refused or VignetteIncomplete())
    return RedirectResponse(f"/feedback/vignettes?sent={sent}", 303)


async def _mine(
    request: Request, person: Person, transaction: Transaction, *, sent: int | None = None,
    refused: Refused | None = None,
) -> Response:  # fmt: skip
    shown = await vignettes.list_my_vignettes(person, transaction)
    moved = drift(await vignettes.given(transaction, mentor_id=person.person_id))
    names = await tasks.titles(transaction, [one["competency"] for one in shown])
    status = refused.status if refused else 200
    values: dict[str, Any] = {"shown": shown, "names": names, "moved": moved, "sent": sent, "levels": LEVELS}
    return render(request, "vignettes.html", person=person, status=status, refused=refused, **values)


@router.get("/vignettes/set")
async def set_page(
    request: Request, person: Coordinator, transaction: Transaction, programme_id: UUID | None = None
) -> Response:
    """The vignettes of a programme, how many mentors rated each, whom to remind, and a form for one more."""
    return await _set(request, person, transaction, programme_id)


@router.post("/vignettes/set/{programme_id}")
async def add(
    programme_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """One more; refused in place, with what was written kept."""
    form = {name: str(value).strip() for name, value in (await request.form()).items()}

    async def act() -> None:
        await vignettes.add_vignette(programme_id, _written(form), person, transaction, Response())

    async def again(refused: Refused) -> Response:
        return await _set(request, person, transaction, programme_id, refused=refused, form=form)

    return await tried(transaction, act(), f"/feedback/vignettes/set?programme_id={programme_id}", again)


def _written(form: dict[str, str]) -> NewVignette:
    """As the form gives it."""
    story = {"zh": form.get("zh"), "en": form.get("en")}
    given = {name: form.get(name) for name in ("competency", "agreed", "agreed_by")}
    try:
        return NewVignette.model_validate({**given, "story": story})
    except ValidationError as wrong:
        raise VignetteIncomplete from wrong


@router.post("/vignettes/set/{programme_id}/{vignette_id}/withdraw")
async def withdraw(
    programme_id: UUID, vignette_id: UUID, person: Coordinator, transaction: Transaction
) -> Response:
    """Nobody is asked for it any more."""
    await vignettes.withdraw_vignette(vignette_id, person, transaction)
    return RedirectResponse(f"/feedback/vignettes/set?programme_id={programme_id}", 303)


async def _set(
    request: Request, person: Person, transaction: Transaction, programme_id: UUID | None, *,
    refused: Refused | None = None, form: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    programmes, chosen = await choosing.programme(transaction, programme_id)
    told = await vignettes.read_vignettes(chosen, person, transaction) if chosen else None
    there = {one["competency"] for one in told["vignettes"]} if told else set()
    asked = await choosing.names_asked(transaction, chosen, there) if chosen else {}
    values: dict[str, Any] = {"programmes": programmes, "chosen": chosen, "told": told, "names": asked,
                              "refused": refused, "form": form or {}, "levels": LEVELS, "agreed_by": AGREED_BY}  # fmt: skip
    return render(
        request, "vignettes_set.html", person=person, status=refused.status if refused else 200, **values
    )
