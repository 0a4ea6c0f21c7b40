"""What is taught: frameworks, versions of plans, and which of them is in force for whom."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Text
from shared.events.plan_parts import Competency, DueRequirement, PlanModule, PlanPhase


class FrameworkPublished(Event):
    """A versioned set of competencies is in force."""

    key = "framework_id"
    framework_id: UUID
    framework_version: int
    competencies: list[Competency]


class PlanPublished(Event):
    """A plan version exists and never changes. The whole version."""

    key = "plan_id"
    plan_id: UUID
    plan_version: int = Field(ge=1)
    programme_id: UUID
    title: Text
    phases: list[PlanPhase]
    modules: list[PlanModule]
    requirements: list[DueRequirement]
    coverage: dict[Code, float] = Field(description="competency -> weighted hours of this version")
    content_hash: str
    revision_id: UUID | None = Field(default=None, description="the revision that it carries out")


class PlanInForce(Event):
    """From this teaching week on, a cohort is taught by this plan version."""

    key = "cohort_id"
    cohort_id: UUID
    plan_id: UUID
    plan_version: int
    from_week: int = Field(ge=1)
    effective_from: date
    later: list[UUID] = Field(
        default_factory=list,
        description="trainees of the groups that get it later: until later_from the version before teaches them",
    )
    later_week: int | None = Field(default=None, ge=1, description="the teaching week in which they follow")
    later_from: date | None = None
