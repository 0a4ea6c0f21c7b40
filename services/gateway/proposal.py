"""One proposal to change a plan, as the facts tell it: its state, its votes, and who has one. Pure."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from shared.events.base import Event
from shared.events.curriculum import (
    RevisionApproved,
    RevisionDrafted,
    RevisionEscalated,
    RevisionExtended,
    RevisionOpened,
    RevisionRejected,
    RevisionReturned,
    RevisionSeated,
    RevisionUndrafted,
    RevisionUnseated,
    RevisionWithdrawn,
    VoteCast,
)
from shared.events.plan_parts import SeatKind

OPEN = frozenset({"opened", "drafted", "undrafted", "returned", "escalated"})


@dataclass
class Revision:
    """What became of one proposal."""

    opened: RevisionOpened
    since: date
    deadline_on: date
    state: str = "opened"
    drafted: RevisionDrafted | None = None
    votes: dict[UUID, VoteCast] = field(default_factory=dict)
    seats: dict[tuple[UUID, SeatKind], RevisionSeated] = field(default_factory=dict)
    asks: str | None = None
    approved: RevisionApproved | None = None

    def may_vote(self, person_id: UUID, *, panel: bool) -> bool:
        """Who sits on the panel or was given a vote, and neither stands aside nor has handed it on."""
        if (person_id, SeatKind.CONFLICTED) in self.seats or any(
            seat.kind is SeatKind.DELEGATED and seat.given_by == person_id for seat in self.seats.values()
        ):
            return False
        return panel or any((person_id, kind) in self.seats for kind in (SeatKind.ADDED, SeatKind.DELEGATED))

    def count(self, side: str) -> int:
        """Approvals of one side on the content that stands now."""
        return sum(1 for vote in self.votes.values() if vote.side == side and vote.choice == "approve")


def follow(revision: Revision, fact: Event) -> None:
    """What becomes of it by this fact."""
    if not _around_the_vote(revision, fact):
        _move(revision, fact)


def _around_the_vote(revision: Revision, fact: Event) -> bool:
    match fact:
        case RevisionSeated():
            revision.seats[fact.person_id, fact.kind] = fact
            if fact.kind is SeatKind.CONFLICTED:
                revision.votes.pop(fact.person_id, None)
        case RevisionUnseated():
            revision.seats.pop((fact.person_id, fact.kind), None)
        case RevisionExtended():
            revision.deadline_on = fact.deadline_on
        case _:
            return False
    return True


def _move(revision: Revision, fact: Event) -> None:
    match fact:
        case RevisionDrafted():
            revision.drafted, revision.state, revision.asks = fact, "drafted", None
            revision.votes = {k: v for k, v in revision.votes.items() if v.content_hash == fact.content_hash}
        case VoteCast():
            revision.votes[fact.voter_id] = fact
        case RevisionApproved():
            revision.approved, revision.state = fact, "approved"
        case RevisionReturned():
            revision.votes, revision.state = {}, "returned"
        case RevisionUndrafted():
            revision.state = "undrafted"
        case RevisionEscalated():
            revision.state, revision.asks = "escalated", fact.asks
        case RevisionRejected():
            revision.state = "rejected"
        case RevisionWithdrawn():
            revision.state = "withdrawn"
