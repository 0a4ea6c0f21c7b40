"""Where we are found again from outside: as the operator says, or where the reader of an answer reached us."""

from fastapi import Request


def address_of(request: Request) -> str:
    """Scheme and host as this request came, behind a proxy too; without a slash at its end."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{scheme}://{request.url.netloc}"


def public_address(request: Request) -> str:
    """As the operator says, without a slash at its end; empty where nobody did.

    What is signed names no other: the host of a request is whatever its sender wrote there.
    """
    said: str = request.app.state.settings.oidc_public_url
    return said.rstrip("/")
