"""Where somebody types the code of a letter, and so comes to their own page."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from services.gateway import knocking
from services.gateway.visiting import remember
from shared.errors import NotFound, Refused
from shared.service import Transaction
from shared.web.identity import CrossSite, same_site
from shared.web.page import render
from shared.web.posting import problem_of

router = APIRouter(include_in_schema=False)


class NoKeyHere(NotFound):
    """Nobody can sign in here: the gateway has no key to sign with."""

    code = "E-GTW-NO-SIGN-IN"
    zh = "此处无法登录：网关没有签名密钥。"


@router.get("/a")
async def code_page(request: Request) -> Response:
    """The form for a code."""
    return _form(request, "")


@router.get("/a/{code}")
async def code_page_filled(request: Request, code: Annotated[str, Path(max_length=100)]) -> Response:
    """The same with the code of a link. Nothing happens yet: programs that look at links open nothing."""
    return _form(request, code)


@router.post("/a")
async def come_in(
    request: Request, transaction: Transaction, code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Signed in as whom the code names, or told what is wrong with it."""
    if not same_site(request):
        raise CrossSite
    signing_key = request.app.state.settings.signing_key
    if not signing_key:
        raise NoKeyHere
    try:
        person, address = await knocking.visitor_with(request, transaction, code)
    except Refused as refused:
        return _form(request, code, refused)
    page = RedirectResponse(address, 303)
    remember(page, person, signing_key)
    return page


def _form(request: Request, code: str, refused: Refused | None = None) -> Response:
    status = refused.status if refused else 200
    return render(request, "code.html", status=status, typed=code, problem=problem_of(request, refused))
