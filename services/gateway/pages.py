"""The gateway's first screens: sign-in, and the loop overview with its live parts."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway import access_codes, accounts
from services.gateway.overview import overview
from services.gateway.provider import Provider, ProviderAway
from services.gateway.visiting import forget, inside, remember
from services.gateway.vocabulary import EVENTS
from shared.errors import NotSignedIn
from shared.service import Transaction
from shared.web.identity import CrossSite, Person, Role, SignedIn, person_of, same_site
from shared.web.page import render
from shared.web.personas import PERSONAS

router = APIRouter(include_in_schema=False)
LIVE = sorted({kind.key.removesuffix("_id") for kind in EVENTS.values()} | {"everything", "event"})
SHOWS = ("all", "mine", "late")


@router.get("/sign-in")
async def sign_in(
    request: Request, back: Annotated[str, Query(alias="next")] = "/", *, out: bool = False
) -> Response:
    """By the identity provider, and in the demo as one of its personas; where neither is there the page says so."""
    settings, provider = request.app.state.settings, request.app.state.provider
    return render(
        request, "sign_in.html", person=await person_of(request), back=inside(back), out=out,
        personas=PERSONAS if settings.demo and settings.signing_key else {},
        provider=provider.oidc if settings.signing_key and provider.oidc.issuer else None,
        way_out=await _way_out(provider) if out and provider.oidc.issuer else None,
    )  # fmt: skip


async def _way_out(provider: Provider) -> str | None:
    with suppress(ProviderAway):
        return await provider.way_out()
    return None


@router.post("/sign-in")
async def enter(
    request: Request, persona: Annotated[str, Form()], back: Annotated[str, Form(alias="next")] = "/"
) -> Response:
    """Become a persona of the demo."""
    settings = request.app.state.settings
    if not same_site(request):
        raise CrossSite
    person = PERSONAS.get(persona)
    if not settings.demo or not settings.signing_key or person is None:
        raise NotSignedIn
    page = RedirectResponse(inside(back), 303)
    remember(page, person, settings.signing_key)
    return page


@router.post("/sign-in/renew")
async def renew(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """An open page keeps its person signed in; a closed one does not, nor one whose account says otherwise by now."""
    answer = Response(status_code=204)
    now = await as_of_now(transaction, person)
    if request.app.state.settings.signing_key:
        remember(answer, now, request.app.state.settings.signing_key)
    return answer


async def as_of_now(transaction: Transaction, person: Person) -> Person:
    """Who is signed in, with the rights that their account gives them by now; raises NotSignedIn where it has ended."""
    account = await accounts.account_of(transaction, person)
    now = access_codes.renewed(account, person) if account else person
    if now is None:
        raise NotSignedIn
    return now


@router.post("/sign-out")
async def leave(request: Request) -> Response:
    """Nobody any more here; the page then offers to sign out of the provider too."""
    if not same_site(request):
        raise CrossSite
    page = RedirectResponse("/sign-in?out=true", 303)
    forget(page)
    return page


@router.get("/")
async def loop_page(
    request: Request, person: SignedIn, transaction: Transaction, show: str = "all"
) -> Response:
    """Where every cohort's loop stands, and what needs the reader."""
    if person.has(Role.MENTOR):
        return RedirectResponse("/feedback/rate", 303)
    values = await _loop(transaction, person, show)
    return render(request, "loop.html", person=person, live=" ".join(LIVE), **values)


@router.get("/loop/board")
async def loop_board(
    request: Request, person: SignedIn, transaction: Transaction, show: str = "all"
) -> Response:
    """The parts of the overview that change; fetched again when the live stream says so."""
    return render(request, "loop_board.html", person=person, **await _loop(transaction, person, show))


async def _loop(transaction: Transaction, person: Person, show: str) -> dict[str, Any]:
    seen = await overview(transaction, person)
    mine = {str(task["id"]) for task in seen["tasks"]}
    shown = [
        lane
        for lane in seen["lanes"]
        if show not in {"mine", "late"}
        or (show == "late" and lane["late"])
        or (show == "mine" and lane["revision"] and str(lane["revision"]["revision_id"]) in mine)
    ]
    runs = list(_runs(seen["latest"]))
    return {**seen, "shown": shown, "runs": runs, "show": show if show in SHOWS else "all"}


def _runs(latest: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Equal events one after another as one line with their number, so that a hundred ratings hide nothing else."""
    for _, equal in groupby(latest, key=itemgetter("name", "publisher", "business_day")):
        events = list(equal)
        yield {**events[0], "times": len(events)}
