"""What recruitment says."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Text, Value
from shared.programmes.grammar import Template


class ProgrammeOpened(Event):
    """A training scheme runs under an agreement. Carries its template resolved, so nobody else reads a file."""

    key = "programme_id"
    programme_id: UUID
    agreement_id: UUID
    college_id: UUID
    enterprise_ids: list[UUID]
    title: Text
    template: Template
    position_ids: list[UUID] = Field(description="the positions that its trainees are trained for")
    opened_on: date


class IntakeOpened(Event):
    """A recruitment round of a programme takes applications."""

    key = "intake_id"
    intake_id: UUID
    programme_id: UUID
    year: int
    seats: int
    opens_on: date
    closes_on: date


class ApplicantSelected(Event):
    """An applicant is offered a seat, with the reason in figures."""

    key = "application_id"
    application_id: UUID
    intake_id: UUID
    pool: Code
    score: float
    cutoff: float | None = Field(description="score of the last one admitted in this pool")
    expires_on: date | None = Field(default=None, description="the day until which the offer can be accepted")


class ApplicantRefused(Event):
    """An applicant is not offered a seat, with the reason: a failed predicate, a cut-off, a lapsed offer."""

    key = "application_id"
    application_id: UUID
    intake_id: UUID
    reason: Code = Field(
        description="not-eligible, below-cutoff, placed-elsewhere, declined, expired, withdrawn, intake-too-small"
    )
    predicate: str | None = Field(default=None, description="the failed predicate as the template writes it")
    needed: str | None = None
    had: str | None = None
    score: float | None = None
    cutoff: float | None = None
    waiting_place: int | None = None


class IntakeClosed(Event):
    """Selection of an intake has been run; the counts are exact."""

    key = "intake_id"
    intake_id: UUID
    programme_id: UUID
    applicants: int
    eligible: int
    selected: int
    waiting: int


class IntakeRefused(Event):
    """An intake cannot run under its template, for example with fewer applicants than the class must have."""

    key = "intake_id"
    intake_id: UUID
    programme_id: UUID
    reason: Code
    needed: int
    had: int


class Trainee(Value):
    """One trainee of a cohort, with the person number of each side. No name travels."""

    trainee_id: UUID
    enterprise_id: UUID
    college_number: Code
    enterprise_number: Code | None = None
    employee_id: UUID | None = None
    status: Code = Field(description="student, new-employee or employee: selects the rule pack")
    direction: Code | None = None
    group: Code | None = Field(default=None, description="the part of the cohort that moves together")
    born_on: date | None = None


class CohortEnrolled(Event):
    """All trainees of one intake have accepted their seats and start on `first_monday`. Whole state."""

    key = "cohort_id"
    cohort_id: UUID
    programme_id: UUID
    intake_id: UUID | None = Field(description="none when formed from running cohorts")
    college_id: UUID
    year: int
    title: Text
    first_monday: date
    trainees: list[Trainee]
    formed_from: list[UUID] = Field(
        default_factory=list, description="running cohorts that it was formed from"
    )


class TraineeWithdrew(Event):
    """A trainee has left the cohort for good."""

    key = "cohort_id"
    cohort_id: UUID
    trainee_id: UUID
    effective_from: date
