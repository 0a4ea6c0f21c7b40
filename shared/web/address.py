"""Where the reader of an answer reached us, for what must be found again from outside."""

from fastapi import Request


def address_of(request: Request) -> str:
    """Scheme and host as this request came, behind a proxy too; without a slash at its end."""
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    return f"{scheme}://{request.url.netloc}"
