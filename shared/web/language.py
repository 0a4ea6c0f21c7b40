"""The language of the reader: Chinese first, English by choice."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal

from fastapi import Request

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
COOKIE = "lang"
spoken: ContextVar[Language] = ContextVar("spoken", default="zh")


def language_of(request: Request) -> Language:
    """`?lang=`, then the cookie, then Accept-Language, then Chinese."""
    for wish in (request.query_params.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return "en" if wish == "en" else "zh"
    return accepted(request.headers.get("accept-language", ""))


def accepted(header: str) -> Language:
    """The one of our languages that the header puts first; Chinese where it names neither."""
    wishes = []
    for place, part in enumerate(header.split(",")):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, name[:2].lower()))
        except ValueError:
            continue
    found = [name for _, _, name in sorted(wishes) if name in LANGUAGES]
    return "en" if found and found[0] == "en" else "zh"


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Everything translated inside is in this language."""
    token = spoken.set(language)
    try:
        yield
    finally:
        spoken.reset(token)


def local(text: Any, language: Language | None = None) -> str:
    """A stored Text, or a mapping with zh and en, in the reader's language; anything else as it is."""
    if text is None:
        return ""
    language = language or spoken.get()
    if isinstance(text, dict):
        return str(text.get(language) or text.get("zh") or text.get("en") or "")
    return str(getattr(text, language, text))


def own_name(name: str) -> str:
    """The name of a person of the demo, `zh / en`, in the reader's language; other names as they are."""
    chinese, between, english = name.partition(" / ")
    return (english if spoken.get() == "en" else chinese) if between else name
