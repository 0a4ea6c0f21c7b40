"""Feedback's own copies of what other services own: kept from their events, never asked back."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """The tables of this service alone."""


class Programme(Table, table=True):
    """A training scheme with its thresholds. Its row is the lock under which verdicts are made."""

    programme_id: UUID = Field(primary_key=True)
    agreement_id: UUID = Field(index=True)
    college_id: UUID
    enterprise_ids: list[str] = Field(sa_type=JSONB)
    title: dict[str, str] = Field(sa_type=JSONB)
    evidence: dict[str, Any] = Field(sa_type=JSONB)


class Cohort(Table, table=True):
    """All trainees of one intake."""

    cohort_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    college_id: UUID
    title: dict[str, str] = Field(sa_type=JSONB)
    first_monday: date


class Member(Table, table=True):
    """A trainee in a cohort. A trainee may have been in several."""

    trainee_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(primary_key=True, index=True)
    enterprise_id: UUID
    college_number: str
    enterprise_number: str | None = None
    withdrew_on: date | None = None


class CompetencyName(Table, table=True):
    """What a competency is called."""

    __tablename__ = "competency"
    code: str = Field(primary_key=True)
    title: dict[str, str] = Field(sa_type=JSONB)


class PlanVersion(Table, table=True):
    """What a plan version asks and how many weighted hours it gives."""

    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    requirements: list[dict[str, Any]] = Field(sa_type=JSONB)
    modules: list[dict[str, Any]] = Field(sa_type=JSONB)
    coverage: dict[str, float] = Field(sa_type=JSONB)
    last_week: int


class InForce(Table, table=True):
    """From a day on, a cohort is taught by a plan version."""

    __tablename__ = "in_force"
    cohort_id: UUID = Field(primary_key=True)
    effective_from: date = Field(primary_key=True)
    plan_id: UUID
    plan_version: int
    from_week: int
    later: list[str] = Field(default_factory=list, sa_type=JSONB)
    later_week: int | None = None
    later_from: date | None = None

    def begins(self, trainee_id: UUID) -> date:
        """The day from which it teaches this trainee, whose group may follow later than the others."""
        follows = self.later_from is not None and str(trainee_id) in self.later
        return self.later_from if follows and self.later_from else self.effective_from


class Mentor(Table, table=True):
    """A mentor and the station of the newest naming."""

    mentor_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    workshop_id: UUID
    station_id: UUID
    ratio: int
    effective_from: date
    left_from: date | None = None


class Station(Table, table=True):
    """A place where trainees practise, and what."""

    station_id: UUID = Field(primary_key=True)
    workshop_id: UUID = Field(index=True)
    enterprise_id: UUID
    title: dict[str, str] = Field(sa_type=JSONB)
    competencies: list[str] = Field(sa_type=JSONB)


class Timetable(Table, table=True):
    """Who of a cohort is where, when."""

    cohort_id: UUID = Field(primary_key=True)
    timetable_version: int
    groups: list[dict[str, Any]] = Field(sa_type=JSONB)
    stints: list[dict[str, Any]] = Field(sa_type=JSONB)


class Employment(Table, table=True):
    """One person's work at an enterprise, from the day of hiring."""

    employee_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(primary_key=True)
    trainee_id: UUID | None = Field(default=None, index=True)
    hired_on: date | None = None
    monthly_salary: float | None = None
    left_on: date | None = None
    left_because: str | None = None
    promoted_on: date | None = None


class Payment(Table, table=True):
    """Part of a promise that the enterprise says it has delivered."""

    payment_id: UUID = Field(primary_key=True)
    promise_id: UUID = Field(index=True)
    amount: str
    occurred_on: date


class DualTeacher(Table, table=True):
    """From when until when a teacher counts as dual-qualified."""

    __tablename__ = "dual_teacher"
    teacher_id: UUID = Field(primary_key=True)
    college_id: UUID
    dual_from: date
    dual_until: date


class Selection(Table, table=True):
    """Exact counts of a closed intake."""

    intake_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    applicants: int
    eligible: int
    selected: int


class Attendance(Table, table=True):
    """Hours that a trainee was at a workshop on a day, as the enterprise said last."""

    trainee_id: UUID = Field(primary_key=True)
    workshop_id: UUID = Field(primary_key=True)
    attended_on: date = Field(primary_key=True)
    enterprise_id: UUID
    hours: float


class Incident(Table, table=True):
    """Something unsafe that happened in a workshop, as the enterprise said last."""

    incident_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(index=True)
    workshop_id: UUID
    occurred_on: date
    severity: str
    competencies: list[str] = Field(sa_type=JSONB)
