"""What the broker would not take: each message holds its key back until a person sends it again or drops it."""

import json
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from shared.errors import NotFound
from shared.messaging.envelope import Envelope
from shared.messaging.outbox import shard_of
from shared.messaging.tables import OutboxRejected

# With its old sequence: it goes before the later ones of its key, which have waited.
SEND = """
INSERT INTO outbox (id, shard, key, sequence, topic, type, body, correlation, causation, traceparent, extensions, said_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12)
"""


class NoSuchUnsent(NotFound):
    """No message with this id was refused by the broker."""

    code = "E-TLD-4042"
    zh = "没有被消息代理拒收的此编号消息。"
    remedy = "List what there is: tailored failed unsent"
    remedy_zh = "查看列表：tailored failed unsent"


async def unsent(session: AsyncSession) -> list[OutboxRejected]:
    """Oldest first."""
    return list(await session.scalars(select(OutboxRejected).order_by(col(OutboxRejected.sequence))))


async def send_again(session: AsyncSession, message_id: UUID) -> None:
    """Back to the outbox, once the reason is gone."""
    row = await _taken(session, message_id)
    said = Envelope.from_headers(row.envelope, row.topic)
    values = (
        row.id, shard_of(row.key), row.key, row.sequence, row.topic, row.type, row.body, said.correlation,
        said.causation, said.traceparent, json.dumps(dict(said.extensions)), said.time,
    )  # fmt: skip
    await (await session.connection()).exec_driver_sql(SEND, values)
    session.sync_session.info.setdefault("woken", set()).add("relay")


async def drop(session: AsyncSession, message_id: UUID) -> OutboxRejected:
    """Nobody will hear it; later ones of its key go on. The answer is the last that is seen of it."""
    row = await _taken(session, message_id)
    session.sync_session.info.setdefault("woken", set()).add("relay")
    return row


async def _taken(session: AsyncSession, message_id: UUID) -> OutboxRejected:
    row = await session.scalar(
        select(OutboxRejected).where(col(OutboxRejected.id) == message_id).with_for_update()
    )
    if row is None:
        raise NoSuchUnsent(str(message_id))
    await session.delete(row)
    await session.flush()
    return row
