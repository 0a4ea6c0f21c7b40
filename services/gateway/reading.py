"""What a reader may see of the log: a source its own payload and what followed, staff by role."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import asking, path, queries
from services.gateway.model import LoggedEvent, Refusal
from services.gateway.who import STAFF, presented_key, source_with
from shared.errors import Forbidden, NotFound
from shared.web.identity import Role, signed_in

PAYLOADS = frozenset({Role.OPERATOR, Role.ADMIN, Role.COORDINATOR})


class NoSuchEvent(NotFound):
    """There is no such event, or it is not yours to see."""

    code = "E-GTW-404"
    zh = "没有此事件，或您无权查看。"
    remedy = "Check the id; by your own id ask with `source` and `external_id`."
    remedy_zh = "核对编号；用自己的编号查询时请给出 `source` 和 `external_id`。"


@dataclass(frozen=True)
class Reader:
    """`source_ids` limits what is seen to what these sources sent; None is staff. `payloads`: of everything."""

    source_ids: tuple[UUID, ...] | None
    payloads: bool = False

    def owns(self, row: LoggedEvent) -> bool:
        return self.source_ids is not None and row.source_id in self.source_ids

    def sees_data(self, row: LoggedEvent) -> bool:
        return self.payloads or self.owns(row)


async def reader_of(request: Request) -> Reader:
    """Who reads: a source by its key, an enterprise's integrator, or staff."""
    sessions = request.app.state.sessions
    if presented := presented_key(request):
        source, _ = await source_with(sessions, presented)
        return Reader((source.source_id,))
    person = signed_in(request)
    if person.roles & STAFF:
        return Reader(None, payloads=bool(person.roles & PAYLOADS))
    if Role.INTEGRATOR in person.roles and person.enterprise_id:
        async with sessions() as session:
            return Reader(tuple(await queries.sources_of(session, person.enterprise_id)))
    raise Forbidden


async def find(session: AsyncSession, reader: Reader, event_id: UUID) -> LoggedEvent:
    """An event that the reader sent, or that followed from one, or any for staff."""
    row = await session.get(LoggedEvent, event_id)
    if row is not None and reader.source_ids is not None and not reader.owns(row):
        root = await session.get(LoggedEvent, row.correlation_id)
        row = row if root is not None and reader.owns(root) else None
    if row is None:
        raise NoSuchEvent(detail=str(event_id))
    return row


async def find_external(
    session: AsyncSession, reader: Reader, source: str | None, external_id: str | None
) -> LoggedEvent:
    """An event by its publisher's pair; without `source` the newest of that id."""
    row = await queries.event_by_external(session, reader.source_ids, source, external_id)
    if row is None:
        raise NoSuchEvent(detail=f"{source or ''} {external_id or ''}".strip())
    return row


def event(row: LoggedEvent, reader: Reader) -> dict[str, Any]:
    """One line of the log."""
    told: dict[str, Any] = {
        "id": row.event_id,
        "type": row.type,
        "name": row.name,
        "publisher": row.publisher,
        "time": row.occurred_at,
        "business_day": row.business_day,
        "correlation_id": row.correlation_id,
        "causation_id": row.causation_id,
    }
    if reader.sees_data(row):
        told |= {
            "key": row.key,
            "external_source": row.external_source,
            "external_id": row.external_id,
            "data": row.data,
        }
    return told


async def trace(session: AsyncSession, request: Request, reader: Reader, row: LoggedEvent) -> dict[str, Any]:
    """The causation tree below an event, with what each handler made of it."""
    rows: Sequence[LoggedEvent] = await queries.correlated(session, row.correlation_id)
    below = path.below(rows, row.event_id)
    outcomes, missing = await asking.outcomes(request.app, [each.event_id for each in below])
    told = {each.event_id: event(each, reader) for each in below}
    return path.trace(told, below, row.event_id, outcomes, missing, reasons=reader.payloads)


def refusal(row: Refusal) -> dict[str, Any]:
    """One line of a source's own list."""
    return {
        "refusal_id": row.refusal_id,
        "refused_at": row.refused_at,
        "door": row.door,
        "code": row.code,
        "status": row.status,
        "field": row.field,
        "type": row.type,
        "external_source": row.external_source,
        "external_id": row.external_id,
        **row.words,
    }
