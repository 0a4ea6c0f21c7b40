"""A token for the command line: whoever is signed in on a page may take their rights to a terminal, for a while."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from services.gateway.pages import as_of_now
from services.gateway.visiting import our_address
from shared.service import Transaction
from shared.web.identity import SECONDS, CrossSite, Person, Role, issue, require, same_site
from shared.web.page import render

router = APIRouter(include_in_schema=False)
AT_A_TERMINAL = (Role.OPERATOR, Role.ADMIN, Role.COORDINATOR, Role.INTEGRATOR)
ByCommands = Annotated[Person, require(*AT_A_TERMINAL)]


@router.get("/command-line")
async def command_line(request: Request, person: ByCommands) -> Response:
    """What it is for, and a button: no token is made by looking."""
    return render(request, "command_line.html", person=person, minutes=SECONDS // 60)


@router.post("/command-line")
async def take_token(request: Request, person: ByCommands, transaction: Transaction) -> Response:
    """A token with the rights that this person has now, shown once."""
    if not same_site(request):
        raise CrossSite
    now = await as_of_now(transaction, person)
    signing_key = request.app.state.settings.signing_key
    return render(
        request, "command_line.html", person=now, minutes=SECONDS // 60, address=our_address(request),
        token=issue(now, signing_key) if signing_key else None,
    )  # fmt: skip
