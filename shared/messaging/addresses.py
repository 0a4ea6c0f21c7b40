"""A broker of several nodes is named by several addresses, separated by commas: whoever connects tries them in turn."""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

log = logging.getLogger("tailored.addresses")
BETWEEN = re.compile(r"\s*,\s*(?=\w+://)")  # a password may hold a comma
PATIENCE = 6.0
T = TypeVar("T")


def addresses(urls: str) -> list[str]:
    """Each address on its own; the first is preferred."""
    return BETWEEN.split(urls.strip())


async def first_that_answers(urls: str, ask: Callable[[str], Awaitable[T]]) -> T:
    """What the first address answers that does so in time; the error of the last where none does."""
    *others, last = addresses(urls)
    for url in others:
        try:
            async with asyncio.timeout(PATIENCE):
                return await ask(url)
        except Exception as away:  # noqa: BLE001 - said, and the next one asked
            log.warning("address_away %s %r", urlsplit(url).hostname, away)
    async with asyncio.timeout(PATIENCE):
        return await ask(last)
