"""The cookie by which pages know who is looking, and the addresses that one may be sent back to."""

from fastapi import Response

from shared.web.identity import COOKIE, Person, issue


def remember(answer: Response, person: Person, signing_key: str) -> None:
    """A quarter of an hour, renewed while a page is open."""
    answer.set_cookie(
        COOKIE, issue(person, signing_key), path="/", secure=True, httponly=True, samesite="lax"
    )


def forget(answer: Response) -> None:
    """Nobody any more."""
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def inside(address: str) -> str:
    """Only addresses of our own: a path, never another host."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"
