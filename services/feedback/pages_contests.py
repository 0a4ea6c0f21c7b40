"""The screens of a mentor's own figures, of what is contested, and of the college's answers."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from services.feedback import contesting, reporting, vignettes
from services.feedback.contesting import NewAnswer, NewContest
from services.feedback.protection import Coordinator, Rater
from services.feedback.refusals import ContestEmpty
from services.feedback.rules_of_vignettes import drift
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render

router = APIRouter(prefix="/feedback", include_in_schema=False)


@router.get("/mine")
async def my_figures_page(request: Request, person: Rater, transaction: Transaction) -> Response:
    """How severe one's ratings are, how they spread and fit, and what one has contested."""
    return await _mine(request, person, transaction)


@router.post("/mine")
async def contest(request: Request, person: Rater, transaction: Transaction) -> Response:
    """Refused in place, with what was written kept."""
    comment = str((await request.form()).get("comment", ""))
    try:
        new = NewContest(comment=comment)
        await contesting.contest(person.person_id, new, person, transaction)
    except ValidationError:
        return await _mine(request, person, transaction, refused=ContestEmpty(), comment=comment)
    except Refused as no:
        return await _mine(request, person, transaction, refused=no, comment=comment)
    return RedirectResponse("/feedback/mine", 303)


async def _mine(
    request: Request, person: Person, transaction: Transaction, *, refused: Refused | None = None, comment: str = ""
) -> Response:  # fmt: skip
    mine = person.person_id
    values: dict[str, Any] = {
        "told": await reporting.report_of_mentor(mine, person, transaction),
        "contests": await contesting.contests_of_mentor(mine, person, transaction),
        "moved": drift(await vignettes.given(transaction, mentor_id=mine)),
        "refused": refused, "comment": comment,
    }  # fmt: skip
    return render(request, "mine.html", person=person, status=refused.status if refused else 200, **values)


@router.get("/contests")
async def contests_page(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """What waits for an answer, and what was answered."""
    return await _all(request, person, transaction)


@router.post("/contests/{contest_id}")
async def answer(
    contest_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """The college's answer, which the mentor reads on the own page."""
    try:
        new = NewAnswer(answer=str((await request.form()).get("answer", "")))
        await contesting.answer(contest_id, new, person, transaction)
    except ValidationError:
        return await _all(request, person, transaction, ContestEmpty())
    except Refused as no:
        return await _all(request, person, transaction, no)
    return RedirectResponse("/feedback/contests", 303)


async def _all(
    request: Request, person: Person, transaction: Transaction, refused: Refused | None = None
) -> Response:
    contests = await contesting.list_contests(person, transaction)
    status = refused.status if refused else 200
    return render(request, "contests.html", person=person, status=status, contests=contests, refused=refused)
