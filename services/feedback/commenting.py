"""What mentors wrote beside ratings: read by both panels, each suggested competency confirmed or corrected by a person.

A suggestion triggers nothing and is not kept. Comments of one enterprise are suggested by what was confirmed of its own alone.
"""

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.feedback import choosing, encoding, fusing, steps, tasks, wording
from services.feedback.copies import Cohort
from services.feedback.model import Comment
from services.feedback.protection import only_of
from services.feedback.refusals import CohortUnknown, CommentUnknown, CompetencyNotAsked
from services.feedback.statistics import Vignette
from services.feedback.wording import Known, Labelled
from shared.events.base import Code
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require

router = APIRouter(prefix="/feedback/v1", tags=["ratings"])
Reader = Annotated[Person, require(Role.COORDINATOR, Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)]
MOST = 50
BY = ("characters", "characters-and-meaning")
REMEMBERED = 300
"""The newest comments that somebody has read."""


class About(BaseModel):
    """What a person says that a comment is about; empty: none of what the plan asks for."""

    model_config = ConfigDict(extra="forbid")

    about: list[Code] = Field(max_length=5)


@router.get("/comments")
async def list_comments(
    person: Reader,
    transaction: Transaction,
    cohort_id: UUID,
    *,
    read: bool | None = None,
    about: Code | None = None,
) -> list[dict[str, Any]]:
    """Of a cohort: those that nobody has read first, then the newest, at most 50; or what somebody has read as about one competency."""
    cohort = await transaction.get(Cohort, cohort_id)
    if cohort is None:
        raise CohortUnknown(str(cohort_id))
    rows = (await transaction.scalars(_seen_by(person, cohort_id, read=read, about=about))).all()
    texts = await texts_of(transaction, cohort.programme_id)
    known = {one: await _known(transaction, one, texts) for one in {row.enterprise_id for row in rows}}
    return await to_thread(lambda: [_told(row, known[row.enterprise_id]) for row in rows])


@router.post("/comments/{rating_id}/about")
async def say_what_it_is_about(
    rating_id: UUID, new: About, person: Reader, transaction: Transaction
) -> dict[str, Any]:
    """Confirms what was suggested, or corrects it; a later reader may correct that."""
    found = await transaction.get(Comment, rating_id, with_for_update=True)
    if found is None or only_of(person) not in {None, found.enterprise_id}:
        raise CommentUnknown(str(rating_id))
    cohort = await transaction.get_one(Cohort, found.cohort_id)
    asked = {code for about, _ in await texts_of(transaction, cohort.programme_id) for code in about}
    for code in new.about:
        if code not in asked:
            raise CompetencyNotAsked(code, field="about")
    found.read(sorted(set(new.about)), person.person_id, await today(transaction))
    return found.model_dump(mode="json")


async def texts_of(session: AsyncSession, programme_id: UUID) -> list[Labelled]:
    """All that is known of what the newest plan asks for: names, outcomes of modules, task steps, common cases."""
    plan = await choosing.newest_plan(session, programme_id)
    codes = sorted({one["competency"] for one in plan.requirements}) if plan else []
    names = await tasks.titles(session, codes)
    agreed = await steps.agreed(session, programme_id, await today(session))
    cases = await session.scalars(select(Vignette).where(Vignette.programme_id == programme_id))
    stories = [(one.competency, one.story) for one in cases]
    taught = [
        (code, text)
        for module in (plan.modules if plan else [])
        for code in mainly(module["contribution"])
        for text in (module["title"], *module["outcomes"])
    ]
    done = [(code, text) for code, those in agreed.items() for text in those]
    found = [*names.items(), *taught, *done, *stories]
    return [
        (frozenset({code}), words) for code, text in found if code in names for words in set(text.values())
    ]


def mainly(contribution: Mapping[str, float]) -> list[str]:
    """What a module teaches most: its name says little of the rest."""
    most = max(contribution.values(), default=0.0)
    return [code for code, weight in contribution.items() if weight == most > 0]


def _seen_by(
    person: Person, cohort_id: UUID, *, read: bool | None, about: str | None
) -> SelectOfScalar[Comment]:
    wanted = select(Comment).where(Comment.cohort_id == cohort_id)
    if enterprise := only_of(person):
        wanted = wanted.where(Comment.enterprise_id == enterprise)
    if about is not None:
        wanted = wanted.where(col(Comment.about).contains([about]))
    if read is not None:
        wanted = wanted.where(col(Comment.about).is_not(None) == read)
    order = (col(Comment.about).is_not(None), col(Comment.observed_on).desc(), col(Comment.rating_id))
    return wanted.order_by(*order).limit(MOST)


async def _known(session: AsyncSession, enterprise_id: UUID, texts: Sequence[Labelled]) -> Known:
    wanted = select(Comment).where(Comment.enterprise_id == enterprise_id, col(Comment.read_on).is_not(None))
    newest = wanted.order_by(col(Comment.read_on).desc(), col(Comment.rating_id)).limit(REMEMBERED)
    read = [(frozenset(one.about), one.words) for one in await session.scalars(newest) if one.about]
    return wording.known(texts, read)


def _told(row: Comment, known: Known) -> dict[str, Any]:
    """Without who wrote it, and of whom: it is read for what the plan must teach."""
    with_meaning = encoding.installed()
    found = (
        fusing.suggest(known, row.words, encoding.vector)
        if with_meaning
        else wording.suggest(known, row.words)
    )
    suggestions = [{**one._asdict(), "nearness": round(one.nearness, 2)} for one in found.best]
    return {
        **row.model_dump(mode="json", exclude={"enterprise_id"}),
        "suggestions": suggestions,
        "sure": found.sure,
        "by": BY[with_meaning],
    }
