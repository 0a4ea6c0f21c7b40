"""What curriculum says."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event, Level, Requirement, Text, Value


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


class FrameworkPublished(Event):
    """A versioned set of competencies is in force."""

    key = "framework_id"
    framework_id: UUID
    framework_version: int
    competencies: list[Competency]


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
    set_by: str = Field(default="", max_length=200, description="who set the level, how and when")


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


class RevisionOpened(Event):
    """A proposal to change a plan exists, with what caused it. The draft follows."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    plan_version: int = Field(description="the version that it would change")
    causes: list[Cause]
    deadline_on: date


class ModuleChange(Value):
    """Hours of one module before and after."""

    module: Code
    before: Hours
    after: Hours


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


class Choice(StrEnum):
    """What a panel member can say."""

    APPROVE = "approve"
    RETURN = "return"
    REJECT = "reject"


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


class SeatKind(StrEnum):
    """What a person has to do with one revision beyond the panels."""

    ADDED = "added"
    DELEGATED = "delegated"
    CONFLICTED = "conflicted"
    COPIED = "copied"


class RevisionSeated(Event):
    """Who decides on a revision, or is told of it, has changed: a vote handed on, a voter added or excluded, a copy."""

    key = "revision_id"
    revision_id: UUID
    kind: SeatKind
    person_id: UUID
    side: Side | None = None
    given_by: UUID


class GapOutcome(StrEnum):
    """How a gap ends at curriculum."""

    ANSWERED = "answered"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"


class GapAnswered(Event):
    """A confirmed gap has an end: a plan version that answers it, or a reason why not."""

    key = "gap_id"
    gap_id: UUID
    outcome: GapOutcome
    revision_id: UUID | None = None
    plan_version: int | None = None
    competency: Code


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
