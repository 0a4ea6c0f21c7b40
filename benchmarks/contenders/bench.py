"""The two events of the work, as this project declares events: the name of the module is their publisher."""

from datetime import date, datetime
from uuid import UUID

from shared.events.base import Event


class Rated(Event):
    """The same 600 bytes as every contender's."""

    key = "trainee_id"
    enterprise_id: UUID
    rating_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: str
    level: int
    observed_on: date
    remark: str


class Counted(Event):
    """What is said of each."""

    key = "trainee_id"
    rating_id: UUID
    trainee_id: UUID
    counted_at: datetime
