"""What curriculum says."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Requirement, Text
from shared.events.plan_parts import (
    Cause,
    Choice,
    Competency,
    DueRequirement,
    GapOutcome,
    ModuleChange,
    PlanModule,
    PlanPhase,
    RevisionClass,
    SeatKind,
    Side,
)


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


class RevisionOpened(Event):
    """A proposal to change a plan exists, with what caused it. The draft follows."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    plan_version: int = Field(description="the version that it would change")
    causes: list[Cause]
    deadline_on: date


class RevisionDrafted(Event):
    """The proposal has content: the smallest change found. `content_hash` is what votes are bound to."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    plan_version: int
    revision_class: RevisionClass
    causes: list[Cause]
    changes: list[ModuleChange]
    content_hash: str


class RevisionUndrafted(Event):
    """No change within the hour budget answers the causes: a person must decide what to give up."""

    key = "revision_id"
    revision_id: UUID
    missing: dict[Code, float] = Field(description="competency -> weighted hours still missing at best")


class VoteCast(Event):
    """A member of a panel has voted on exactly this content."""

    key = "revision_id"
    revision_id: UUID
    voter_id: UUID
    side: Side
    choice: Choice
    content_hash: str


class RevisionApproved(Event):
    """Both sides agree."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    content_hash: str
    queued_until: date | None = Field(default=None, description="the window, for a plan revision outside it")


class RevisionReturned(Event):
    """A side wants it changed; votes are void."""

    key = "revision_id"
    revision_id: UUID
    side: Side


class RevisionRejected(Event):
    """A side says no."""

    key = "revision_id"
    revision_id: UUID
    side: Side


class RevisionWithdrawn(Event):
    """Who proposed it took it back, or what it would change is gone."""

    key = "revision_id"
    revision_id: UUID


class RevisionReminded(Event):
    """So much of the time for voting has passed, and these sides have not voted enough."""

    key = "revision_id"
    revision_id: UUID
    percent: int
    sides: list[Side]


class RevisionEscalated(Event):
    """The deadline has passed without a decision: it now lies with the next level."""

    key = "revision_id"
    revision_id: UUID
    sides: list[Side]
    level: int = Field(default=1, description="how many levels have been asked by now")
    asks: Code | None = Field(default=None, description="the role that it lies with now")


class RevisionSeated(Event):
    """Who decides on a revision, or is told of it, has changed: a vote handed on, a voter added or excluded, a copy."""

    key = "revision_id"
    revision_id: UUID
    kind: SeatKind
    person_id: UUID
    side: Side | None = None
    given_by: UUID


class GapAnswered(Event):
    """A confirmed gap has an end: a plan version that answers it, or a reason why not."""

    key = "gap_id"
    gap_id: UUID
    outcome: GapOutcome
    revision_id: UUID | None = None
    plan_version: int | None = None
    competency: Code


class TeacherAssigned(Event):
    """A teacher of a college teaches these modules from now on. The whole list, each time. No name travels."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    modules: list[Code] = Field(max_length=50)


class SecondmentPlanned(Event):
    """A teacher goes to a plant for some weeks, with goals. It has a place on the calendar."""

    key = "secondment_id"
    secondment_id: UUID
    teacher_id: UUID
    enterprise_id: UUID
    workshop_id: UUID | None
    first_day: date
    last_day: date
    goals: list[Code] = Field(description="competencies to learn")


class SecondmentReported(Event):
    """A teacher came back and says what the plan must change."""

    key = "secondment_id"
    secondment_id: UUID
    teacher_id: UUID
    programme_id: UUID | None
    reported_on: date
    learnt: list[Code]
    requirements: list[Requirement] = Field(description="what should now be asked, if anything changed")


class TeacherQualified(Event):
    """A teacher counts as dual-qualified from a day until a day, or no longer does (until in the past)."""

    key = "teacher_id"
    teacher_id: UUID
    college_id: UUID
    dual_from: date
    dual_until: date


class ProjectOpened(Event):
    """A joint research platform takes on a problem, with its team and the competencies it builds."""

    key = "project_id"
    project_id: UUID
    programme_id: UUID
    enterprise_id: UUID
    problem: Text
    learner_ids: list[UUID]
    teacher_id: UUID
    mentor_id: UUID
    competencies: list[Code]


class ProjectFinished(Event):
    """A project has ended, and its learners are credited with competencies."""

    key = "project_id"
    project_id: UUID
    credited: dict[UUID, list[Code]]


class CredentialAwarded(Event):
    """A graduate takes this away: who has finished under which plan version, and what that version builds."""

    key = "trainee_id"
    credential_id: UUID
    trainee_id: UUID
    cohort_id: UUID
    title: Text
    degree: bool
    plan_id: UUID
    plan_version: int
    competencies: list[Code]
    awarded_on: date
