"""Where trainees practise and who guides them: stations, mentors, crews, staff, and when nobody is taken."""

from datetime import date
from uuid import UUID

from pydantic import Field, model_validator

from shared.events.base import Code, Text, Value
from shared.events.enterprise.public import PublicEvent


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
