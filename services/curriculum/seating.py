"""Around the vote, over HTTP: hand it on, add a voter, stand aside, send a copy, nudge, give more time, take up again."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import later, life, parties, queries, rules, unseating, views, voters
from services.curriculum.acting import record
from services.curriculum.model import Revision, Vote
from services.curriculum.refusals import CommentNeeded, DeadlineRefused, NotEnded, NudgedToday, SeatRefused
from services.curriculum.seats import Seat
from services.curriculum.signals import signal_of_ended
from services.curriculum.transitions import ENDED, Act
from services.curriculum.voting import PANELS, Asked, Author, Coordinator
from services.curriculum.workdays import working_day_from
from shared.errors import Forbidden
from shared.events.curriculum import RevisionReminded, RevisionSeated
from shared.events.plan_parts import SeatKind, Side
from shared.messaging import emit, now, today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn

router = APIRouter(prefix="/curriculum/v1/revisions/{revision_id}", tags=["revisions"])
router.include_router(unseating.router)
Note = Annotated[str, Field(default="", max_length=2000)]
TOLD_AS = {
    SeatKind.DELEGATED: "delegate",
    SeatKind.ADDED: "add",
    SeatKind.CONFLICTED: "aside",
    SeatKind.COPIED: "copy",
}
"""What the history calls each change of seats."""


class Handing(Asked):
    """To whom the vote goes, and why."""

    to: UUID
    comment: Note


class Adding(Asked):
    """A voter whose approval this revision needs as well."""

    person_id: UUID
    side: Side
    comment: Note


class Aside(Asked):
    """Who must not vote, and why; oneself where nobody is named."""

    person_id: UUID | None = None
    comment: Note


class Copies(Asked):
    """Who is told and may read."""

    person_ids: list[UUID] = Field(min_length=1, max_length=50)
    comment: Note


class Longer(Asked):
    """The new deadline, and why."""

    deadline_on: date
    comment: Note


class Again(Asked):
    """Why an ended revision is taken up again."""

    comment: Note


async def _seat(
    session: AsyncSession,
    revision: Revision,
    person: Person,
    kind: SeatKind,
    whom: UUID,
    comment: str,
    *,
    side: Side | None = None,
) -> None:
    """The row, the line of the history and the event of one change of seats."""
    seat = Seat(
        revision_id=revision.revision_id, person_id=whom, kind=kind, side=side,
        given_by=person.person_id, comment=comment or None, at=await now(session),
    )  # fmt: skip
    await record(session, revision, Act.SEAT, seat.given_by, seat.comment, told_as=TOLD_AS[kind], whose=whom)
    await session.merge(seat)
    await session.flush()
    emit(session, RevisionSeated.model_validate(seat.model_dump(exclude={"comment", "at"})))


async def _taken(session: AsyncSession, revision_id: UUID) -> set[tuple[UUID, SeatKind]]:
    return {(seat.person_id, seat.kind) for seat in await queries.seats_of(session, revision_id)}


@router.post("/delegations", status_code=201)
async def delegate(
    revision_id: UUID, given: Handing, person: SignedIn, transaction: Transaction
) -> views.Shown:
    """转交: somebody else of the same side votes instead."""
    revision, *_ = await parties.revision_to_change(transaction, revision_id, person)
    votes = await queries.votes_on(transaction, revision)
    voters.check_delegation(
        person.person_id,
        given.to,
        panel=person.has(*PANELS),
        seats=await queries.seats_of(transaction, revision_id),
        signals=await queries.signals_of(transaction, revision_id),
        voted=[one.voter_id for one in votes if not one.void],
    )
    side = parties.side_of(person)
    await _seat(transaction, revision, person, SeatKind.DELEGATED, given.to, given.comment, side=side)
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/voters", status_code=201)
async def add_voter(
    revision_id: UUID, given: Adding, person: Author, transaction: Transaction
) -> views.Shown:
    """加签: this person's approval is needed as well. A panel adds for its own side, a coordinator for both."""
    revision, *_ = await parties.revision_to_change(transaction, revision_id, person)
    if not person.has(Role.COORDINATOR) and given.side is not parties.side_of(person):
        raise SeatRefused("a panel adds voters for its own side", "评审只能为本方加签", field="side")
    seats = await queries.seats_of(transaction, revision_id)
    whom, side = given.person_id, given.side
    voters.check_added(whom, seats=seats, signals=await queries.signals_of(transaction, revision_id))
    await _seat(transaction, revision, person, SeatKind.ADDED, whom, given.comment, side=side)
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/conflicts", status_code=201)
async def stand_aside(
    revision_id: UUID, given: Aside, person: SignedIn, transaction: Transaction
) -> views.Shown:
    """回避: who has a conflict of interest does not decide; a vote already cast no longer counts, one handed on goes back."""
    revision, plan, _ = await parties.revision_to_change(transaction, revision_id, person)
    whose = given.person_id or person.person_id
    if whose != person.person_id and not person.has(Role.COORDINATOR, Role.MANAGER):
        raise Forbidden(Role.COORDINATOR)
    if not given.comment.strip():
        raise CommentNeeded(field="comment")
    if (whose, SeatKind.CONFLICTED) in await _taken(transaction, revision_id):
        raise SeatRefused("stands aside already", "已回避", field="person_id")
    await _seat(transaction, revision, person, SeatKind.CONFLICTED, whose, given.comment)
    cast = select(Vote).where(Vote.revision_id == revision_id, Vote.voter_id == whose, ~col(Vote.void))
    for vote in await transaction.scalars(cast):
        vote.void = True
    seats = await queries.seats_of(transaction, revision_id)
    for event in await unseating.give_back(transaction, revision, whose, seats):
        emit(transaction, event)
    for event in await life.count_votes(transaction, plan, revision):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/copies", status_code=201)
async def send_copies(
    revision_id: UUID, given: Copies, person: Author, transaction: Transaction
) -> views.Shown:
    """抄送: these people are told, and may read it."""
    revision, *_ = await parties.revision_to_change(transaction, revision_id, person)
    had = await _taken(transaction, revision_id)
    new = [one for one in dict.fromkeys(given.person_ids) if (one, SeatKind.COPIED) not in had]
    if not new:
        raise SeatRefused("has a copy already", "已抄送过", field="person_ids")
    for whom in new:
        await _seat(transaction, revision, person, SeatKind.COPIED, whom, given.comment)
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/nudges", status_code=201)
async def nudge(revision_id: UUID, given: Again, person: Author, transaction: Transaction) -> views.Shown:
    """催办: the sides that lack votes are reminded now; once a day."""
    revision, *_ = await parties.revision_to_change(transaction, revision_id, person)
    day = await today(transaction)
    if revision.nudged_on == day:
        raise NudgedToday
    await record(transaction, revision, Act.NUDGE, person.person_id, given.comment or None)
    revision.nudged_on = day
    sides = await later.lacking(transaction, revision)
    percent = rules.passed(revision.opened_on, revision.deadline_on, day)
    emit(transaction, RevisionReminded(revision_id=revision_id, percent=percent, sides=sides))
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/extension", status_code=201)
async def extend(revision_id: UUID, given: Longer, person: SignedIn, transaction: Transaction) -> views.Shown:
    """The level with which an overdue revision lies gives more time; when that has passed, the next level is asked."""
    revision, plan, _ = await parties.revision_to_change(transaction, revision_id, person)
    approval = await queries.approval_of(transaction, plan.plan_id)
    if not person.roles & {Role.MANAGER, Role.COORDINATOR, rules.asked(approval, revision.escalation_level)}:
        raise Forbidden(Role.MANAGER)
    if not given.comment.strip():
        raise CommentNeeded(field="comment")
    until = working_day_from(given.deadline_on)
    if until <= await today(transaction):
        raise DeadlineRefused(field="deadline_on")
    await record(transaction, revision, Act.EXTEND, person.person_id, given.comment)
    emit(transaction, await later.more_time(transaction, revision, until))
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/reopen", status_code=201)
async def reopen(
    revision_id: UUID, given: Again, person: Coordinator, transaction: Transaction
) -> views.Shown:
    """What has ended is taken up again as a new revision, linked by its cause; the old one stays as it was."""
    revision, plan, _ = await parties.revision_to_change(transaction, revision_id, person)
    signals = await queries.signals_of(transaction, revision_id)
    again = select(Revision.revision_id).where(Revision.reopens == revision_id)
    if revision.state not in ENDED or not signals or await transaction.scalar(again):
        raise NotEnded
    if not given.comment.strip():
        raise CommentNeeded(field="comment")
    signal = signal_of_ended(revision, signals, given.comment, await today(transaction))
    for event in await life.take(transaction, plan, signal, reopens=revision_id):
        emit(transaction, event)
    await transaction.flush()
    return {"cause_id": signal.cause_id, "revision_id": signal.revision_id, "reopens": revision_id}
