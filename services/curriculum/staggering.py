"""A version introduced by groups: some of a cohort first, the rest some boundaries later. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.curriculum.laying import next_boundary
from services.curriculum.refusals import IntroductionRefused
from shared.calendar import monday_of
from shared.events.base import Code
from shared.events.plan_parts import PlanPhase

MOST = 6
Start = tuple[int, date]


class Introduction(BaseModel):
    """Which groups of a cohort get the version first, and how many boundaries later the others do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cohort_id: UUID
    first: list[Code] = Field(min_length=1, max_length=50)
    boundaries: int = Field(ge=1, le=MOST)


class Later(BaseModel):
    """Who follows, and when."""

    trainees: list[UUID]
    week: int
    day: date


def check(asked: Introduction, groups: Mapping[str, Sequence[str]], starts: Sequence[Start]) -> None:
    """Refused where these groups or boundaries are not there, or nobody would be left to follow."""
    if unknown := sorted(set(asked.first) - set(groups)):
        here = ", ".join(sorted(groups)) or "none"
        raise IntroductionRefused(f"no group {', '.join(unknown)}; the groups are: {here}", field="first")
    if not set(groups) - set(asked.first):
        raise IntroductionRefused("all groups would be first; leave at least one for later", field="first")
    if asked.boundaries >= len(starts):
        left = max(0, len(starts) - 1)
        raise IntroductionRefused(f"after the first only {left} boundaries are left", field="boundaries")


def starts(phases: Sequence[PlanPhase], first_monday: date, first: Start | None) -> list[Start]:
    """The boundary of the first groups, then those at which the others may follow."""
    found: list[Start] = []
    while first and len(found) <= MOST:
        found.append(first)
        week = next_boundary(phases, first[0])
        first = (week, monday_of(first_monday, week)) if week else None
    return found


def later(
    asked: Introduction | None, groups: Mapping[str, Sequence[str]], possible: Sequence[Start]
) -> Later | None:
    """Who follows and when; None where all move at once, also because groups or boundaries have gone meanwhile."""
    if asked is None or asked.boundaries >= len(possible):
        return None
    rest = sorted(one for name, members in groups.items() if name not in asked.first for one in members)
    if not rest or not set(asked.first) & set(groups):
        return None
    week, day = possible[asked.boundaries]
    return Later(trainees=[UUID(one) for one in rest], week=week, day=day)
