"""The cookie by which pages know who is looking, and the addresses that one may be sent back to."""

from fastapi import Request, Response

from shared.web.address import address_of
from shared.web.identity import COOKIE, Person, issue


def remember(answer: Response, person: Person, signing_key: str) -> None:
    """A quarter of an hour, renewed while a page is open."""
    answer.set_cookie(
        COOKIE, issue(person, signing_key), path="/", secure=True, httponly=True, samesite="lax"
    )


def forget(answer: Response) -> None:
    """Nobody any more."""
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def our_address(request: Request) -> str:
    """Where people and programs reach us: as the operator says, else as this request did; without a slash at its end."""
    public: str = request.app.state.provider.oidc.public_url
    return public.rstrip("/") or address_of(request)


def inside(address: str) -> str:
    """Only addresses of our own: a path, never another host."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
