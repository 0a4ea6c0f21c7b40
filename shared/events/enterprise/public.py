"""What everything that an enterprise can say stands on."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.events.base import Event

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
"""How much of something: never negative, never more digits than a ledger has."""


class PublicEvent(Event):
    """An event that a source outside may send; `enterprise_id` must be that of its key."""

    enterprise_id: UUID
