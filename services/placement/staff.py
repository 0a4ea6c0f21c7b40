"""Tables of what both sides say about their own people: crews, how many work where, who teaches which modules or is at a plant."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.placement.model import Table
from shared.events.curriculum import SecondmentPlanned, TeacherAssigned
from shared.events.enterprise import ReleaseLimited, StaffCounted


def _json() -> Any:
    return Column(JSONB, nullable=False)


class Crew(Table, table=True):
    """Learners who work in one crew, and how many of them may be at a station in one week."""

    crew_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(index=True)
    title: dict[str, str] = Field(sa_column=_json())
    release_limit: int
    learners: list[str] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, limited: ReleaseLimited) -> "Crew":
        """The whole crew."""
        learners = sorted({str(one.trainee_id) for one in limited.learners})
        return cls(**limited.model_dump(exclude={"learners"}), learners=learners)


class Staff(Table, table=True):
    """How many people work in a workshop, and at the post of each station."""

    workshop_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(index=True)
    staff: int
    posts: dict[str, int] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, counted: StaffCounted) -> "Staff":
        """The whole workshop; of a station named twice the last number."""
        posts = {str(post.station_id): post.staff for post in counted.posts}
        return cls(**counted.model_dump(include={"workshop_id", "enterprise_id", "staff"}), posts=posts)


class Teacher(Table, table=True):
    """A teacher of a college, and the modules whose theory is theirs. The name stays in curriculum."""

    teacher_id: UUID = Field(primary_key=True)
    college_id: UUID = Field(index=True)
    modules: list[str] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, assigned: TeacherAssigned) -> "Teacher":
        """The whole list."""
        return cls(**assigned.model_dump())


class Secondment(Table, table=True):
    """A teacher's stint at a plant."""

    secondment_id: UUID = Field(primary_key=True)
    teacher_id: UUID = Field(index=True)
    enterprise_id: UUID
    workshop_id: UUID | None = None
    first_day: date
    last_day: date
    goals: list[str] = Field(sa_column=_json())
    sequence: int = 0

    @classmethod
    def from_event(cls, planned: SecondmentPlanned) -> "Secondment":
        """A secondment as planned."""
        return cls(**planned.model_dump())
