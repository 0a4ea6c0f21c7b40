"""A mentor contests the severity that the report tells; the college answers. No event says so: an employer could read it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlmodel import col, select

from services.feedback import reporting
from services.feedback.model import Contest
from services.feedback.protection import Asker, Coordinator, Rater, must_be_self
from services.feedback.refusals import ContestAnswered, ContestOpen, ContestUnknown, MentorUnknown
from shared.ids import uuid7
from shared.messaging import today
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["ratings"])
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class NewContest(BaseModel):
    """Why the mentor thinks that the figure is wrong."""

    model_config = ConfigDict(extra="forbid")

    comment: Words


class NewAnswer(BaseModel):
    """What the college says to it."""

    model_config = ConfigDict(extra="forbid")

    answer: Words


@router.post("/mentors/{mentor_id}/report/contests", status_code=201)
async def contest(
    mentor_id: UUID, new: NewContest, person: Rater, transaction: Transaction
) -> dict[str, Any]:
    """The figure is kept as it stands now, since it moves with every rating."""
    if person.person_id != mentor_id:
        raise MentorUnknown
    report = await reporting.report_of_mentor(mentor_id, person, transaction)
    await reporting.lock_mentor(transaction, mentor_id)
    mine = select(Contest).where(Contest.mentor_id == mentor_id, col(Contest.answered_on).is_(None))
    if (await transaction.scalars(mine)).first():
        raise ContestOpen(field="comment")
    raised = Contest(
        contest_id=uuid7(), mentor_id=mentor_id, raised_on=await today(transaction), comment=new.comment,
        severity=report["severity"], se=report["se"],
    )  # fmt: skip
    transaction.add(raised)
    return raised.model_dump(mode="json")


@router.get("/mentors/{mentor_id}/report/contests")
async def contests_of_mentor(
    mentor_id: UUID, person: Asker, transaction: Transaction
) -> list[dict[str, Any]]:
    """All that this mentor ever contested, with the answers, newest first."""
    must_be_self(person, mentor_id)
    wanted = select(Contest).where(Contest.mentor_id == mentor_id).order_by(col(Contest.contest_id).desc())
    return [one.model_dump(mode="json") for one in await transaction.scalars(wanted)]


@router.get("/contests")
async def list_contests(_: Coordinator, transaction: Transaction) -> list[dict[str, Any]]:
    """Everybody's, what is not answered yet first, the oldest of these first."""
    rows = (await transaction.scalars(select(Contest).order_by(col(Contest.contest_id)))).all()
    waiting = [one for one in rows if one.answered_on is None]
    answered = [one for one in reversed(rows) if one.answered_on is not None]
    return [one.model_dump(mode="json") for one in (*waiting, *answered)]


@router.post("/contests/{contest_id}/answer")
async def answer(
    contest_id: UUID, new: NewAnswer, person: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    """Once; the mentor may contest again, and both are kept."""
    found = await transaction.get(Contest, contest_id, with_for_update=True)
    if found is None:
        raise ContestUnknown(str(contest_id))
    if found.answered_on is not None and found.answer != new.answer:
        raise ContestAnswered(str(contest_id), field="answer")
    found.answered(new.answer, person.person_id, found.answered_on or await today(transaction))
    return found.model_dump(mode="json")
