"""The tables of placement: copies of what others said, and the timetable itself."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.events.curriculum import PlanInForce, PlanPublished
from shared.events.enterprise import MentorLeft, MentorNamed, ShutdownPlanned, StationsOffered
from shared.events.placement import Stint
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened, Trainee, TraineeWithdrew


class Table(SQLModel, registry=registry()):
    """The tables of this service alone."""


def _json() -> Any:
    return Column(JSONB, nullable=False)


class Programme(Table, table=True):
    """A programme with its template, as recruitment said it."""

    programme_id: UUID = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, opened: ProgrammeOpened) -> "Programme":
        """The whole event: its template rules the timetable."""
        return cls(programme_id=opened.programme_id, content=opened.model_dump(mode="json"))


class Plan(Table, table=True):
    """A plan version, as curriculum said it."""

    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, published: PlanPublished) -> "Plan":
        """The whole event: its modules are the visits."""
        content = published.model_dump(mode="json")
        return cls(plan_id=published.plan_id, plan_version=published.plan_version, content=content)


class Cohort(Table, table=True):
    """A cohort, the plan it is taught by, and where its timetable stands."""

    cohort_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    college_id: UUID
    year: int
    title: dict[str, str] = Field(sa_column=_json())
    first_monday: date
    plan_id: UUID | None = Field(default=None, index=True)
    plan_version: int | None = None
    from_week: int | None = None
    versions: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    """Each version that was in force and from which week on, with the trainees whom it reaches later."""
    queued: bool = Field(default=False, description="a job that will look at it again is waiting")
    status: str = "waiting"
    waiting_for: list[dict[str, str]] = Field(default_factory=list, sa_column=_json())
    conflicts: list[dict[str, Any]] = Field(default_factory=list, sa_column=_json())
    timetable_version: int = 0

    @classmethod
    def from_event(cls, enrolled: CohortEnrolled) -> "Cohort":
        """A new cohort; its trainees are rows of their own."""
        cohort = cls(
            cohort_id=enrolled.cohort_id, programme_id=enrolled.programme_id, college_id=enrolled.college_id,
            year=enrolled.year, title={}, first_monday=enrolled.first_monday,
        )  # fmt: skip
        cohort.apply(enrolled)
        return cohort

    def apply(self, said: CohortEnrolled | PlanInForce) -> None:
        """The only place where a cohort changes by what others say."""
        if isinstance(said, CohortEnrolled):
            self.title, self.first_monday, self.year = said.title.model_dump(), said.first_monday, said.year
        elif self.from_week is None or (said.from_week, said.plan_version) >= (
            self.from_week,
            self.plan_version or 0,
        ):
            kept = self.versions or self._first_version()
            reach = {"plan_id", "plan_version", "from_week", "later", "later_week"}
            self.versions = [*kept, said.model_dump(mode="json", include=reach)]
            self.plan_id, self.plan_version, self.from_week = said.plan_id, said.plan_version, said.from_week

    def _first_version(self) -> list[dict[str, Any]]:
        """Of a cohort whose version was heard of before these were kept."""
        if self.plan_id is None:
            return []
        known = {"plan_id": str(self.plan_id), "plan_version": self.plan_version, "from_week": self.from_week}
        return [known | {"later": [], "later_week": None}]


class Member(Table, table=True):
    """A trainee's place in a cohort."""

    cohort_id: UUID = Field(primary_key=True)
    trainee_id: UUID = Field(primary_key=True, index=True)
    enterprise_id: UUID
    group: str | None = None
    direction: str | None = None
    status: str
    born_on: date | None = None
    college_number: str | None = None
    enterprise_number: str | None = None
    withdrew_on: date | None = None

    @classmethod
    def from_event(cls, cohort_id: UUID, trainee: Trainee) -> "Member":
        """What placement needs of a trainee."""
        return cls(cohort_id=cohort_id, **trainee.model_dump(include=set(cls.model_fields) - {"cohort_id"}))

    def apply(self, withdrew: TraineeWithdrew) -> None:
        """The seat is free from this day."""
        self.withdrew_on = withdrew.effective_from


class Offer(Table, table=True):
    """The stations that a workshop offers from a day on, until its next offer."""

    workshop_id: UUID = Field(primary_key=True)
    effective_from: date = Field(primary_key=True)
    effective_until: date | None = None
    enterprise_id: UUID = Field(index=True)
    title: dict[str, str] = Field(sa_column=_json())
    stations: list[dict[str, Any]] = Field(sa_column=_json())

    @classmethod
    def from_event(cls, offered: StationsOffered) -> "Offer":
        """The whole offer."""
        return cls(**{**offered.model_dump(mode="json"), **offered.model_dump(include=DAYS | IDS)})


DAYS = {"effective_from", "effective_until", "first_day", "last_day"}
IDS = {
    "workshop_id",
    "enterprise_id",
    "station_id",
    "shutdown_id",
    "mentor_id",
    "secondment_id",
    "teacher_id",
}


class Mentor(Table, table=True):
    """A technician at a station. The name is the only thing here that no event carries."""

    mentor_id: UUID = Field(primary_key=True)
    enterprise_id: UUID = Field(index=True)
    workshop_id: UUID
    station_id: UUID = Field(index=True)
    ratio: int
    effective_from: date
    left_from: date | None = None
    name: str | None = None

    @classmethod
    def from_event(cls, named: MentorNamed) -> "Mentor":
        """A mentor as named."""
        return cls(**named.model_dump())

    def apply(self, said: MentorNamed | MentorLeft) -> None:
        """A mentor named again moves; one who left stays on record."""
        if isinstance(said, MentorLeft):
            self.left_from = said.effective_from
            return
        self.workshop_id, self.station_id, self.ratio = said.workshop_id, said.station_id, said.ratio
        self.effective_from = said.effective_from
        if self.left_from is not None and self.left_from <= said.effective_from:
            self.left_from = None


class Shutdown(Table, table=True):
    """Days in which a workshop, or one station, takes nobody."""

    shutdown_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    workshop_id: UUID = Field(index=True)
    station_id: UUID | None = None
    first_day: date
    last_day: date

    @classmethod
    def from_event(cls, planned: ShutdownPlanned) -> "Shutdown":
        """A shutdown as planned."""
        return cls(**planned.model_dump())


class Timetable(Table, table=True):
    """Every version of a cohort's timetable that was said, as it was said."""

    cohort_id: UUID = Field(primary_key=True)
    timetable_version: int = Field(primary_key=True)
    plan_id: UUID
    plan_version: int
    cost: float
    lower_bound: float
    groups: list[dict[str, Any]] = Field(sa_column=_json())
    prices: list[list[Any]] = Field(default_factory=list, sa_column=_json())
    visits_moved: int | None = None
    visits_moved_bound: int | None = None
    places: dict[str, list[Any]] = Field(default_factory=dict, sa_column=_json())
    """Stint id -> station id and teaching week, so that a version can be gone back to."""
    said_on: date | None = None


class StintRow(Table, table=True):
    """A group's week at a station, now. The id stays when it moves; the sequence rises."""

    __tablename__ = "stint"
    stint_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(index=True)
    group: str
    station_id: UUID = Field(index=True)
    workshop_id: UUID
    mentor_ids: list[str] = Field(sa_column=_json())
    week: int
    monday: date = Field(index=True)
    module: str | None = None
    seats: int
    sequence: int = 0
    cancelled: bool = False

    def apply(self, stint: Stint, seats: int) -> None:
        """The only place where a stint changes."""
        said = stint.model_dump(mode="json", exclude={"stint_id", "monday", "station_id", "workshop_id"})
        before = (self.station_id, self.monday, self.mentor_ids, self.cancelled)
        for name, value in said.items():
            setattr(self, name, value)
        self.station_id, self.workshop_id, self.monday = stint.station_id, stint.workshop_id, stint.monday
        self.seats, self.cancelled = seats, False
        if before != (self.station_id, self.monday, self.mentor_ids, False):
            self.sequence += 1
