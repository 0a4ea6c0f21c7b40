"""The tables of curriculum. `apply` is the only place where a row follows from a fact."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Enum, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.curriculum.transitions import OPEN, State
from shared.events.curriculum import PlanPublished
from shared.events.enterprise import PositionPublished
from shared.events.plan_parts import CauseKind, Choice, RevisionClass, Side
from shared.events.recruitment import CohortEnrolled, ProgrammeOpened

Json = dict[str, Any]


def word(kind: type[StrEnum]) -> Enum:
    """A column that holds a word of this kind, written as it is said."""
    return Enum(
        kind, native_enum=False, length=20, values_callable=lambda words: [one.value for one in words]
    )


class Table(SQLModel, registry=registry()):
    """The tables of this service alone."""


class Framework(Table, table=True):
    """One version of a set of competencies."""

    framework_id: UUID = Field(primary_key=True)
    framework_version: int = Field(primary_key=True)
    title: Json = Field(sa_type=JSONB)
    competencies: list[Json] = Field(sa_type=JSONB)
    published_on: date
    profile: list[Json] = Field(default_factory=list, sa_type=JSONB)


class CasePackage(Table, table=True):
    """A CASE package as it came in: what leaves again is this, whole."""

    __tablename__ = "case_package"
    document_id: UUID = Field(primary_key=True)
    framework_version: int = Field(primary_key=True)
    body: Json = Field(sa_type=JSONB)


class Alignment(Table, table=True):
    """A competency of ours and what it corresponds to elsewhere: ESCO, O*NET, another framework."""

    framework_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    target: str = Field(primary_key=True)
    kind: str
    target_title: str


class Position(Table, table=True):
    """A job at an enterprise, as it last published it."""

    position_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    title: Json = Field(sa_type=JSONB)
    profile: list[Json] = Field(sa_type=JSONB)
    tasks: list[Json] = Field(sa_type=JSONB)
    qualities: list[Json] = Field(sa_type=JSONB)
    set_by: str = ""
    set_on: date | None = None
    method: str = ""

    def apply(self, published: PositionPublished) -> None:
        """The whole profile, each time."""
        said = published.model_dump(mode="json")
        self.enterprise_id = published.enterprise_id
        self.title, self.profile = said["title"], said["profile"]
        self.tasks, self.qualities = said["tasks"], said["qualities"]
        self.set_by, self.set_on, self.method = published.set_by, published.set_on, published.method


class Programme(Table, table=True):
    """Our copy of a programme, with its template."""

    programme_id: UUID = Field(primary_key=True)
    college_id: UUID
    enterprise_ids: list[str] = Field(sa_type=JSONB)
    position_ids: list[str] = Field(sa_type=JSONB)
    agreement_id: UUID | None = None
    title: Json = Field(sa_type=JSONB)
    template: Json = Field(sa_type=JSONB)

    def apply(self, opened: ProgrammeOpened) -> None:
        """The whole programme, each time."""
        said = opened.model_dump(mode="json")
        self.college_id, self.agreement_id = opened.college_id, opened.agreement_id
        self.enterprise_ids, self.position_ids = said["enterprise_ids"], said["position_ids"]
        self.title, self.template = said["title"], said["template"]


class Cohort(Table, table=True):
    """Our copy of a cohort: when it started and how many are in it."""

    cohort_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    title: Json = Field(sa_type=JSONB)
    first_monday: date
    trainees: int

    def apply(self, enrolled: CohortEnrolled) -> None:
        """The whole cohort, each time."""
        self.programme_id, self.first_monday = enrolled.programme_id, enrolled.first_monday
        self.title, self.trainees = enrolled.title.model_dump(), len(enrolled.trainees)


class Plan(Table, table=True):
    """The curriculum of a programme; its row is the lock under which versions and revisions follow one another."""

    plan_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    title: Json = Field(sa_type=JSONB)
    latest_version: int
    content_hash: str

    def apply(self, published: PlanPublished) -> None:
        """A newer version."""
        self.latest_version, self.content_hash = published.plan_version, published.content_hash


class PlanVersion(Table, table=True):
    """One version, which never changes (a trigger of the database refuses it)."""

    __tablename__ = "plan_version"
    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    body: Json = Field(sa_type=JSONB)
    content_hash: str
    revision_id: UUID | None = None
    published_on: date


class InForce(Table, table=True):
    """From which week a cohort is taught by which version."""

    __tablename__ = "in_force"
    cohort_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    from_week: int
    effective_from: date
    later: list[str] = Field(default_factory=list, sa_type=JSONB)
    later_week: int | None = None
    later_from: date | None = None

    def begins(self, trainee_id: UUID) -> date:
        """The day from which it teaches this trainee."""
        follows = self.later_from is not None and str(trainee_id) in self.later
        return self.later_from if follows and self.later_from else self.effective_from


class Signal(Table, table=True):
    """Something that asks for a change of one plan. `asks`: competency -> how many times its hours."""

    cause_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(primary_key=True)
    kind: CauseKind = Field(sa_type=word(CauseKind))
    asks: dict[str, float] = Field(sa_type=JSONB)
    levels: dict[str, int] = Field(sa_type=JSONB, description="competency -> level asked from now on")
    evidence: Json = Field(sa_type=JSONB)
    evidence_until: date
    revision_id: UUID | None = Field(default=None, index=True)
    outcome: str | None = None


class Revision(Table, table=True):
    """A proposal to change a plan."""

    __table_args__ = (
        Index(
            "one_open_revision_a_plan",
            "plan_id",
            unique=True,
            postgresql_where=text("state IN (" + ", ".join(f"'{state}'" for state in sorted(OPEN)) + ")"),
        ),
    )
    revision_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(index=True)
    plan_version: int
    state: State = Field(sa_type=word(State))
    opened_on: date
    deadline_on: date
    revision_class: RevisionClass | None = Field(default=None, sa_type=word(RevisionClass))
    content_hash: str | None = None
    draft: Json | None = Field(default=None, sa_type=JSONB)
    queued_until: date | None = None
    new_version: int | None = None
    evidence: list[Json] | None = Field(default=None, sa_type=JSONB, description="frozen with the proposal")
    impact: Json | None = Field(default=None, sa_type=JSONB, description="whom it touched when it ended")
    escalation_level: int = 0
    nudged_on: date | None = None
    reopens: UUID | None = Field(default=None, description="the ended revision that this one takes up again")


class Vote(Table, table=True):
    """What one person said about one content."""

    revision_id: UUID = Field(primary_key=True)
    voter_id: UUID = Field(primary_key=True)
    content_hash: str = Field(primary_key=True)
    side: Side = Field(sa_type=word(Side))
    choice: Choice = Field(sa_type=word(Choice))
    comment: str | None = None
    cast_at: datetime = Field(sa_type=DateTime(timezone=True))
    void: bool = False


class Step(Table, table=True):
    """What happened to a revision, in order."""

    revision_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    act: str
    state: State = Field(sa_type=word(State))
    person_id: UUID | None = None
    whose: UUID | None = Field(default=None, description="the person whose seat it is about")
    comment: str | None = None
    content_hash: str | None = None
    at: datetime = Field(sa_type=DateTime(timezone=True))
