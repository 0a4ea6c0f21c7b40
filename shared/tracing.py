"""The W3C trace that a request belongs to: taken from its header, or begun here; events said in it carry it on."""

import re
import secrets
from contextvars import ContextVar

PATTERN = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)


def begin(header: str | None) -> str:
    """This request's traceparent: a child of the caller's, or a trace of its own."""
    good = header is not None and PATTERN.fullmatch(header)
    trace = header.split("-")[1] if good and header else secrets.token_hex(16)
    traceparent = f"00-{trace}-{secrets.token_hex(8)}-01"
    _current.set(traceparent)
    return traceparent


def current() -> str | None:
    """The traceparent of the request in whose context this runs."""
    return _current.get()
