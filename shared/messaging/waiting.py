"""Early is not wrong: what waits for a fact runs again as soon as the fact is here."""

from typing import Any, cast

from sqlalchemy import CursorResult, func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from shared.messaging.tables import FailedMessage


def name_of(kind: str, missing: object) -> str:
    """How a missing thing is named in the row that waits for it."""
    return f"{kind}:{missing}"


async def known(session: AsyncSession, kind: str, missing: object) -> None:
    """This is known from now on: frees the messages that said NotYetKnown(kind, missing)."""
    waiting = update(FailedMessage).where(
        col(FailedMessage.state) == "waiting", col(FailedMessage.waits_for) == name_of(kind, missing)
    )
    # Its attempts start anew: having been early does not count against a fault that comes later.
    anew = {"state": "retrying", "attempts": 0, "due_at": func.clock_timestamp()}
    freed = await session.execute(waiting.values(anew))
    if cast("CursorResult[Any]", freed).rowcount:
        session.sync_session.info.setdefault("woken", set()).add("retrying")
