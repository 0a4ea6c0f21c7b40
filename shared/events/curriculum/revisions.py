"""How a plan changes: from a proposal to its end."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.events.base import Code, Event
from shared.events.plan_parts import Cause, Choice, GapOutcome, ModuleChange, RevisionClass, SeatKind, Side


class RevisionOpened(Event):
    """A proposal to change a plan exists, with what caused it. The draft follows."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    plan_version: int = Field(description="the version that it would change")
    causes: list[Cause]
    deadline_on: date


class RevisionDrafted(Event):
    """The proposal has content: the smallest change found. `content_hash` is what votes are bound to."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    plan_version: int
    revision_class: RevisionClass
    causes: list[Cause]
    changes: list[ModuleChange]
    content_hash: str


class RevisionUndrafted(Event):
    """No change within the hour budget answers the causes: a person must decide what to give up."""

    key = "revision_id"
    revision_id: UUID
    missing: dict[Code, float] = Field(description="competency -> weighted hours still missing at best")


class VoteCast(Event):
    """A member of a panel has voted on exactly this content."""

    key = "revision_id"
    revision_id: UUID
    voter_id: UUID
    side: Side
    choice: Choice
    content_hash: str


class RevisionApproved(Event):
    """Both sides agree."""

    key = "revision_id"
    revision_id: UUID
    plan_id: UUID
    content_hash: str
    queued_until: date | None = Field(default=None, description="the window, for a plan revision outside it")


class RevisionReturned(Event):
    """A side wants it changed; votes are void."""

    key = "revision_id"
    revision_id: UUID
    side: Side


class RevisionRejected(Event):
    """A side says no."""

    key = "revision_id"
    revision_id: UUID
    side: Side


class RevisionWithdrawn(Event):
    """Who proposed it took it back, or what it would change is gone."""

    key = "revision_id"
    revision_id: UUID


class RevisionReminded(Event):
    """So much of the time for voting has passed, and these sides have not voted enough."""

    key = "revision_id"
    revision_id: UUID
    percent: int
    sides: list[Side]


class RevisionEscalated(Event):
    """The deadline has passed without a decision: it now lies with the next level."""

    key = "revision_id"
    revision_id: UUID
    sides: list[Side]
    level: int = Field(default=1, description="how many levels have been asked by now")
    asks: Code | None = Field(default=None, description="the role that it lies with now")


class RevisionSeated(Event):
    """Who decides on a revision, or is told of it, has changed: a vote handed on, a voter added or excluded, a copy."""

    key = "revision_id"
    revision_id: UUID
    kind: SeatKind
    person_id: UUID
    side: Side | None = None
    given_by: UUID


class RevisionUnseated(Event):
    """A seat is taken back: a vote is again with whom `given_by` names, or an added voter's approval no longer asked."""

    key = "revision_id"
    revision_id: UUID
    kind: SeatKind
    person_id: UUID = Field(description="who had the seat")
    side: Side | None = None
    given_by: UUID


class RevisionExtended(Event):
    """There is more time for a decision: the deadline has moved."""

    key = "revision_id"
    revision_id: UUID
    deadline_on: date


class GapAnswered(Event):
    """A confirmed gap has an end: a plan version that answers it, or a reason why not."""

    key = "gap_id"
    gap_id: UUID
    outcome: GapOutcome
    revision_id: UUID | None = None
    plan_version: int | None = None
    competency: Code
