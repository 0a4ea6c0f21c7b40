"""The tables of those who finish: learners of a cohort, their examination, what they take away."""

from datetime import date
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field, col

from services.curriculum.model import Json, Table
from shared.events.recruitment import CohortEnrolled, TraineeWithdrew


class Learner(Table, table=True):
    """A trainee of a cohort; who withdrew takes no credential of it away."""

    cohort_id: UUID = Field(primary_key=True)
    trainee_id: UUID = Field(primary_key=True, index=True)
    withdrew_on: date | None = None


class ExamResult(Table, table=True):
    """What a trainee reached in the last attempt, and the rules that were not met."""

    __tablename__ = "exam_result"
    cohort_id: UUID = Field(primary_key=True)
    trainee_id: UUID = Field(primary_key=True)
    points: dict[str, float] = Field(sa_type=JSONB)
    total: float
    unmet: list[Json] = Field(sa_type=JSONB)
    held_on: date


class Award(Table, table=True):
    """A credential of a graduate: what it says never changes."""

    credential_id: UUID = Field(primary_key=True)
    cohort_id: UUID = Field(index=True)
    trainee_id: UUID
    college_id: UUID
    title: Json = Field(sa_type=JSONB)
    degree: bool
    plan_id: UUID
    plan_version: int
    competencies: list[str] = Field(sa_type=JSONB)
    awarded_on: date
    signed: str | None = Field(default=None, description="the badge as a token, as it was first given out")
    revoked_on: date | None = None
    revoked_because: str | None = None


class IssuerKey(Table, table=True):
    """A key that signs the badges of a college. The private half never leaves this table."""

    __tablename__ = "issuer_key"
    college_id: UUID = Field(primary_key=True)
    kid: str = Field(primary_key=True)
    number: int
    private: Json = Field(sa_type=JSONB)
    public: Json = Field(sa_type=JSONB)
    made_on: date


class Mark(Table, table=True):
    """What a trainee reached in a module, of 100."""

    cohort_id: UUID = Field(primary_key=True)
    trainee_id: UUID = Field(primary_key=True)
    module: str = Field(primary_key=True)
    points: float
    plan_version: int
    marked_on: date


async def keep_learners(session: AsyncSession, enrolled: CohortEnrolled) -> None:
    """Everyone who is enrolled; a withdrawal that came first stays."""
    rows = [{"cohort_id": enrolled.cohort_id, "trainee_id": one.trainee_id} for one in enrolled.trainees]
    here = col(Learner.trainee_id).in_([row["trainee_id"] for row in rows])
    others = (col(Learner.cohort_id) == enrolled.cohort_id, ~here, col(Learner.withdrew_on).is_(None))
    await session.execute(delete(Learner).where(*others))
    if rows:
        await session.execute(insert(Learner).values(rows).on_conflict_do_nothing())


async def withdraw_learner(session: AsyncSession, withdrew: TraineeWithdrew) -> None:
    """The same whichever of the two facts comes first."""
    new = insert(Learner).values(
        cohort_id=withdrew.cohort_id, trainee_id=withdrew.trainee_id, withdrew_on=withdrew.effective_from
    )
    changed = {"withdrew_on": new.excluded.withdrew_on}
    await session.execute(new.on_conflict_do_update(index_elements=["cohort_id", "trainee_id"], set_=changed))
