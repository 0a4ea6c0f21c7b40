"""What a person can do with a kept message: retry it, replay it repaired, or put it aside for good."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.errors import NotFound
from shared.messaging.clock import now
from shared.messaging.failures import release
from shared.messaging.schedule import MOST_ATTEMPTS
from shared.messaging.tables import FailedMessage, Inbox, JobRow, TimerRow


class NoSuchMessage(NotFound):
    """There is no kept message of this handler with this id."""

    code = "E-TLD-4041"
    zh = "该处理器没有此编号的失败消息。"
    remedy = "List what there is: tailored failed list"
    remedy_zh = "查看列表：tailored failed list"


async def find(session: AsyncSession, handler: str, message_id: UUID) -> FailedMessage:
    """The kept message, locked until the transaction ends."""
    wanted = select(FailedMessage).where(
        FailedMessage.handler == handler, FailedMessage.message_id == message_id
    )
    row = await session.scalar(wanted.with_for_update())
    if row is None:
        raise NoSuchMessage(f"{handler} {message_id}")
    return row


async def retry(session: AsyncSession, handler: str, message_id: UUID) -> None:
    """Run it again as it is, at this handler alone: no other handler hears it twice."""
    row = await find(session, handler, message_id)
    row.state = "retrying"
    await _due_now(session, row)


async def edit_and_replay(
    session: AsyncSession, handler: str, message_id: UUID, data: dict[str, Any]
) -> None:
    """Run it again with this content; marked as edited for good."""
    row = await find(session, handler, message_id)
    row.body = json.dumps(data, ensure_ascii=False).encode()
    row.state, row.edited = "retrying", True
    await _due_now(session, row)


async def archive(session: AsyncSession, handler: str, message_id: UUID) -> None:
    """Nobody will handle it; what was parked behind it may run. It stays to be read."""
    row = await find(session, handler, message_id)
    row.state, row.due_at = "archived", None
    await session.flush()
    said = update(Inbox).where(col(Inbox.message_id) == message_id, col(Inbox.handler) == handler)
    await session.execute(said.values(outcome="archived"))
    await release(session, handler, [row.key])
    session.sync_session.info.setdefault("woken", set()).add("retrying")


async def given_up(session: AsyncSession) -> list[tuple[str, TimerRow | JobRow]]:
    """The timers and jobs that nobody tries any more."""
    timers = await session.scalars(select(TimerRow).where(col(TimerRow.attempts) >= MOST_ATTEMPTS))
    jobs = await session.scalars(select(JobRow).where(JobRow.state == "dead"))
    return [*(("timer", row) for row in timers), *(("job", row) for row in jobs)]


async def try_again(session: AsyncSession, row_id: UUID) -> None:
    """A timer or job that was given up starts from nought."""
    for row in [row for _, row in await given_up(session) if row.id == row_id]:
        row.attempts, row.reason, row.due_at = 0, "", await now(session)
        if isinstance(row, JobRow):
            row.state = "waiting"
        session.sync_session.info.setdefault("woken", set()).update(("scheduler", "worker"))
        return
    raise NoSuchMessage(str(row_id))


async def _due_now(session: AsyncSession, row: FailedMessage) -> None:
    await session.flush()
    this = update(FailedMessage).where(col(FailedMessage.id) == row.id)
    await session.execute(this.values(due_at=func.clock_timestamp()))
    session.sync_session.info.setdefault("woken", set()).add("retrying")
