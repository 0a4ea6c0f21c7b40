"""A broker of several nodes is named by several addresses, separated by commas: whoever connects tries them in turn."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

log = logging.getLogger("tailored.addresses")
BETWEEN = re.compile(r"\s*,\s*(?=\w+://)")  # a password may hold a comma
PATIENCE, WITH_OTHERS = 6.0, 2.0
"""Seconds for an answer: from the last of which one may be expected, and from one beside which others can be asked."""
T = TypeVar("T")
away: set[str] = set()
"""What gave no answer when it was last asked: it is asked after the others, or each new connection would wait for it."""


def addresses(urls: str) -> list[str]:
    """Each address on its own; the first is preferred."""
    return BETWEEN.split(urls.strip())


async def first_that_answers(urls: str, ask: Callable[[str], Awaitable[T]]) -> T:
    """What the first address answers that does so in time; the error of the last where none does."""
    *others, last = sorted(addresses(urls), key=away.__contains__)
    hope = next((url for url in reversed(others) if url not in away), last) if last in away else last
    for url in others:
        try:
            return await _asked(url, ask, PATIENCE if url == hope else WITH_OTHERS)
        except Exception as error:  # noqa: BLE001 - said, and the next one asked
            log.warning("address_away %s %r", urlsplit(url).hostname, error)
    return await _asked(last, ask, PATIENCE if last == hope else WITH_OTHERS)


async def _asked(url: str, ask: Callable[[str], Awaitable[T]], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            answer = await ask(url)
    except BaseException:
        away.add(url)
        raise
    away.discard(url)
    return answer
