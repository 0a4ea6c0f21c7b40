"""The tables of who sits on a revision beyond the panels, and of the weeks at the plant that a change would touch."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.curriculum.model import Table, word
from shared.events.placement import TimetableChanged, TimetablePublished
from shared.events.plan_parts import SeatKind, Side


class Seat(Table, table=True):
    """A vote handed on, a voter added, a voter who must not vote, or a person who gets a copy."""

    revision_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    kind: SeatKind = Field(primary_key=True, sa_type=word(SeatKind))
    side: Side | None = Field(default=None, sa_type=word(Side))
    given_by: UUID
    comment: str | None = None
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Rota(Table, table=True):
    """Our copy of a cohort's timetable, as far as a revision asks for it: module and week of each stint."""

    cohort_id: UUID = Field(primary_key=True)
    timetable_version: int
    stints: list[tuple[int, str | None, int]] = Field(
        sa_type=JSONB, description="week, module, trainees in the group"
    )

    groups: dict[str, list[str]] = Field(
        default_factory=dict, sa_type=JSONB, description="trainees by the group in which they move"
    )

    def apply(self, told: TimetablePublished | TimetableChanged) -> None:
        """The whole timetable; an older one than ours changes nothing."""
        if told.timetable_version < self.timetable_version:
            return
        size = {group.group: len(group.trainee_ids) for group in told.groups}
        self.timetable_version = told.timetable_version
        self.groups = {one.group: [str(who) for who in one.trainee_ids] for one in told.groups}
        self.stints = [(one.week, one.module, size.get(one.group, 0)) for one in told.stints]


class StationMentor(Table, table=True):
    """Our copy of who mentors where, and since when."""

    __tablename__ = "station_mentor"
    mentor_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    station_id: UUID | None = None
    named_on: date
