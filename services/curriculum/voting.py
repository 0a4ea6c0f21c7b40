"""What people do with revisions over HTTP: propose, read, vote, edit, withdraw."""

from asyncio import to_thread
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import (
    drafting,
    editing,
    life,
    parties,
    queries,
    rules,
    signals,
    views,
    voters,
)
from services.curriculum.drafting import Draft
from services.curriculum.editing import Changes
from services.curriculum.model import Plan, Programme, Revision, Signal, Vote
from services.curriculum.refusals import CommentNeeded, ContentChanged, DraftBroken
from services.curriculum.transitions import Act, State, follow
from shared.events.base import Code, Text
from shared.events.plan_parts import CauseKind, Choice, Side
from shared.ids import uuid7
from shared.messaging import emit, now, today
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter(prefix="/curriculum/v1/revisions", tags=["revisions"])
PANELS = (Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)
Author = Annotated[Person, require(Role.COORDINATOR, *PANELS)]
Coordinator = Annotated[Person, require(Role.COORDINATOR)]


class Asked(BaseModel):
    """What someone sends. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class NewProposal(Asked):
    """A person's proposal: so much more of the hours of each competency."""

    plan_id: UUID
    competencies: dict[Code, Annotated[float, Field(ge=0, le=0.5)]] = Field(min_length=1, max_length=20)
    reason: Text


class Ballot(Asked):
    """A vote on exactly this content."""

    choice: Choice
    content_hash: str
    comment: str | None = Field(default=None, max_length=2000)
    side: Side | None = Field(default=None, description="not needed: the token says it, and decides")


class Edit(Changes):
    """A draft by hand: hours, texts and phases, modules that are new or taken out."""

    seen: str | None = Field(
        default=None, description="the content_hash that was edited; null where there was none"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.hours or self.modules or self.added or self.removed):
            raise ValueError("name what changes: hours, modules, added or removed")
        return self


class Choosing(Asked):
    """Which alternative, counted from 0, of the content that was read."""

    number: int = Field(ge=0, le=10)
    seen: str


class Reason(Asked):
    """Why."""

    comment: str = Field(default="", max_length=2000)


@router.get("")
async def list_revisions(
    person: SignedIn, transaction: Transaction, plan_id: UUID | None = None, state: State | None = None
) -> list[views.Shown]:
    wanted = select(Revision).order_by(col(Revision.revision_id).desc()).limit(200)
    wanted = wanted.where(Revision.plan_id == plan_id) if plan_id else wanted
    wanted = wanted.where(Revision.state == state) if state else wanted
    shown = []
    for revision in await transaction.scalars(wanted):
        plan = await queries.plan_of(transaction, revision.plan_id)
        if parties.sees(await queries.programme_of(transaction, plan.programme_id), person):
            shown.append(views.summary(revision, await queries.signals_of(transaction, revision.revision_id)))
    return shown


@router.post("", status_code=201)
async def propose(new: NewProposal, person: Coordinator, transaction: Transaction) -> views.Shown:
    plan = await queries.plan_of(transaction, new.plan_id, lock=True)
    await parties.check(transaction, plan, person)
    signal = Signal(
        cause_id=uuid7(),
        plan_id=plan.plan_id,
        kind=CauseKind.PERSON,
        asks={name: 1 + share for name, share in new.competencies.items()},
        levels={},
        evidence={"reason": new.reason.model_dump(), "person_id": str(person.person_id)},
        evidence_until=await today(transaction),
    )
    for event in await life.take(transaction, plan, signal):
        emit(transaction, event)
    await transaction.flush()
    revision = await transaction.get(Revision, signal.revision_id) if signal.revision_id else None
    return {
        "cause_id": signal.cause_id,
        "revision_id": signal.revision_id,
        "state": revision.state if revision else "waiting",
    }


@router.get("/{revision_id}")
async def read_revision(revision_id: UUID, person: SignedIn, transaction: Transaction) -> views.Shown:
    revision = await queries.revision_of(transaction, revision_id)
    seats = await queries.seats_of(transaction, revision_id)
    if person.person_id not in {seat.person_id for seat in seats}:
        await parties.check(transaction, await queries.plan_of(transaction, revision.plan_id), person)
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/{revision_id}/votes", status_code=201)
async def vote(revision_id: UUID, ballot: Ballot, person: SignedIn, transaction: Transaction) -> views.Shown:
    revision = await queries.revision_of(transaction, revision_id, lock=True)
    plan = await queries.plan_of(transaction, revision.plan_id)
    programme = await queries.programme_of(transaction, plan.programme_id)
    had = await transaction.get(Vote, (revision_id, person.person_id, ballot.content_hash))
    voters.check_seat(
        person.person_id,
        parties.side_of(person),
        panel=person.has(*PANELS),
        seats=await queries.seats_of(transaction, revision_id),
        signals=await queries.signals_of(transaction, revision_id),
    )
    side = rules.check_ballot(
        side=parties.side_of(person),
        claimed=ballot.side,
        of_programme=parties.votes_in(programme, person),
        choice=ballot.choice,
        comment=ballot.comment,
        seen=ballot.content_hash,
        content_hash=revision.content_hash,
        voted=had is not None and not had.void,
    )
    kept = Vote(
        revision_id=revision_id,
        voter_id=person.person_id,
        side=side,
        cast_at=await now(transaction),
        **ballot.model_dump(exclude={"side"}),
    )
    for event in await life.cast(transaction, plan, revision, kept):
        emit(transaction, event)
    await transaction.flush()
    shown = await views.revision_shown(transaction, revision_id, person)
    return {
        name: shown[name]
        for name in ("revision_id", "state", "approvals", "needs", "queued_until", "new_version")
    }


async def to_edit(
    session: AsyncSession, revision_id: UUID, person: Person, seen: str | None
) -> tuple[Revision, Plan, Programme]:
    """The revision with what it belongs to, where its draft may be edited and still is the one that was read."""
    revision, plan, programme = await parties.revision_to_change(session, revision_id, person)
    follow(revision.state, Act.EDIT)
    if seen != revision.content_hash:
        raise ContentChanged(field="seen")
    return revision, plan, programme


@router.patch("/{revision_id}/draft")
async def edit_draft(revision_id: UUID, given: Edit, person: Author, transaction: Transaction) -> views.Shown:
    revision, plan, programme = await to_edit(transaction, revision_id, person, given.seen)
    base = await queries.version_of(transaction, plan.plan_id, revision.plan_version)
    asked = signals.aims(await queries.signals_of(transaction, revision_id))
    drafted = Draft.model_validate(revision.draft or {}) if revision.content_hash else Draft()
    pack = await queries.pack_of_plan(transaction, plan.plan_id)
    stations = await parties.stations_of(transaction, programme)
    content = editing.edited(base, drafted, given, asked, pack, stations)
    if not content.changes and any(factor > 1 for factor in asked.values()):
        raise DraftBroken(
            "nothing would change; withdraw the revision instead",
            "没有任何变化；可改为撤回该修订",
            field="hours",
        )
    for event in await life.edit(transaction, plan, revision, content, person.person_id):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


@router.post("/{revision_id}/alternative")
async def choose_alternative(
    revision_id: UUID, given: Choosing, person: Author, transaction: Transaction
) -> views.Shown:
    """Another of the small changes becomes the draft; like an edit it voids the votes."""
    revision, plan, _ = await to_edit(transaction, revision_id, person, given.seen)
    content = editing.chosen(Draft.model_validate(revision.draft), given.number)
    for event in await life.edit(transaction, plan, revision, content, person.person_id):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)


@router.get("/{revision_id}/outlook")
async def read_outlook(revision_id: UUID, person: SignedIn, transaction: Transaction) -> views.Shown:
    """The linear answer at once, before any draft: the price of an hour in each phase, in words."""
    revision = await queries.revision_of(transaction, revision_id)
    await parties.check(transaction, await queries.plan_of(transaction, revision.plan_id), person)
    base = await queries.version_of(transaction, revision.plan_id, revision.plan_version)
    asked = signals.aims(await queries.signals_of(transaction, revision_id))
    raised = {name: factor for name, factor in asked.items() if factor > 1}
    pack = await queries.pack_of_plan(transaction, revision.plan_id)
    found = await to_thread(drafting.prices, base, raised, pack) if raised else {}
    return {"aims": asked, "hour_price": found, "words": views.prices_in_words(base, found)}


@router.post("/{revision_id}/withdraw")
async def withdraw(
    revision_id: UUID, why: Reason, person: Coordinator, transaction: Transaction
) -> views.Shown:
    revision, plan, _ = await parties.revision_to_change(transaction, revision_id, person)
    if not why.comment.strip():
        raise CommentNeeded(field="comment")
    for event in await life.withdraw(transaction, plan, revision, person.person_id, why.comment):
        emit(transaction, event)
    await transaction.flush()
    return await views.revision_shown(transaction, revision_id, person)
