"""The tables of feedback: what it owns. Its copies of what others own are in `copies.py`."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.feedback.copies import Table
from shared.events.curriculum import GapAnswered
from shared.events.feedback import EffectMeasured, GapClosed, GapConfirmed, PromiseChecked


class Rating(Table, table=True):
    """What a mentor saw. Cohort, plan version and week are derived; `level` is null for "no chance to see it"."""

    __table_args__: ClassVar[Any] = (
        Index("rating_of_cohort", "cohort_id", "plan_version", "observed_on"),
        Index("rating_of_mentor", "mentor_id", "observed_on"),
    )
    rating_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    trainee_id: UUID
    mentor_id: UUID
    competency: str
    level: int | None
    observed_on: date
    cohort_id: UUID
    plan_id: UUID
    plan_version: int
    week: int
    steps: list[bool] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class Comment(Table, table=True):
    """What a mentor wrote beside a rating, and what a person says that it is about. What was only suggested is not kept.

    `competency` is the one rated; `about` is null until somebody has read it, and empty where it is about none.
    """

    rating_id: UUID = Field(primary_key=True)
    enterprise_id: UUID
    cohort_id: UUID = Field(index=True)
    competency: str
    observed_on: date
    words: str
    about: list[str] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    read_by: UUID | None = None
    read_on: date | None = None

    def read(self, about: list[str], by: UUID, on: date) -> None:
        """What it is about; a later reader may correct it."""
        self.about, self.read_by, self.read_on = about, by, on


class Verdict(Table, table=True):
    """What a monthly look found of one competency, under the rule named. Never rewritten."""

    cohort_id: UUID = Field(primary_key=True)
    looked_on: date = Field(primary_key=True)
    competency: str = Field(primary_key=True)
    plan_id: UUID
    plan_version: int
    due_week: int
    answer: str
    reason: str
    rule: str
    required: float
    ratings: int = 0
    trainees: int = 0
    mentors: int = 0
    stations: int = 0
    uncorrected_mean: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    threshold: float | None = None
    e_value: float | None = None
    looks: int = 1
    cohorts: int = 1
    link_mentor_id: UUID | None = None
    link_competency: str | None = None


class Gap(Table, table=True):
    """A confirmed shortfall and what became of it. At most one is open for a plan version and competency."""

    __table_args__: ClassVar[Any] = (
        Index(
            "one_open_gap",
            "plan_id",
            "plan_version",
            "competency",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )
    gap_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    cohort_id: UUID
    plan_id: UUID
    plan_version: int
    competency: str
    evidence_until: date
    confirmed_on: date
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    state: str = "open"
    answered_by_version: int | None = None
    verdict: str | None = None

    @classmethod
    def from_event(cls, confirmed: GapConfirmed, confirmed_on: date) -> "Gap":
        said = confirmed.model_dump(mode="json", exclude={"quotes"})  # comments are read where they are kept
        named = confirmed.model_dump(
            include={
                "gap_id",
                "programme_id",
                "cohort_id",
                "plan_id",
                "plan_version",
                "competency",
                "evidence_until",
            }
        )
        return cls(**named, confirmed_on=confirmed_on, evidence=said)

    def apply(self, fact: GapAnswered | GapClosed) -> None:
        """How curriculum ended it, or what the effect of the answer was."""
        if isinstance(fact, GapClosed):
            self.state, self.verdict = "closed", fact.verdict
        else:
            self.state, self.answered_by_version = str(fact.outcome), fact.plan_version


class Effect(Table, table=True):
    """Two cohorts compared, once. `mentors` by competency, and `trainees` of its smallest part."""

    __table_args__: ClassVar[Any] = (
        Index(
            "one_effect",
            "plan_id",
            "from_version",
            "to_version",
            "cohort_before",
            "cohort_after",
            unique=True,
        ),
    )
    effect_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    plan_id: UUID
    from_version: int
    to_version: int
    cohort_before: UUID
    cohort_after: UUID
    week: int
    rule: str
    measured_on: date
    effects: list[dict[str, Any]] = Field(sa_type=JSONB)
    mentors: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    trainees: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)

    @classmethod
    def from_event(
        cls, measured: EffectMeasured, measured_on: date, mentors: dict[str, int], trainees: dict[str, int]
    ) -> "Effect":
        effects = measured.model_dump(mode="json")["effects"]
        named = measured.model_dump(exclude={"effects"})
        return cls(**named, measured_on=measured_on, effects=effects, mentors=mentors, trainees=trainees)


class PromiseState(Table, table=True):
    """A promise of an agreement, and how it stood when it was last held against events."""

    __tablename__ = "promise"
    promise_id: UUID = Field(primary_key=True)
    agreement_id: UUID = Field(index=True)
    enterprise_id: UUID
    college_id: UUID
    kind: str
    promised: str
    due_on: date
    delivered: str = "0"
    verdict: str = "open"
    checked_on: date | None = None

    def apply(self, checked: PromiseChecked) -> None:
        self.delivered, self.verdict, self.checked_on = (
            str(checked.delivered),
            checked.verdict,
            checked.checked_on,
        )


class Contest(Table, table=True):
    """What a mentor says against the severity that was told on that day, and the college's answer. Never deleted.

    The college is that of the cohort by which the severity was told; null where the mentor had rated none.
    """

    contest_id: UUID = Field(primary_key=True)
    mentor_id: UUID = Field(index=True)
    college_id: UUID | None = None
    raised_on: date
    comment: str
    severity: float | None = None
    se: float | None = None
    answer: str | None = None
    answered_by: UUID | None = None
    answered_on: date | None = None

    def answered(self, answer: str, by: UUID, on: date) -> None:
        """The college has spoken."""
        self.answer, self.answered_by, self.answered_on = answer, by, on
