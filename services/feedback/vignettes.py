"""Common cases that all mentors of a programme rate: they link mentors, and tell how severe each is without any trainee."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback.copies import Mentor, Programme
from services.feedback.protection import Rater
from services.feedback.refusals import AnswerChanged, VignetteUnknown
from services.feedback.statistics import Vignette, VignetteAnswer
from shared.events.base import Code, Level, Text
from shared.ids import uuid7
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter(prefix="/feedback/v1", tags=["vignettes"])
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class NewVignette(BaseModel):
    """A short case with the level on which both sides agreed before any mentor saw it; a story names nobody."""

    model_config = ConfigDict(extra="forbid")

    vignette_id: UUID | None = None
    competency: Code
    story: Text
    agreed: Level
    agreed_by: Code


class NewAnswer(BaseModel):
    """What a mentor would have given."""

    model_config = ConfigDict(extra="forbid")

    level: Level


def term_of(day: date) -> str:
    """Vignettes are rated again each half year, so that a drift of all mentors shows."""
    return f"{day.year}-{1 if day.month < 7 else 2}"


@router.post("/programmes/{programme_id}/vignettes", status_code=201)
async def add_vignette(
    programme_id: UUID, new: NewVignette, _: Coordinator, transaction: Transaction, response: Response
) -> dict[str, Any]:
    """A vignette never changes, since answers are held against it: withdraw it and write another."""
    if await transaction.get(Programme, programme_id) is None:
        raise VignetteUnknown(str(programme_id), field="programme_id")
    row = {
        **new.model_dump(exclude={"vignette_id"}), "vignette_id": new.vignette_id or uuid7(),
        "programme_id": programme_id, "from_day": await today(transaction),
    }  # fmt: skip
    written = insert(Vignette).values(row).on_conflict_do_nothing().returning(col(Vignette.vignette_id))
    if await transaction.scalar(written) is None:
        response.status_code = 200
    return (await transaction.get_one(Vignette, row["vignette_id"])).model_dump(mode="json")


@router.post("/vignettes/{vignette_id}/withdraw")
async def withdraw_vignette(vignette_id: UUID, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    """Nobody is asked any more; answers that were given still count."""
    vignette = await transaction.get(Vignette, vignette_id, with_for_update=True)
    if vignette is None:
        raise VignetteUnknown(str(vignette_id), field="vignette_id")
    vignette.withdrawn_on = vignette.withdrawn_on or await today(transaction)
    return vignette.model_dump(mode="json")


@router.get("/vignettes")
async def list_my_vignettes(person: Rater, transaction: Transaction) -> list[dict[str, Any]]:
    """What a mentor is asked this term, without the agreed level, and what was answered."""
    term = term_of(await today(transaction))
    mine = select(VignetteAnswer.vignette_id, VignetteAnswer.level).where(
        VignetteAnswer.mentor_id == person.person_id, VignetteAnswer.term == term
    )
    given = dict((await transaction.execute(mine)).all())
    return [
        {**one.model_dump(mode="json", include={"vignette_id", "competency", "story"}), "term": term,
         "answered": given.get(one.vignette_id)}
        for one in await _asked_of(transaction, person)
    ]  # fmt: skip


@router.post("/vignettes/{vignette_id}/answers", status_code=201)
async def answer_vignette(
    vignette_id: UUID, new: NewAnswer, person: Rater, transaction: Transaction, response: Response
) -> dict[str, Any]:
    """A term's first answer counts; it speaks of the mentor's scale, never of a trainee."""
    if vignette_id not in {one.vignette_id for one in await _asked_of(transaction, person)}:
        raise VignetteUnknown(str(vignette_id), field="vignette_id")
    day = await today(transaction)
    row = {
        "vignette_id": vignette_id, "mentor_id": person.person_id, "term": term_of(day), "level": new.level,
        "enterprise_id": person.enterprise_id, "answered_on": day,
    }  # fmt: skip
    fresh = await transaction.scalar(
        insert(VignetteAnswer).values(row).on_conflict_do_nothing().returning(col(VignetteAnswer.level))
    )
    kept = await transaction.get_one(VignetteAnswer, (vignette_id, person.person_id, term_of(day)))
    if kept.level != new.level:
        raise AnswerChanged(str(vignette_id), field="level")
    response.status_code = 200 if fresh is None else 201
    return {"vignette_id": vignette_id, "term": kept.term, "level": kept.level, "duplicate": fresh is None}


@router.get("/programmes/{programme_id}/vignettes")
async def read_vignettes(programme_id: UUID, _: Coordinator, transaction: Transaction) -> dict[str, Any]:
    """All of a programme, how many answered each, and whom to remind this term; levels of single mentors are not shown."""
    term = term_of(await today(transaction))
    wanted = select(Vignette).where(Vignette.programme_id == programme_id).order_by(col(Vignette.vignette_id))
    rows = (await transaction.scalars(wanted)).all()
    counts = select(VignetteAnswer.vignette_id, func.count(), func.avg(VignetteAnswer.level)).where(
        VignetteAnswer.term == term, col(VignetteAnswer.vignette_id).in_([one.vignette_id for one in rows])
    )
    answered = {
        which: (n, float(mean))
        for which, n, mean in (
            await transaction.execute(counts.group_by(col(VignetteAnswer.vignette_id)))
        ).all()
    }
    return {
        "term": term, "remind": await _missing(transaction, programme_id, rows, term),
        "vignettes": [
            {**one.model_dump(mode="json"), "answers": answered.get(one.vignette_id, (0, None))[0],
             "mean": answered.get(one.vignette_id, (0, None))[1]}
            for one in rows
        ],
    }  # fmt: skip


async def _asked_of(session: AsyncSession, person: Person) -> list[Vignette]:
    """Those of programmes that the mentor's enterprise is part of."""
    theirs = select(Programme.programme_id).where(
        col(Programme.enterprise_ids).contains([str(person.enterprise_id)])
    )
    wanted = select(Vignette).where(
        col(Vignette.programme_id).in_(theirs), col(Vignette.withdrawn_on).is_(None)
    )
    return list(await session.scalars(wanted.order_by(col(Vignette.vignette_id))))


async def _missing(session: AsyncSession, programme_id: UUID, rows: Any, term: str) -> list[dict[str, Any]]:
    """Mentors present who have not answered every open vignette of this term."""
    programme = await session.get(Programme, programme_id)
    there = {UUID(one) for one in programme.enterprise_ids} if programme else set()
    mentors = select(Mentor.mentor_id).where(
        col(Mentor.enterprise_id).in_(there), col(Mentor.left_from).is_(None)
    )
    open_now = [one.vignette_id for one in rows if one.withdrawn_on is None]
    done = select(VignetteAnswer.mentor_id, func.count()).where(
        VignetteAnswer.term == term, col(VignetteAnswer.vignette_id).in_(open_now)
    )
    counts = dict((await session.execute(done.group_by(col(VignetteAnswer.mentor_id)))).all())
    return [
        {"mentor_id": mentor, "open": len(open_now) - counts.get(mentor, 0)}
        for mentor in sorted(await session.scalars(mentors))
        if counts.get(mentor, 0) < len(open_now)
    ]
