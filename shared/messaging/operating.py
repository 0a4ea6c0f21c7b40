"""What operators and the gateway's trace ask of delivery over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel import select

from shared.messaging.tables import Inbox
from shared.service import Transaction


def router_for(service: str) -> APIRouter:
    """The router of one service: what it has handled."""
    router = APIRouter(prefix=f"/{service}/v1", tags=["delivery"])

    @router.get("/handled")
    async def handled(event_id: UUID, transaction: Transaction) -> list[dict[str, object]]:
        rows = (await transaction.scalars(select(Inbox).where(Inbox.message_id == event_id))).all()
        return [row.model_dump() for row in rows]

    return router
