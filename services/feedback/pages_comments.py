"""The screen on which both panels read what mentors wrote, and say what it is about."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from services.feedback import commenting, encoding, pages, tasks
from services.feedback.commenting import About, Reader
from services.feedback.refusals import NothingChosen
from shared.errors import Refused
from shared.events.base import Code
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import tried

router = APIRouter(prefix="/feedback", include_in_schema=False)


@router.get("/comments")
async def comments_page(
    request: Request,
    person: Reader,
    transaction: Transaction,
    cohort_id: UUID | None = None,
    about: Code | None = None,
) -> Response:
    """What waits to be read first, or what is about one competency; a suggestion is one only where somebody confirms it."""
    return await _shown(request, person, transaction, cohort_id, about=about)


@router.post("/comments/{cohort_id}/{rating_id}")
async def say(
    cohort_id: UUID, rating_id: UUID, request: Request, person: Reader, transaction: Transaction
) -> Response:
    """What is ticked or chosen; or, by a button of its own, nothing that the plan asks for."""
    form = await request.form()
    chosen = [] if "none" in form else [str(one) for one in form.getlist("about") if one]

    async def act() -> None:
        if not chosen and "none" not in form:
            raise NothingChosen
        await commenting.say_what_it_is_about(rating_id, _about(chosen), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, cohort_id, refused)

    return await tried(transaction, act(), f"/feedback/comments?cohort_id={cohort_id}", again)


def _about(chosen: list[str]) -> About:
    try:
        return About(about=chosen)
    except ValidationError as wrong:
        raise NothingChosen from wrong


async def _shown(
    request: Request, person: Person, transaction: Transaction, cohort_id: UUID | None, refused: Refused | None = None,
    about: str | None = None,
) -> Response:  # fmt: skip
    cohorts = await pages.cohorts_of(transaction, person)
    chosen = next((one for one in cohorts if cohort_id in {None, one.cohort_id}), None)
    comments = (
        await commenting.list_comments(person, transaction, chosen.cohort_id, about=about) if chosen else []
    )
    texts = await commenting.texts_of(transaction, chosen.programme_id) if chosen else []
    names = await tasks.titles(transaction, sorted({code for about, _ in texts for code in about}))
    choices = {one.cohort_id: one.title for one in cohorts}
    values: dict[str, Any] = {"choices": choices, "chosen": chosen, "comments": comments, "names": names,
                              "about": about, "encoder": encoding.installed()}  # fmt: skip
    status = refused.status if refused else 200
    return render(request, "comments.html", person=person, status=status, refused=refused, **values)
