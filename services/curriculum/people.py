"""The tables of teachers, secondments and joint projects."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.curriculum.model import Json, Table


class Teacher(Table, table=True):
    """A teacher of a college. The name never leaves this service."""

    teacher_id: UUID = Field(primary_key=True)
    college_id: UUID = Field(index=True)
    name: str
    modules: list[str] = Field(sa_type=JSONB)
    competencies: list[str] = Field(sa_type=JSONB)
    dual_from: date | None = None
    dual_until: date | None = None
    qualifications: dict[str, str | None] = Field(default_factory=dict, sa_type=JSONB)
    """What is held, each with its last day; none where it does not end."""
    announced: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    """Which last day was said to come, of each qualification and, under an empty name, of dual status."""

    def held(self, on: date) -> set[str]:
        """What is held on that day."""
        return {
            name
            for name, until in self.qualifications.items()
            if until is None or date.fromisoformat(until) >= on
        }

    def ends(self) -> dict[str | None, date | None]:
        """The last day of each qualification, and under None of being dual-qualified."""
        dual: dict[str | None, date | None] = {None: self.dual_until} if self.dual_until else {}
        return dual | {
            name: date.fromisoformat(until) if until else None for name, until in self.qualifications.items()
        }

    def hold(self, qualifications: Mapping[str, date | str | None]) -> None:
        """The whole list, each time."""
        self.qualifications = {name: str(until) if until else None for name, until in qualifications.items()}

    def was_announced(self, name: str | None, until: date) -> bool:
        """Whether it was said already that this ends on that day."""
        return self.announced.get(name or "") == str(until)

    def announce(self, name: str | None, until: date) -> None:
        """It is said now that this ends on that day."""
        self.announced = {**self.announced, name or "": str(until)}

    def renew(self, name: str | None) -> None:
        """It does not end on the day that was said."""
        self.announced = {key: day for key, day in self.announced.items() if key != (name or "")}


class Qualification(Table, table=True):
    """A qualification by the name that its college gives it."""

    college_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    title: Json = Field(sa_type=JSONB)


class Secondment(Table, table=True):
    """A teacher's stint at a plant: goals, days, and what it taught."""

    secondment_id: UUID = Field(primary_key=True)
    teacher_id: UUID = Field(index=True)
    enterprise_id: UUID
    workshop_id: UUID | None = None
    programme_id: UUID | None = None
    first_day: date
    last_day: date
    goals: list[str] = Field(sa_type=JSONB)
    reported_on: date | None = None
    learnt: list[str] = Field(default_factory=list, sa_type=JSONB)
    comment: str | None = None


class Problem(Table, table=True):
    """A technical problem that a joint platform may take on."""

    problem_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    enterprise_id: UUID
    problem: Json = Field(sa_type=JSONB)


class Project(Table, table=True):
    """A team at work on a problem, and what its learners were credited with."""

    project_id: UUID = Field(primary_key=True)
    problem_id: UUID
    programme_id: UUID
    learner_ids: list[str] = Field(sa_type=JSONB)
    teacher_id: UUID
    mentor_id: UUID
    competencies: list[str] = Field(sa_type=JSONB)
    credited: Json | None = Field(default=None, sa_type=JSONB)
