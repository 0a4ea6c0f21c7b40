"""What operators and the gateway's trace ask of delivery over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlmodel import col, select

from shared.messaging import repairing, unsent
from shared.messaging.tables import FailedMessage, Inbox, OutboxRejected
from shared.service import Transaction
from shared.web.identity import Person, Role, require

Operator = Annotated[Person, require(Role.OPERATOR, Role.ADMIN)]


class Handled(BaseModel):
    """How one handler stands with one event."""

    message_id: UUID
    handler: str
    type: str
    outcome: str
    attempts: int
    done_at: datetime
    correlation: UUID
    causation: UUID | None


class Failed(BaseModel):
    """A kept message, with its reason."""

    message_id: UUID
    handler: str
    type: str
    key: str
    state: str
    code: str
    reason: str
    waits_for: str | None
    attempts: int
    edited: bool
    due_at: datetime | None
    first_failed_at: datetime
    last_failed_at: datetime


class FailedWhole(Failed):
    """With what it says and where it broke."""

    body: str
    headers: dict[str, str]
    trace: str


class Edit(BaseModel):
    """The repaired content of a message."""

    data: dict[str, Any]


class Unsent(BaseModel):
    """A message that the broker would not take, and why; later ones of its key wait."""

    id: UUID
    key: str
    type: str
    reason: str
    rejected_at: datetime
    body: str


class GivenUp(BaseModel):
    """A timer or a job that failed too often, and why."""

    id: UUID
    kind: str
    function: str
    attempts: int
    reason: str


def router_for(service: str) -> APIRouter:
    """The router of one service: what it has handled, what it could not, and what to do about that."""
    router = APIRouter(prefix=f"/{service}/v1", tags=["delivery"])

    @router.get("/handled")
    async def handled(
        transaction: Transaction,
        _: Operator,
        event_id: Annotated[list[UUID], Query(max_length=200)],
    ) -> list[Handled]:
        found = await transaction.scalars(select(Inbox).where(col(Inbox.message_id).in_(event_id)))
        return [Handled.model_validate(row, from_attributes=True) for row in found]

    @router.get("/failed")
    async def failed(
        transaction: Transaction,
        _: Operator,
        event_id: Annotated[list[UUID] | None, Query(max_length=200)] = None,
        state: str | None = None,
        handler: str | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[Failed]:
        wanted = select(FailedMessage).order_by(col(FailedMessage.last_failed_at).desc()).limit(limit)
        if event_id:
            wanted = wanted.where(col(FailedMessage.message_id).in_(event_id))
        if state:
            wanted = wanted.where(FailedMessage.state == state)
        if handler:
            wanted = wanted.where(FailedMessage.handler == handler)
        return [Failed.model_validate(row, from_attributes=True) for row in await transaction.scalars(wanted)]

    @router.get("/failed/{handler}/{message_id}")
    async def failed_one(
        transaction: Transaction, _: Operator, handler: str, message_id: UUID
    ) -> FailedWhole:
        row = await repairing.find(transaction, handler, message_id)
        fields = row.model_dump(exclude={"body"}) | {"body": row.body.decode(errors="replace")}
        return FailedWhole.model_validate(fields)

    @router.post("/failed/{handler}/{message_id}/retry", status_code=202)
    async def retry(transaction: Transaction, _: Operator, handler: str, message_id: UUID) -> dict[str, str]:
        await repairing.retry(transaction, handler, message_id)
        return {"state": "retrying"}

    @router.post("/failed/{handler}/{message_id}/replay", status_code=202)
    async def replay(
        transaction: Transaction, _: Operator, handler: str, message_id: UUID, edit: Edit
    ) -> dict[str, str]:
        await repairing.edit_and_replay(transaction, handler, message_id, edit.data)
        return {"state": "retrying"}

    @router.post("/failed/{handler}/{message_id}/archive", status_code=202)
    async def archive(
        transaction: Transaction, _: Operator, handler: str, message_id: UUID
    ) -> dict[str, str]:
        await repairing.archive(transaction, handler, message_id)
        return {"state": "archived"}

    _given_up(router)
    _unsent(router)
    return router


def _unsent(router: APIRouter) -> None:
    @router.get("/unsent")
    async def not_sent(transaction: Transaction, _: Operator) -> list[Unsent]:
        return [_shown(row) for row in await unsent.unsent(transaction)]

    @router.post("/unsent/{message_id}/send", status_code=202)
    async def send_again(transaction: Transaction, _: Operator, message_id: UUID) -> dict[str, str]:
        await unsent.send_again(transaction, message_id)
        return {"state": "sending"}

    @router.post("/unsent/{message_id}/drop", status_code=202)
    async def drop(transaction: Transaction, _: Operator, message_id: UUID) -> Unsent:
        return _shown(await unsent.drop(transaction, message_id))


def _shown(row: OutboxRejected) -> Unsent:
    return Unsent.model_validate(
        row.model_dump(exclude={"body"}) | {"body": row.body.decode(errors="replace")}
    )


def _given_up(router: APIRouter) -> None:
    @router.get("/given-up")
    async def given_up(transaction: Transaction, _: Operator) -> list[GivenUp]:
        return [
            GivenUp(id=row.id, kind=kind, function=row.function, attempts=row.attempts, reason=row.reason)
            for kind, row in await repairing.given_up(transaction)
        ]

    @router.post("/given-up/{row_id}/retry", status_code=202)
    async def try_again(transaction: Transaction, _: Operator, row_id: UUID) -> dict[str, str]:
        await repairing.try_again(transaction, row_id)
        return {"state": "waiting"}
