"""Who is put forward, starts, leaves and rises."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.events.base import Code
from shared.events.enterprise.public import Amount, PublicEvent


class EmployeeNominated(PublicEvent):
    """The enterprise puts an employee forward for an intake, with the facts that eligibility asks for."""

    key = "employee_id"
    intake_id: UUID
    employee_id: UUID
    hired_on: date
    born_on: date | None = None
    performance: int | None = Field(default=None, ge=1, le=5, description="5 outstanding, 3 good, 1 poor")
    marks: dict[Code, float] = Field(default_factory=dict, max_length=20)
    direction: Code | None = None


class EmployeeHired(PublicEvent):
    """A former trainee, or anyone who counts for a promise of jobs, has started work."""

    key = "employee_id"
    employee_id: UUID
    trainee_id: UUID | None = None
    position_id: UUID | None = None
    monthly_salary: Amount | None = Field(default=None, description="CNY")
    occurred_on: date


class LeavingReason(StrEnum):
    """Why employment ended."""

    RESIGNED = "resigned"
    DISMISSED = "dismissed"
    TRANSFERRED = "transferred"
    RETIRED = "retired"
    OTHER = "other"


class EmployeeLeft(PublicEvent):
    """An employee no longer works at the enterprise."""

    key = "employee_id"
    employee_id: UUID
    reason: LeavingReason
    occurred_on: date


class EmployeePromoted(PublicEvent):
    """An employee has moved to a higher position."""

    key = "employee_id"
    employee_id: UUID
    position_id: UUID
    occurred_on: date
