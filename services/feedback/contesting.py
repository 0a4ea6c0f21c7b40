"""A mentor contests the severity that the report tells; the college answers. No event says so: an employer could read it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import ColumnElement, String, cast, func, true
from sqlmodel import col, select

from services.feedback import reporting
from services.feedback.copies import Mentor, Programme
from services.feedback.model import Contest
from services.feedback.protection import Asker, Coordinator, Rater
from services.feedback.refusals import ContestAnswered, ContestOpen, ContestUnknown, MentorUnknown
from shared.ids import uuid7
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person

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
    cohort = await reporting.newest_rated(transaction, mentor_id)
    raised = Contest(
        contest_id=uuid7(), mentor_id=mentor_id, college_id=cohort.college_id if cohort else None, raised_on=await today(transaction), comment=new.comment,
        severity=report["severity"], se=report["se"],
    )  # fmt: skip
    transaction.add(raised)
    return raised.model_dump(mode="json")


@router.get("/mentors/{mentor_id}/report/contests")
async def contests_of_mentor(
    mentor_id: UUID, person: Asker, transaction: Transaction
) -> list[dict[str, Any]]:
    """All that this mentor ever contested, with the answers, newest first; to a college, what was for it."""
    await reporting.must_be_theirs(transaction, person, mentor_id)
    wanted = select(Contest).where(Contest.mentor_id == mentor_id).order_by(col(Contest.contest_id).desc())
    wanted = wanted if person.person_id == mentor_id else wanted.where(_of_college(person))
    return [one.model_dump(mode="json") for one in await transaction.scalars(wanted)]


@router.get("/contests")
async def list_contests(person: Coordinator, transaction: Transaction) -> list[dict[str, Any]]:
    """All of the college's programmes, what is not answered yet first, the oldest of these first."""
    wanted = select(Contest).where(_of_college(person)).order_by(col(Contest.contest_id))
    rows = (await transaction.scalars(wanted)).all()
    waiting = [one for one in rows if one.answered_on is None]
    answered = [one for one in reversed(rows) if one.answered_on is not None]
    return [one.model_dump(mode="json") for one in (*waiting, *answered)]


@router.post("/contests/{contest_id}/answer")
async def answer(
    contest_id: UUID, new: NewAnswer, person: Coordinator, transaction: Transaction
) -> dict[str, Any]:
    """Once; the mentor may contest again, and both are kept."""
    mine = select(Contest).where(Contest.contest_id == contest_id, _of_college(person))
    found = (await transaction.scalars(mine.with_for_update())).first()
    if found is None:
        raise ContestUnknown(str(contest_id))
    if found.answered_on is not None and found.answer != new.answer:
        raise ContestAnswered(str(contest_id), field="answer")
    found.answered(new.answer, person.person_id, found.answered_on or await today(transaction))
    return found.model_dump(mode="json")


def _of_college(person: Person) -> ColumnElement[bool]:
    """What is for this person's college; of a mentor who had rated nobody, what is for any college of the enterprise."""
    if person.college_id is None:
        return true()
    enterprises = select(func.jsonb_array_elements_text(col(Programme.enterprise_ids))).where(
        Programme.college_id == person.college_id
    )
    theirs = select(Mentor.mentor_id).where(cast(col(Mentor.enterprise_id), String).in_(enterprises))
    unsaid = col(Contest.college_id).is_(None) & col(Contest.mentor_id).in_(theirs)
    return (col(Contest.college_id) == person.college_id) | unsaid
