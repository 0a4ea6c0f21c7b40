"""What the events of curriculum are made of: competencies, parts of a plan, and the words of its revision."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Level, Text, Value


class Competency(Value):
    """One thing that a person can do."""

    code: Code
    title: Text
    source: str = Field(
        default="", max_length=300, description="where it comes from, for example O*NET 2.B.3.g"
    )
    levels: list[Text] = Field(
        default_factory=list, max_length=5, description="what levels 1 to 5 mean for it"
    )


class Hours(Value):
    """Hours of a module by setting."""

    theory: float = Field(default=0, ge=0)
    simulation: float = Field(default=0, ge=0)
    workshop: float = Field(default=0, ge=0)
    line: float = Field(default=0, ge=0)

    def total(self) -> float:
        return self.theory + self.simulation + self.workshop + self.line


class PlanModule(Value):
    """One teachable unit of a plan version."""

    module: Code
    title: Text
    outcomes: list[Text] = Field(
        default_factory=list, max_length=30, description="what a trainee can do after it, in sentences"
    )
    phase: Code
    layer: Code = Field(default="common", description="common, direction or position")
    direction: Code | None = None
    kinds: list[Code] = Field(
        default_factory=list,
        description="what it counts as in a pack of rules: public, ideological, elective",
    )
    qualifications: list[Code] = Field(
        default_factory=list, description="what its teacher or mentor must hold"
    )
    hours: Hours
    first_week: int | None = Field(default=None, ge=1, description="teaching week in which its theory starts")
    last_week: int | None = Field(default=None, ge=1, description="teaching week in which its theory ends")
    practised_at: list[UUID] = Field(
        default_factory=list, description="stations where it is practised, any of them"
    )
    prerequisites: list[Code] = Field(default_factory=list)
    locked: bool = Field(default=False, description="its hours never change")
    contribution: dict[Code, float] = Field(
        default_factory=dict, description="competency -> weight per hour, 0 to 3, by joint judgement"
    )
    full_effect_until: float | None = Field(
        default=None, ge=0, description="an hour beyond this counts half; none: the hours of version 1"
    )
    least_hours: float | None = Field(default=None, ge=0, description="none: half of its hours")
    most_hours: float | None = Field(default=None, ge=0, description="none: twice its hours")


class PlanPhase(Value):
    """A stretch of teaching weeks with its hour budget."""

    phase: Code
    title: Text
    first_week: int = Field(ge=1)
    last_week: int = Field(ge=1)
    theory_weeks: int = Field(default=0, ge=0, description="of each cycle")
    workshop_weeks: int = Field(default=0, ge=0, description="of each cycle")
    simulation_weeks: int = Field(default=0, ge=0, description="of each cycle")
    budget: float = Field(ge=0, description="hours")


class DueRequirement(Value):
    """A requirement of the plan, and the teaching week from which ratings count for it."""

    competency: Code
    level: Level
    importance: float = 1.0
    due_week: int = Field(ge=1, description="after its module plus some weeks of practice")
    position_id: UUID | None = None
    set_by: str = Field(default="", max_length=200, description="who set the level; empty: not recorded")
    set_on: date | None = Field(default=None, description="when it was set")
    method: str = Field(default="", max_length=300, description="how it was set")


class CauseKind(StrEnum):
    """What can open a revision."""

    GAP = "gap"
    TECHNOLOGY = "technology"
    SECONDMENT = "secondment"
    PROJECT = "project"
    PERSON = "person"
    REVISION = "revision"


class Cause(Value):
    """A signal that a revision answers."""

    kind: CauseKind
    cause_id: UUID
    competencies: list[Code]


class RevisionClass(StrEnum):
    """An adjustment keeps the hours and may come at any time; a plan revision waits for the yearly window."""

    ADJUSTMENT = "adjustment"
    PLAN_REVISION = "plan_revision"


class Side(StrEnum):
    """The two sides of an agreement."""

    COLLEGE = "college"
    ENTERPRISE = "enterprise"


class ModuleChange(Value):
    """One module before and after: its hours, and the whole module where more than these changes."""

    module: Code
    before: Hours
    after: Hours
    becomes: PlanModule | None = Field(
        default=None, description="the whole module, where it is new or more than its hours changes"
    )
    removed: bool = Field(default=False, description="the module is taken out of the plan")


class Choice(StrEnum):
    """What a panel member can say."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


class SeatKind(StrEnum):
    """What a person has to do with one revision beyond the panels."""

    ADDED = "added"
    DELEGATED = "delegated"
    CONFLICTED = "conflicted"
    COPIED = "copied"


class GapOutcome(StrEnum):
    """How a gap ends at curriculum."""

    ANSWERED = "answered"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"
