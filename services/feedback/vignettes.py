"""Common cases that all mentors of a programme rate: they link mentors, and tell how severe each is without any trainee."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import inviting
from services.feedback.copies import Mentor, Programme
from services.feedback.protection import Coordinator, Rater, enough
from services.feedback.refusals import AnswerChanged, VignetteUnknown
from services.feedback.rules_of_vignettes import Given, drift, term_of
from services.feedback.statistics import Vignette, VignetteAnswer
from shared.events.base import Code, Level, Text
from shared.ids import uuid7
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person

router = APIRouter(prefix="/feedback/v1", tags=["vignettes"])


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
    """What a mentor is asked this term, without the agreed level, and what was answered; an earlier level only after that."""
    term = term_of(await today(transaction))
    levels: dict[UUID, dict[str, int]] = {}
    for one in await given(transaction, mentor_id=person.person_id):
        levels.setdefault(one.vignette, {})[one.term] = one.level
    return [
        {**one.model_dump(mode="json", include={"vignette_id", "competency", "story"}), "term": term,
         "answered": (mine := levels.get(one.vignette_id, {})).get(term),
         "earlier": {when: level for when, level in mine.items() if when != term} if term in mine else {}}
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
    """All of a programme, how many answered each, whom to remind, how scales moved; levels of single mentors are not shown."""
    programme = await transaction.get(Programme, programme_id)
    if programme is None:
        raise VignetteUnknown(str(programme_id), field="programme_id")
    term = term_of(await today(transaction))
    wanted = select(Vignette).where(Vignette.programme_id == programme_id).order_by(col(Vignette.vignette_id))
    rows = (await transaction.scalars(wanted)).all()
    counts = select(VignetteAnswer.vignette_id, func.count(), func.avg(VignetteAnswer.level)).where(
        VignetteAnswer.term == term, col(VignetteAnswer.vignette_id).in_([one.vignette_id for one in rows])
    )
    answered = {
        which: (n, float(mean) if enough(n) else None)
        for which, n, mean in (
            await transaction.execute(counts.group_by(col(VignetteAnswer.vignette_id)))
        ).all()
    }
    moved = drift(await given(transaction, programme_id))
    return {
        "term": term, "remind": await _remind(transaction, programme, term),
        "unvaried": sorted(await _never_varying(transaction, programme)),
        "drift": asdict(moved) if moved and enough(moved.mentors) else None,
        "vignettes": [
            {**one.model_dump(mode="json"), "answers": answered.get(one.vignette_id, (0, None))[0],
             "mean": answered.get(one.vignette_id, (0, None))[1]}
            for one in rows
        ],
    }  # fmt: skip


async def _remind(session: AsyncSession, programme: Programme, term: str) -> list[dict[str, Any]]:
    asked = await inviting.askings(session, programme.programme_id, term)
    return [
        {"mentor_id": one.mentor_id, "open": n, "asked": asked.get(one.mentor_id, (0, None))[0],
         "asked_on": asked.get(one.mentor_id, (0, None))[1]}
        for one, n in await inviting.missing(session, programme, term)
    ]  # fmt: skip


async def _never_varying(session: AsyncSession, programme: Programme) -> set[UUID]:
    """Mentors present whose ratings are all alike: asked for these cases, never scored."""
    theirs = [UUID(one) for one in programme.enterprise_ids]
    present = select(Mentor.mentor_id).where(
        col(Mentor.enterprise_id).in_(theirs), col(Mentor.left_from).is_(None)
    )
    return await inviting.never_varying(session, list(await session.scalars(present)))


async def given(
    session: AsyncSession, programme_id: UUID | None = None, mentor_id: UUID | None = None
) -> list[Given]:
    """Every answer of a programme, or of a mentor."""
    wanted = select(VignetteAnswer).order_by(col(VignetteAnswer.term), col(VignetteAnswer.vignette_id))
    if programme_id:
        theirs = select(Vignette.vignette_id).where(Vignette.programme_id == programme_id)
        wanted = wanted.where(col(VignetteAnswer.vignette_id).in_(theirs))
    wanted = wanted.where(VignetteAnswer.mentor_id == mentor_id) if mentor_id else wanted
    rows = await session.scalars(wanted)
    return [Given(one.mentor_id, one.vignette_id, one.term, one.level) for one in rows]


async def _asked_of(session: AsyncSession, person: Person) -> list[Vignette]:
    """Those of programmes that the mentor's enterprise is part of."""
    theirs = select(Programme.programme_id).where(
        col(Programme.enterprise_ids).contains([str(person.enterprise_id)])
    )
    wanted = select(Vignette).where(
        col(Vignette.programme_id).in_(theirs), col(Vignette.withdrawn_on).is_(None)
    )
    return list(await session.scalars(wanted.order_by(col(Vignette.vignette_id))))
