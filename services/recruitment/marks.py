"""Marks of interview panels: each examiner's own, kept apart; an applicant's is their mean."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import Field as Column
from sqlmodel import col, select

from services.recruitment import access, queries
from services.recruitment.model import Application, ApplicationState, Intake, IntakeState, Table
from services.recruitment.refusals import ApplicationUnknown, IntakeNotOpen, MarkOutside, UnknownName
from shared.events.base import Code
from shared.programmes.grammar import Criterion, Selection
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter()
EXAMINERS = (Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE, Role.TEACHER, Role.COORDINATOR)
Examiner = Annotated[Person, require(*EXAMINERS)]


class Mark(Table, table=True):
    """What one examiner gave one applicant for one criterion."""

    application_id: UUID = Column(primary_key=True)
    fact: str = Column(primary_key=True)
    examiner_id: UUID = Column(primary_key=True)
    intake_id: UUID = Column(index=True)
    value: float


class Given(BaseModel, extra="forbid", allow_inf_nan=False):
    """One mark, for example `interview: 82`; none takes the examiner's earlier one back."""

    application_id: UUID
    fact: Code
    value: float | None


class Giving(BaseModel, extra="forbid"):
    """The marks of one examiner: all are kept, or none."""

    marks: list[Given] = Field(min_length=1, max_length=5000)


def within(criteria: Sequence[Criterion], given: Given) -> None:
    """A mark is of a criterion of this intake, and on its scale."""
    scale = next((each for each in criteria if each.fact == given.fact), None)
    if scale is None:
        known = ", ".join(each.fact for each in criteria) or "-"
        raise UnknownName(f"{given.fact}; known: {known}", field="fact")
    low, high = sorted((scale.worst, scale.best))
    if given.value is not None and not low <= given.value <= high:
        raise MarkOutside(f"{given.fact} {given.value:g}, scale {low:g} to {high:g}", field="value")


def open_for_marks(intake: Intake) -> None:
    """Marks count until the intake is decided."""
    if intake.state != IntakeState.OPEN:
        raise IntakeNotOpen(f"state {intake.state}", field="intake_id", state=intake.state)


async def give(session: AsyncSession, intake: Intake, marks: Sequence[Given], examiner: Person) -> int:
    """Keep this examiner's marks. An enterprise's examiner marks its own applicants."""
    open_for_marks(intake)
    criteria = Selection.model_validate(intake.selection).criteria
    for given in marks:
        within(criteria, given)
    asked = {given.application_id for given in marks}
    rows = select(Application.application_id).where(
        Application.intake_id == intake.intake_id,
        col(Application.application_id).in_(asked),
        col(Application.state) == ApplicationState.SUBMITTED,
        queries.examinable(examiner),
    )
    missing = asked - set(await session.scalars(rows))
    if missing:
        raise ApplicationUnknown(", ".join(map(str, missing))[:500], field="application_id")
    for given in marks:
        await _keep(session, intake, given, examiner)
    await session.flush()
    return len(marks)


async def _keep(session: AsyncSession, intake: Intake, given: Given, examiner: Person) -> None:
    """A first mark, another one in its place, or none."""
    row = await session.get(Mark, (given.application_id, given.fact, examiner.person_id))
    if given.value is None:
        if row is not None:
            await session.delete(row)
    elif row is not None:
        row.value = given.value
    else:
        session.add(
            Mark(
                application_id=given.application_id,
                fact=given.fact,
                examiner_id=examiner.person_id,
                intake_id=intake.intake_id,
                value=given.value,
            )
        )


async def marks_of(
    session: AsyncSession, intake_ids: Sequence[UUID]
) -> dict[UUID, dict[str, dict[UUID, float]]]:
    """Application -> criterion -> examiner -> mark."""
    found: dict[UUID, dict[str, dict[UUID, float]]] = {}
    for mark in await session.scalars(select(Mark).where(col(Mark.intake_id).in_(intake_ids))):
        found.setdefault(mark.application_id, {}).setdefault(mark.fact, {})[mark.examiner_id] = mark.value
    return found


@router.put("/intakes/{intake_id}/marks")
async def give_marks(
    intake_id: UUID, giving: Giving, examiner: Examiner, transaction: Transaction
) -> dict[str, int]:
    await access.intake_for(transaction, intake_id, examiner)
    intake = await queries.intake_of(transaction, intake_id, lock=True)
    return {"kept": await give(transaction, intake, giving.marks, examiner)}


@router.get("/intakes/{intake_id}/marks")
async def read_marks(intake_id: UUID, examiner: Examiner, transaction: Transaction) -> list[dict[str, Any]]:
    """Each applicant's marks: one's own, how many have marked, and the mean; others' are not named."""
    intake, _ = await access.intake_for(transaction, intake_id, examiner)
    every = await marks_of(transaction, [intake_id])
    criteria = Selection.model_validate(intake.selection).criteria
    asked = queries.applicants_to_examine(intake_id, examiner)
    rows = (await transaction.execute(asked)).all()
    return [
        {
            "application_id": application.application_id,
            "name": applicant.name,
            "person_number": applicant.person_number,
            "marks": {
                each.fact: seen_by(examiner, every.get(application.application_id, {}).get(each.fact, {}))
                for each in criteria
            },
        }
        for application, applicant in rows
    ]


def seen_by(examiner: Person, marks: dict[UUID, float]) -> dict[str, float | int | None]:
    """What an examiner sees of the panel's marks for one applicant."""
    mean = round(sum(marks.values()) / len(marks), 2) if marks else None
    return {"mine": marks.get(examiner.person_id), "examiners": len(marks), "mean": mean}
