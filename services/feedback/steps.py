"""Task steps: what a mentor may answer with yes or no instead of giving a level, agreed for a programme's competency."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import arriving
from services.feedback.copies import Programme
from services.feedback.protection import OUR_STAFF, Coordinator
from services.feedback.refusals import ProgrammeUnknown, StepsNotAgreed
from services.feedback.statistics import TaskSteps
from shared.events.base import Code, Text
from shared.events.enterprise import TraineeRated
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter(prefix="/feedback/v1", tags=["ratings"])
Reader = Annotated[Person, require(*OUR_STAFF, Role.MENTOR)]
Steps = list[dict[str, str]]


class NewSteps(BaseModel):
    """What can be seen done or not done, in the order of the task; none ends rating by steps."""

    model_config = ConfigDict(extra="forbid")

    steps: list[Text] = Field(max_length=20)


@router.put("/programmes/{programme_id}/steps/{competency}")
async def agree_steps(
    programme_id: UUID, competency: Code, new: NewSteps, _: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    """Valid from today on; ratings of earlier days keep the steps that were agreed then."""
    if await transaction.get(Programme, programme_id) is None:
        raise ProgrammeUnknown(str(programme_id), field="programme_id")
    row = {
        "programme_id": programme_id, "competency": competency, "from_day": await today(transaction),
        "steps": new.model_dump(mode="json")["steps"],
    }  # fmt: skip
    written = insert(TaskSteps).values(row)
    keys = ["programme_id", "competency", "from_day"]
    await transaction.execute(
        written.on_conflict_do_update(index_elements=keys, set_={"steps": written.excluded.steps})
    )
    return row


@router.get("/programmes/{programme_id}/steps")
async def read_steps(programme_id: UUID, _: Reader, transaction: Transaction) -> dict[str, Steps]:
    """By competency, as agreed today."""
    return await agreed(transaction, programme_id, await today(transaction))


async def agreed(session: AsyncSession, programme_id: UUID, day: date) -> dict[str, Steps]:
    """The steps in force on a day, by competency."""
    wanted = select(TaskSteps).where(TaskSteps.programme_id == programme_id, col(TaskSteps.from_day) <= day)
    rows = await session.scalars(wanted.order_by(col(TaskSteps.from_day)))
    found = {one.competency: one.steps for one in rows}
    return {competency: steps for competency, steps in sorted(found.items()) if steps}


async def check(session: AsyncSession, rated: TraineeRated, given: list[bool]) -> None:
    """Steps that are not those agreed would map to another level than both sides meant."""
    if not given:
        return
    around = await arriving.surroundings(session, {rated.trainee_id}, {rated.mentor_id})
    cohort = arriving.cohort_on(around.cohorts[rated.trainee_id], rated.observed_on)
    steps = (await agreed(session, cohort.programme_id, rated.observed_on)).get(rated.competency, [])
    if steps and len(given) != len(steps):
        raise StepsNotAgreed(f"{len(given)} / {len(steps)}", field="steps")
