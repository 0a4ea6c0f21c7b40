"""How a version reaches a cohort: at once, or by groups, so that the later ones are the comparison. A part of what is voted on."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import life, queries, rules, staggering, views
from services.curriculum.drafting import Draft
from services.curriculum.model import Revision
from services.curriculum.publishing import next_version
from services.curriculum.refusals import IntroductionRefused
from services.curriculum.seats import Rota
from services.curriculum.staggering import MOST, Introduction
from services.curriculum.voting import Asked, Author, to_edit
from shared.events.base import Code
from shared.messaging import emit, today
from shared.service import Transaction

router = APIRouter(prefix="/curriculum/v1/revisions", tags=["revisions"])


class NewIntroduction(Asked):
    """Which groups are first (none: all at once), how many boundaries later the others follow, and the content that was read."""

    cohort_id: UUID
    first: list[Code] = Field(default_factory=list, max_length=50)
    boundaries: int = Field(default=1, ge=1, le=MOST)
    seen: str


@router.put("/{revision_id}/introduction")
async def choose_introduction(
    revision_id: UUID, given: NewIntroduction, person: Author, transaction: Transaction
) -> views.Shown:
    """Like an edit it voids the votes: both sides agree to what reaches whom when."""
    revision, plan, _ = await to_edit(transaction, revision_id, person, given.seen)
    draft = Draft.model_validate(revision.draft)
    kept = [one for one in draft.introduction if one.cohort_id != given.cohort_id]
    if given.first:
        kept.append(Introduction(**given.model_dump(exclude={"seen"})))
        await _check(transaction, revision, draft, kept[-1])
    content = draft.model_copy(update={"introduction": sorted(kept, key=lambda one: str(one.cohort_id))})
    for event in await life.edit(transaction, plan, revision, content, person.person_id):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


async def _check(session: AsyncSession, revision: Revision, draft: Draft, asked: Introduction) -> None:
    base = await queries.version_of(session, revision.plan_id, revision.plan_version)
    after = next_version(base, draft, revision.revision_id)
    running = {one.cohort_id: one for one, _ in await queries.cohorts_on(session, revision.plan_id)}
    cohort = running.get(asked.cohort_id)
    if cohort is None:
        raise IntroductionRefused("this cohort is not taught by the plan", field="cohort_id")
    start = rules.moves_in(after, cohort.first_monday, await today(session))
    rota = await session.get(Rota, asked.cohort_id)
    possible = staggering.starts(after.phases, cohort.first_monday, start)
    staggering.check(asked, rota.groups if rota else {}, possible)
