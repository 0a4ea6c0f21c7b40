"""What people do around a vote from the page of a revision: hand on, add, stand aside, copy, nudge, extend, take up again."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import introducing, pages, seating, unseating, voting
from shared.errors import Forbidden, NotFound
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn

router = APIRouter(prefix="/curriculum", include_in_schema=False)
AUTHORS = (Role.COORDINATOR, *voting.PANELS)
Door = Callable[[UUID, Any, Person, AsyncSession], Awaitable[Any]]
DOORS: dict[str, tuple[type[voting.Asked], Door, tuple[Role, ...]]] = {
    "delegations": (seating.Handing, seating.delegate, tuple(Role)),
    "voters": (seating.Adding, seating.add_voter, AUTHORS),
    "conflicts": (seating.Aside, seating.stand_aside, tuple(Role)),
    "take-backs": (unseating.TakingBack, unseating.take_back, tuple(Role)),
    "copies": (seating.Copies, seating.send_copies, AUTHORS),
    "nudges": (seating.Again, seating.nudge, AUTHORS),
    "extension": (seating.Longer, seating.extend, tuple(Role)),
    "reopen": (seating.Again, seating.reopen, (Role.COORDINATOR,)),
    "introduction": (introducing.NewIntroduction, introducing.choose_introduction, AUTHORS),
    "alternative": (voting.Choosing, voting.choose_alternative, AUTHORS),
}
"""Act -> what its form holds, the same door as over HTTP, and who may go through it."""


@router.post("/revisions/{revision_id}/{act}")
async def act_on_revision(
    revision_id: UUID, act: str, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """One act of the page; refused in place, with what was written kept."""
    if act not in DOORS:
        raise NotFound(act)
    kind, door, roles = DOORS[act]
    if not person.has(*roles):
        raise Forbidden(", ".join(roles))
    sent = await request.form()
    form: dict[str, Any] = {name: value for name, value in sent.items() if value}
    if act == "copies":
        form["person_ids"] = str(form.get("person_ids", "")).replace(",", " ").split()
    if act == "introduction":
        form["first"] = sent.getlist("first")
    done: dict[str, Any] = {}

    async def go() -> None:
        done.update(await door(revision_id, pages.checked(kind, **form), person, transaction))

    comment = str(form.get("comment", ""))
    answer = await pages.tried(request, person, transaction, revision_id, go, comment)
    new = done.get("revision_id")
    return RedirectResponse(f"/curriculum/revisions/{new}", 303) if act == "reopen" and new else answer
