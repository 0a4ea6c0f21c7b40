"""A seat is taken back: a vote that was handed on returns, an added voter is no longer asked. Over HTTP, and for who stands aside."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import later, life, parties, queries, views, voters
from services.curriculum.acting import record, write_step
from services.curriculum.model import Revision
from services.curriculum.seats import Seat
from services.curriculum.transitions import Act
from services.curriculum.voting import Asked
from services.curriculum.workdays import working_days_after
from shared.events.base import Event
from shared.events.curriculum import RevisionUnseated
from shared.messaging import emit, today
from shared.service import Transaction
from shared.web.identity import SignedIn

router = APIRouter()


class TakingBack(Asked):
    """From whom, and why."""

    person_id: UUID
    comment: Annotated[str, Field(default="", max_length=2000)]


@router.post("/take-backs", status_code=201)
async def take_back(
    revision_id: UUID, given: TakingBack, person: SignedIn, transaction: Transaction
) -> views.Shown:
    """收回: whoever handed a vote on or added a voter takes it back while it is unused; votes are counted again at once."""
    revision, plan, _ = await parties.revision_to_change(transaction, revision_id, person)
    votes = await queries.votes_on(transaction, revision)
    seat = voters.to_take_back(
        person.person_id,
        given.person_id,
        await queries.seats_of(transaction, revision_id),
        votes,
    )
    comment = given.comment.strip() or None
    await record(
        transaction, revision, Act.SEAT, person.person_id, comment, told_as="take-back", whose=given.person_id
    )
    emit(transaction, await _unseat(transaction, seat))
    for event in await life.count_votes(transaction, plan, revision):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


async def give_back(
    session: AsyncSession, revision: Revision, whose: UUID, seats: Sequence[Seat]
) -> list[Event]:
    """What this person, who stands aside, was given goes back; who has it again has as long as a level of the chain."""
    said: list[Event] = []
    for seat in voters.given_back(whose, seats):
        await write_step(session, revision, "give-back", seat.person_id, whose=seat.given_by)
        said.append(await _unseat(session, seat))
    if not said:
        return []
    approval = await queries.approval_of(session, revision.plan_id)
    fair = working_days_after(await today(session), approval.escalation_days)
    if revision.deadline_on < fair:
        said.append(await later.more_time(session, revision, fair))
        await write_step(session, revision, "longer", comment=fair.isoformat())
    return said


async def _unseat(session: AsyncSession, seat: Seat) -> RevisionUnseated:
    await session.delete(seat)
    await session.flush()
    return RevisionUnseated.model_validate(seat.model_dump(exclude={"comment", "at"}))
