"""What placement says."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Text, Value


class Stint(Value):
    """A group's week at a station. `stint_id` stays when it moves, so that calendars follow."""

    stint_id: UUID
    group: Code
    station_id: UUID
    workshop_id: UUID
    mentor_ids: list[UUID] = Field(default_factory=list)
    week: int = Field(ge=1, description="teaching week")
    monday: date
    module: Code | None = None


class Group(Value):
    """A part of a cohort that moves together."""

    group: Code
    trainee_ids: list[UUID]


class TimetablePublished(Event):
    """Who of a cohort is where, when. The whole timetable, with its proven bound."""

    key = "cohort_id"
    cohort_id: UUID
    timetable_version: int
    plan_id: UUID
    plan_version: int
    groups: list[Group]
    stints: list[Stint]
    cost: float = Field(description="weeks of lag between theory and its workshop, summed over trainees")
    lower_bound: float = Field(description="no timetable under these rules can cost less")


class TimetableChanged(Event):
    """A published timetable has changed as little as possible. The whole new timetable, and what moved."""

    key = "cohort_id"
    cohort_id: UUID
    timetable_version: int
    plan_id: UUID
    plan_version: int
    groups: list[Group]
    stints: list[Stint]
    moved: list[UUID] = Field(description="stints that are new or at another week or station")
    removed: list[UUID] = Field(default_factory=list)
    visits_moved: int = Field(description="moved and removed stints, times the trainees in them")
    visits_moved_bound: int = Field(description="fewest visits that any repair must move")
    cost: float
    lower_bound: float


class Conflict(Value):
    """A rule that cannot hold with the others, named; or, as rule `enough`, a part of what would let all hold."""

    rule: Code
    station_id: UUID | None = None
    crew_id: UUID | None = None
    weeks: list[int]
    missing: int = Field(description="seats a week, or learners of the crew a week")
    words: Text


class TimetableImpossible(Event):
    """No timetable keeps all rules; these are in conflict. What was published before stays."""

    key = "cohort_id"
    cohort_id: UUID
    plan_id: UUID
    plan_version: int
    conflicts: list[Conflict]
