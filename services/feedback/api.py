"""What mentors can tell feedback over HTTP, and what they are asked to look at this week."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.feedback import arriving, steps, tasks
from services.feedback.model import Comment as Written
from services.feedback.model import Rating
from services.feedback.protection import Asker, Rater, must_be_self
from services.feedback.refusals import (
    CompetencyNotAsked,
    DayAhead,
    NotYourTrainee,
    RatingChanged,
    StepsDisagree,
)
from shared.errors import Forbidden, NotYetKnown, Refused
from shared.events.base import Code, Level
from shared.events.enterprise import Comment, TraineeRated
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.service import Transaction
from shared.web.identity import Person

router = APIRouter(prefix="/feedback/v1", tags=["ratings"])


class NewRating(BaseModel):
    """What the phone sends. A draft made offline brings its own `rating_id`, so that sending it again is harmless."""

    model_config = ConfigDict(extra="forbid")

    rating_id: UUID | None = None
    trainee_id: UUID
    competency: Code
    level: Level | None = None
    steps: list[bool] | None = Field(default=None, min_length=1, max_length=20)
    observed_on: date | None = None
    comment: Comment | None = None

    def seen_level(self) -> int | None:
        """Steps map to a level: 1 + 4 x the share of steps done, rounded half up."""
        if self.steps is None:
            return self.level
        counted = 1 + int(4 * sum(self.steps) / len(self.steps) + 0.5)
        if self.level is not None and self.level != counted:
            raise StepsDisagree(f"{counted} / {self.level}", field="level")
        return counted


class ManyRatings(BaseModel):
    """Drafts that waited for a connection."""

    model_config = ConfigDict(extra="forbid")

    ratings: list[NewRating] = Field(min_length=1, max_length=500)


@router.post("/ratings", status_code=201)
async def rate_trainee(
    new: NewRating, person: Rater, transaction: Transaction, response: Response
) -> dict[str, Any]:
    rating, fresh = await keep(transaction, person, new)
    response.status_code = 201 if fresh else 200
    return {**rating.model_dump(mode="json", exclude={"enterprise_id"}), "duplicate": not fresh}


@router.post("/ratings/bulk")
async def rate_trainees(many: ManyRatings, person: Rater, transaction: Transaction) -> JSONResponse:
    """Each stands alone: a refused one leaves the others."""
    results: list[dict[str, Any]] = []
    for new in many.ratings:
        try:
            rating, fresh = await keep(transaction, person, new)
            results.append({"rating_id": str(rating.rating_id), "status": 201 if fresh else 200})
        except (Refused, NotYetKnown) as no:
            code, status = (no.code, no.status) if isinstance(no, Refused) else ("E-TLD-409", 409)
            told = {"status": status, "code": code, "detail": str(no)}
            results.append({"rating_id": str(new.rating_id) if new.rating_id else None, **told})
    return JSONResponse({"results": results}, status_code=207)


@router.get("/mentors/{mentor_id}/tasks")
async def whom_to_rate(
    mentor_id: UUID, person: Asker, transaction: Transaction, day: date | None = None
) -> dict[str, Any]:
    must_be_self(person, mentor_id)
    return await tasks.of_mentor(transaction, mentor_id, day or await today(transaction))


async def keep(session: AsyncSession, person: Person, new: NewRating) -> tuple[Rating, bool]:
    """The rating and whether it is new. It is kept and said in one transaction; the handler then finds it here."""
    if person.enterprise_id is None:
        raise Forbidden
    day = await today(session)
    rated = TraineeRated(
        enterprise_id=person.enterprise_id, rating_id=new.rating_id or uuid7(), trainee_id=new.trainee_id,
        mentor_id=person.person_id, competency=new.competency, level=new.seen_level(),
        observed_on=new.observed_on or day, comment=new.comment,
    )  # fmt: skip
    there = await session.get(Rating, rated.rating_id)
    if there:
        beside = await session.get(Written, rated.rating_id)
        if (
            not same(there, rated, draft=new.observed_on is None)
            or (beside and beside.words) != rated.comment
        ):
            raise RatingChanged(str(rated.rating_id), field="rating_id")
        return there, False
    if rated.observed_on > day:
        raise DayAhead(rated.observed_on.isoformat(), field="observed_on")
    may = await tasks.asked_of(session, person.person_id, rated.trainee_id, rated.observed_on)
    if may is None:
        raise NotYourTrainee(field="trainee_id")
    if rated.competency not in may:
        raise CompetencyNotAsked(rated.competency, field="competency")
    await steps.check(session, rated, new.steps or [])
    fresh = await arriving.record_one(session, rated, new.steps or None)
    if fresh:
        emit(session, rated)
    return await session.get_one(Rating, rated.rating_id), fresh


def same(there: Rating, rated: TraineeRated, *, draft: bool) -> bool:
    """Whether this is the rating that is already here; a draft without a day may come on a later one."""
    fields = {"enterprise_id", "trainee_id", "mentor_id", "competency", "level"} | (
        set() if draft else {"observed_on"}
    )
    return all(getattr(there, name) == getattr(rated, name) for name in fields)
