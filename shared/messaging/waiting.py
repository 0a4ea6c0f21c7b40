"""Early is not wrong: what waits for a fact runs again as soon as the fact is here."""

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.tables import FailedMessage


def name_of(kind: str, missing: object) -> str:
    """How a missing thing is named in the row that waits for it."""
    return f"{kind}:{missing}"


async def known(session: AsyncSession, kind: str, missing: object) -> None:
    """This is known from now on: frees the messages that said NotYetKnown(kind, missing)."""
    waiting = update(FailedMessage).where(
        FailedMessage.state == "waiting", FailedMessage.waits_for == name_of(kind, missing)
    )
    freed = await session.execute(waiting.values(state="retrying", due_at=func.clock_timestamp()))
    if freed.rowcount:
        session.sync_session.info["woken"] = True
