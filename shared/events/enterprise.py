"""What an enterprise can say. The gateway checks each of these and says it on the enterprise's behalf.

Every one carries `enterprise_id`; ids are UUIDs that the enterprise mints for its own things, and it keeps them.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from shared.events.base import Code, Event, Level, Requirement, Text, Value

Amount = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
"""How much of something: never negative, never more digits than a ledger has."""


class PublicEvent(Event):
    """An event that a source outside may send; `enterprise_id` must be that of its key."""

    enterprise_id: UUID


class PositionPublished(PublicEvent):
    """A job at the enterprise, with what it asks of the person who does it. The whole profile, each time."""

    key = "position_id"
    position_id: UUID
    title: Text
    profile: list[Requirement] = Field(min_length=1, max_length=100)
    tasks: list[Text] = Field(default_factory=list, max_length=100)
    qualities: list[Text] = Field(default_factory=list, max_length=30)


class PromiseKind(StrEnum):
    """What an agreement can promise."""

    SEATS = "seats"
    TUITION = "tuition"
    STATIONS_PER_WEEK = "stations_per_week"
    MENTOR_RATIO = "mentor_ratio"
    JOBS = "jobs"
    SALARY_BAND = "salary_band"


class Promise(Value):
    """One promise that can be checked: so much of something by a date."""

    promise_id: UUID
    kind: PromiseKind
    amount: Amount = Field(description="seats, CNY, stations, trainees per mentor, jobs, or CNY a month")
    due_on: date


class AgreementSigned(PublicEvent):
    """College and enterprise have signed a contract whose promises can be checked."""

    key = "agreement_id"
    agreement_id: UUID
    college_id: UUID
    signed_on: date
    promises: list[Promise] = Field(default_factory=list, max_length=50)


class Station(Value):
    """A place in a workshop where trainees practise, with the seats that its bench has."""

    station_id: UUID
    title: Text
    seats: int = Field(ge=0, le=500, description="trainees that the bench takes in one week")
    competencies: list[Code] = Field(
        default_factory=list, max_length=100, description="what is practised here"
    )


class StationsOffered(PublicEvent):
    """A workshop takes trainees at these stations from a day on. Replaces what it offered before from that day."""

    key = "workshop_id"
    workshop_id: UUID
    title: Text
    stations: list[Station] = Field(min_length=1, max_length=50)
    effective_from: date
    effective_until: date | None = None


class MentorNamed(PublicEvent):
    """A technician guides trainees at a station. The name of the person stays with the enterprise."""

    key = "mentor_id"
    mentor_id: UUID
    workshop_id: UUID
    station_id: UUID
    ratio: int = Field(ge=1, le=50, description="trainees that the mentor guides at one time")
    effective_from: date


class MentorLeft(PublicEvent):
    """A mentor no longer guides trainees."""

    key = "mentor_id"
    mentor_id: UUID
    effective_from: date


class ShutdownPlanned(PublicEvent):
    """A workshop, or one station of it, takes nobody in these days (first and last included)."""

    key = "workshop_id"
    shutdown_id: UUID
    workshop_id: UUID
    station_id: UUID | None = None
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> "ShutdownPlanned":
        if self.last_day < self.first_day:
            raise ValueError("last_day lies before first_day")
        return self


class CrewLearner(Value):
    """A trainee who works in the crew."""

    trainee_id: UUID


class ReleaseLimited(PublicEvent):
    """A crew lets at most so many of its learners be away from their job in one week. The whole crew, each time."""

    key = "crew_id"
    crew_id: UUID
    title: Text
    release_limit: int = Field(ge=0, le=500, description="learners who may be at a station in one week")
    learners: list[CrewLearner] = Field(max_length=500)


class PostStaff(Value):
    """How many people work at the post that a station belongs to."""

    station_id: UUID
    staff: int = Field(ge=0, le=100_000)


class StaffCounted(PublicEvent):
    """How many people work in a workshop, and at the posts of its stations. The whole workshop, each time."""

    key = "workshop_id"
    workshop_id: UUID
    counted_on: date
    staff: int = Field(ge=0, le=1_000_000, description="people who work in the workshop, without interns")
    posts: list[PostStaff] = Field(default_factory=list, max_length=50)


class TraineeRated(PublicEvent):
    """A mentor has seen what a trainee can do in one competency; `level` is null for "no chance to see it"."""

    key = "trainee_id"
    rating_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: Code
    level: Level | None
    observed_on: date


class TechnologyChanged(PublicEvent):
    """The plant works differently from a day on, so what is taught must follow."""

    key = "change_id"
    change_id: UUID
    title: Text
    requirements: list[Requirement] = Field(
        min_length=1, max_length=50, description="the competencies touched, at the level now asked"
    )
    effective_from: date


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


class PromiseKept(PublicEvent):
    """The enterprise states that it has delivered part or all of a promise of an agreement."""

    key = "agreement_id"
    agreement_id: UUID
    promise_id: UUID
    amount: Amount
    occurred_on: date
