"""Tables of what people keep here themselves: calendar addresses, proofs, holidays."""

from datetime import date
from uuid import UUID

from sqlmodel import Field

from services.placement.model import Table


class CalendarLink(Table, table=True):
    """A secret address of one person's calendar; only its hash is kept."""

    secret_hash: str = Field(primary_key=True)
    kind: str
    person_id: UUID = Field(index=True)
    made_by: UUID


class Proof(Table, table=True):
    """A paper that a trainee must hold, and the days on which it is valid."""

    trainee_id: UUID = Field(primary_key=True)
    proof: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_until: date | None = None


class Holiday(Table, table=True):
    """A week without teaching at a college, by its Monday."""

    college_id: UUID = Field(primary_key=True)
    monday: date = Field(primary_key=True)
