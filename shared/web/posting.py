"""A form that may be refused: done and on to the next page, or the same page again with what was wrong."""

from collections.abc import Awaitable, Callable

from fastapi import Response
from fastapi.responses import RedirectResponse

from shared.errors import Refused
from shared.service import Transaction


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
