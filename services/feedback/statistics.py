"""The tables behind the deciding rule: running statistics, what was assumed before the first rating, and common vignettes."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.feedback.copies import Table
from shared.events.feedback import VignettesAsked


class Assumption(Table, table=True):
    """Variances of a cohort, frozen before its first rating and never changed; `source` says where they come from.

    So are whether it is `pooled`, judged together with the earlier cohorts under the same plan version, and the `rule`.
    """

    cohort_id: UUID = Field(primary_key=True)
    frozen_on: date
    source: str
    pooled: bool = False
    rule: str
    spread: dict[str, float] = Field(sa_type=JSONB)
    assumed: dict[str, Any] = Field(sa_type=JSONB)


class VarianceAudit(Table, table=True):
    """What the ratings of the days before say of the variances that were frozen: each with interval, frozen values and doubt."""

    __tablename__ = "variance_audit"
    cohort_id: UUID = Field(primary_key=True)
    made_on: date = Field(primary_key=True)
    plan_id: UUID
    plan_version: int
    rule: str
    ratings: int
    components: list[dict[str, Any]] = Field(sa_type=JSONB)


class RunningRow(Table, table=True):
    """The statistics of a cohort under a plan version: one row, read and written under the programme's lock."""

    __tablename__ = "running"
    cohort_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    pairs: list[list[Any]] = Field(sa_type=JSONB)
    trainees: list[list[Any]] = Field(sa_type=JSONB)
    figures: bytes


class TraineeSum(Table, table=True):
    """How often and how high one trainee was rated, by place of the pair: what must come off before more goes on."""

    __tablename__ = "trainee_sum"
    cohort_id: UUID = Field(primary_key=True)
    plan_id: UUID = Field(primary_key=True)
    plan_version: int = Field(primary_key=True)
    trainee_id: UUID = Field(primary_key=True)
    sums: bytes


class Vignette(Table, table=True):
    """A short case that all mentors of a programme rate, with the level that both sides agreed on."""

    vignette_id: UUID = Field(primary_key=True)
    programme_id: UUID = Field(index=True)
    competency: str
    story: dict[str, str] = Field(sa_type=JSONB)
    agreed: int
    agreed_by: str
    from_day: date
    withdrawn_on: date | None = None


class VignetteAnswer(Table, table=True):
    """The level that a mentor gave to a vignette in a term; a term's first answer counts."""

    __tablename__ = "vignette_answer"
    vignette_id: UUID = Field(primary_key=True)
    mentor_id: UUID = Field(primary_key=True)
    term: str = Field(primary_key=True)
    enterprise_id: UUID
    level: int
    answered_on: date


class VignetteAsking(Table, table=True):
    """How often a mentor was asked in a term for what is open of a programme's vignettes, and when last."""

    __tablename__ = "vignette_asking"
    programme_id: UUID = Field(primary_key=True)
    mentor_id: UUID = Field(primary_key=True)
    term: str = Field(primary_key=True)
    times: int
    asked_on: date

    @classmethod
    def from_event(cls, asked: VignettesAsked) -> "VignetteAsking":
        return cls(**asked.model_dump(include=set(cls.model_fields)))


class TaskSteps(Table, table=True):
    """The yes/no steps of a competency that mentors may rate by, from a day on; none: no longer."""

    __tablename__ = "task_steps"
    programme_id: UUID = Field(primary_key=True)
    competency: str = Field(primary_key=True)
    from_day: date = Field(primary_key=True)
    steps: list[dict[str, str]] = Field(sa_type=JSONB)


class MentorAudit(Table, table=True):
    """What a many-facet Rasch fit said of a cohort's mentors on the day of a look; it decides nothing.

    `mentors`: by id, severity and error in logits (positive = severe) and infit. `agreement`: with the linear severities.
    """

    __tablename__ = "mentor_audit"
    cohort_id: UUID = Field(primary_key=True)
    looked_on: date = Field(primary_key=True)
    ratings: int
    agreement: float | None
    mentors: dict[str, dict[str, float]] = Field(sa_type=JSONB)
