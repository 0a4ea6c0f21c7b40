"""Tables of what people keep here themselves: calendar addresses, proofs, holidays, drafts."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
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


class DraftRow(Table, table=True):
    """Stints of a published timetable that a coordinator has moved, and nobody else sees yet."""

    __tablename__ = "draft"
    cohort_id: UUID = Field(primary_key=True)
    base_version: int
    places: dict[str, list[Any]] = Field(sa_column=Column(JSONB, nullable=False))
    """Stint id -> station id and teaching week."""


class Duty(Table, table=True):
    """The shift of a mentor on a day, from the rota of the crew. In a week without any, a mentor is there all week."""

    mentor_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    shift: str
    hours: float | None = None
    """How long the shift is, if that was said."""
