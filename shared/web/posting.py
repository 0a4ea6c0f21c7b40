"""A form that may be refused: done and on to the next page, or the same page again with what was wrong, in words."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from shared.errors import Refused
from shared.service import Transaction
from shared.web.language import language_of


async def tried(
    transaction: Transaction,
    act: Awaitable[object],
    then: str,
    again: Callable[[Refused], Awaitable[Response]],
) -> Response:
    """`act`, then go to this address; where it is refused nothing of it stays, and `again` shows the page."""
    try:
        async with transaction.begin_nested():
            await act
    except Refused as refused:
        transaction.expire_all()
        return await again(refused)
    return RedirectResponse(then, 303)


def problem_of(request: Request, refused: Refused | None) -> dict[str, Any] | None:
    """A refusal as a page shows it."""
    if refused is None:
        return None
    language = language_of(request)
    return {
        "title": refused.title(language),
        "detail": refused.which(language),
        "field": refused.field,
        "remedy": refused.what_to_do(language),
        "code": refused.code,
    }
