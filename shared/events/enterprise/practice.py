"""What was seen in the workshops: ratings, attendance, incidents."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.events.base import Code, Level
from shared.events.enterprise.public import PublicEvent

Comment = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=r"^[^\x00]*$")
]
"""A few sentences."""


class TraineeRated(PublicEvent):
    """A mentor has seen what a trainee can do in one competency; `level` is null for "no chance to see it"."""

    key = "trainee_id"
    rating_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: Code
    level: Level | None
    observed_on: date
    comment: Comment | None = Field(
        default=None,
        description="what was seen, in the mentor's own words, of whatever competency; it names nobody",
    )


class AttendanceRecorded(PublicEvent):
    """A trainee was at a workshop on a day for so many hours."""

    key = "trainee_id"
    trainee_id: UUID
    workshop_id: UUID
    attended_on: date
    hours: float = Field(ge=0, le=24)


class Severity(StrEnum):
    """How bad a safety incident was."""

    NEAR_MISS = "near_miss"
    FIRST_AID = "first_aid"
    INJURY = "injury"
    SERIOUS = "serious"


class SafetyIncidentReported(PublicEvent):
    """Something unsafe happened in a workshop where trainees are."""

    key = "workshop_id"
    incident_id: UUID
    workshop_id: UUID
    occurred_on: date
    severity: Severity
    competencies: list[Code] = Field(
        default_factory=list, max_length=20, description="what would have prevented it"
    )
