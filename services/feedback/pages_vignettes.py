"""The screens of calibration vignettes: a mentor rates them on a phone, the coordinator keeps the set of a programme."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import tasks, vignettes
from services.feedback.copies import PlanVersion, Programme
from services.feedback.protection import Coordinator, Rater
from services.feedback.refusals import VignetteIncomplete, VignetteUnknown
from services.feedback.rules_of_vignettes import drift
from services.feedback.vignettes import NewAnswer, NewVignette
from shared.errors import Refused
from shared.events.base import Text
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render

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
    try:
        new = NewVignette(
            competency=form.get("competency", ""), story=Text(zh=form.get("zh", ""), en=form.get("en", "")),
            agreed=form.get("agreed", ""), agreed_by=form.get("agreed_by", ""),
        )  # fmt: skip
        await vignettes.add_vignette(programme_id, new, person, transaction, Response())
    except ValidationError:
        refused = VignetteIncomplete()
        return await _set(request, person, transaction, programme_id, refused=refused, form=form)
    return RedirectResponse(f"/feedback/vignettes/set?programme_id={programme_id}", 303)


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
    rows = await transaction.scalars(select(Programme).order_by(col(Programme.programme_id)))
    programmes = {one.programme_id: one.title for one in rows}
    chosen = programme_id or next(iter(programmes), None)
    told = await vignettes.read_vignettes(chosen, person, transaction) if chosen else None
    there = {one["competency"] for one in told["vignettes"]} if told else set()
    asked = await names_asked(transaction, chosen, there) if chosen else {}
    values: dict[str, Any] = {"programmes": programmes, "chosen": chosen, "told": told, "names": asked,
                              "refused": refused, "form": form or {}, "levels": LEVELS, "agreed_by": AGREED_BY}  # fmt: skip
    return render(
        request, "vignettes_set.html", person=person, status=refused.status if refused else 200, **values
    )


async def names_asked(
    session: AsyncSession, programme_id: UUID, there: Collection[str]
) -> dict[str, dict[str, str]]:
    """Competencies that the newest plan asks for, by their names; and those that are there from before."""
    wanted = select(PlanVersion).where(PlanVersion.programme_id == programme_id)
    plan = (await session.scalars(wanted.order_by(col(PlanVersion.plan_version).desc()).limit(1))).first()
    codes = {one["competency"] for one in plan.requirements} if plan else set()
    return await tasks.titles(session, sorted({*codes, *there}))
