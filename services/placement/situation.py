"""What a cohort's timetable depends on. Pure values; weeks count from 1."""

from dataclasses import dataclass, field
from uuid import UUID

Place = tuple[UUID, int]
"""A station and a teaching week."""


@dataclass(frozen=True)
class Visit:
    """One module to be practised: where, not before which week, after which others."""

    module: str
    stations: tuple[UUID, ...]
    earliest: int
    after: tuple[str, ...] = ()
    kept: Place | None = None
    """A place that stays allowed although the rules have changed since."""


@dataclass(frozen=True)
class GroupNeed:
    """A group, how many seats it takes, what it must visit, and the weeks in which it is elsewhere."""

    group: str
    trainees: int
    visits: tuple[Visit, ...]
    busy: frozenset[int] = frozenset()
    published: dict[str, Place] = field(default_factory=dict)
    limited: tuple[tuple[UUID, int], ...] = ()
    """How many of the group count towards each limit."""
    slots: tuple[tuple[int, int], ...] = ()
    """Its own workshop weeks, where a plan version reaches it in another week than the plan has it; none: those of all."""


@dataclass(frozen=True)
class Situation:
    """Everything that the timetable of a cohort depends on."""

    weeks: int
    slots: tuple[tuple[int, int], ...]
    """First and last week; each holds at most one visit of a group."""
    gap: int
    soon: int
    groups: tuple[GroupNeed, ...]
    seats: dict[UUID, tuple[int, ...]]
    """Free seats of each station in each week, after what other cohorts take."""
    limits: dict[UUID, tuple[int, ...]] = field(default_factory=dict)
    """Of each crew, and of the interns of each enterprise, how many may be at a station in each week beside other cohorts."""
    posts: dict[UUID, tuple[int, ...]] = field(default_factory=dict)
    """Of each station whose seats the share of interns at its post limits, how many may be there in each week."""
    change_from: int | None = None
    """First week that may still change; none where nothing is published."""

    def slots_of(self, group: GroupNeed) -> tuple[tuple[int, int], ...]:
        """The workshop weeks of a group."""
        return group.slots or self.slots
