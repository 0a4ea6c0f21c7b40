"""Who may vote on a revision, and whose approval it needs. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.curriculum.model import Signal, Vote
from services.curriculum.refusals import ConflictOfInterest, NoSeat, SeatGivenAway, SeatRefused, WrongSide
from services.curriculum.seats import Seat
from shared.events.plan_parts import CauseKind, Choice, SeatKind, Side
from shared.programmes.grammar import Approval

VOTES = frozenset({SeatKind.ADDED, SeatKind.DELEGATED})
"""Seats with a vote."""


def needed(approval: Approval) -> dict[Side, int]:
    """Minimum votes of each side, from the programme's template."""
    return {Side.COLLEGE: approval.votes_college, Side.ENTERPRISE: approval.votes_enterprise}


def added(seats: Iterable[Seat], side: Side) -> set[UUID]:
    """Voters of a side whose approval is needed beside the minimum, unless they must not vote."""
    known = list(seats)
    out = {seat.person_id for seat in known if seat.kind is SeatKind.CONFLICTED}
    return {seat.person_id for seat in known if seat.kind is SeatKind.ADDED and seat.side is side} - out


def lacking(votes: Iterable[Vote], approval: Approval, seats: Sequence[Seat] = ()) -> list[Side]:
    """The sides without their minimum of approvals, or without an added voter's."""
    approved = {
        side: {vote.voter_id for vote in votes if _counts(vote) and vote.side is side}
        for side, votes in _by_side(votes).items()
    }
    needs = needed(approval)
    return [
        side
        for side in Side
        if len(approved[side] - added(seats, side)) < needs[side] or added(seats, side) - approved[side]
    ]


def _by_side(votes: Iterable[Vote]) -> dict[Side, list[Vote]]:
    known = list(votes)
    return {side: [vote for vote in known if vote.side is side] for side in Side}


def _counts(vote: Vote) -> bool:
    return vote.choice is Choice.APPROVE and not vote.void


def decide(votes: Iterable[Vote], approval: Approval, seats: Sequence[Seat] = ()) -> bool:
    """Both sides have their minimum of approvals, and every added voter has approved."""
    return not lacking(votes, approval, seats)


def approvals(votes: Iterable[Vote]) -> dict[Side, int]:
    """Approvals of each side that count."""
    given = Counter(vote.side for vote in votes if _counts(vote))
    return {side: given[side] for side in Side}


def authors(signals: Iterable[Signal]) -> set[UUID]:
    """People who asked for the change themselves: they do not decide on it."""
    asked = {CauseKind.PERSON: "person_id", CauseKind.SECONDMENT: "teacher_id"}
    found = {signal.evidence.get(asked.get(signal.kind, "")) for signal in signals}
    return {UUID(str(one)) for one in found if one}


def check_seat(
    person_id: UUID, side: Side | None, *, panel: bool, seats: Sequence[Seat], signals: Iterable[Signal]
) -> None:
    """Refused with the reason where this person has no vote on this revision; a seat's vote is of the side it was given for."""
    mine = {seat.kind: seat.side for seat in seats if seat.person_id == person_id}
    if SeatKind.CONFLICTED in mine or person_id in authors(signals):
        raise ConflictOfInterest
    if gave_away(person_id, seats):
        raise SeatGivenAway
    if panel:
        return
    if not mine.keys() & VOTES:
        raise NoSeat
    if side not in {given for kind, given in mine.items() if kind in VOTES}:
        raise WrongSide(field="side")


def gave_away(person_id: UUID, seats: Iterable[Seat]) -> bool:
    """Whether this person has handed the vote on."""
    return any(seat.kind is SeatKind.DELEGATED and seat.given_by == person_id for seat in seats)


def check_delegation(
    giver: UUID,
    to: UUID,
    *,
    panel: bool,
    seats: Sequence[Seat],
    signals: Iterable[Signal],
    voted: Iterable[UUID],
) -> None:
    """A vote is handed on once, by who has it, to somebody else who may, has not voted and has no other."""
    sits = {kind: {seat.person_id for seat in seats if seat.kind is kind} for kind in SeatKind}
    if not panel and giver not in sits[SeatKind.DELEGATED]:
        raise NoSeat
    if gave_away(giver, seats):
        raise SeatGivenAway
    if giver in sits[SeatKind.ADDED]:
        raise SeatRefused(
            "your own approval was asked for; you cannot hand it on",
            "您是被加签人，须本人表决，不能转交",
            field="to",
        )
    if giver in voted or to in voted:
        raise SeatRefused("one of you has voted on this content", "您或对方已对当前内容投过票", field="to")
    if to == giver or to in sits[SeatKind.CONFLICTED] | authors(signals):
        raise SeatRefused("hand it to somebody else who may vote", "请转交给其他可以表决的人", field="to")
    if gave_away(to, seats) or to in sits[SeatKind.DELEGATED] | sits[SeatKind.ADDED]:
        raise SeatRefused(
            "this person has a vote handed on already, or one of their own",
            "此人已受托、已转交或已被加签",
            field="to",
        )


def check_added(whom: UUID, *, seats: Sequence[Seat], signals: Iterable[Signal]) -> None:
    """Refused where the approval that would be needed could never be given."""
    if any(seat.person_id == whom and seat.kind is not SeatKind.COPIED for seat in seats):
        raise SeatRefused(
            "this person has a seat on this revision already", "此人在该修订中已有席位", field="person_id"
        )
    if gave_away(whom, seats):
        raise SeatRefused("this person has handed the vote on", "此人已将表决转交他人", field="person_id")
    if whom in authors(signals):
        raise SeatRefused(
            "this person asked for the change and does not decide on it",
            "此人是该修订的提出人，不参与表决",
            field="person_id",
        )


def given_back(whose: UUID, seats: Iterable[Seat]) -> list[Seat]:
    """The votes that come back when this person stands aside: to who handed it on, or, standing aside too, one further.

    A vote that was handed on again stays with whoever has it now.
    """
    left, back = list(seats), []
    aside = {seat.person_id for seat in left if seat.kind is SeatKind.CONFLICTED} | {whose}
    while whose in aside and not gave_away(whose, left):
        handed = [one for one in left if one.kind is SeatKind.DELEGATED and one.person_id == whose]
        if not handed:
            break
        back += handed
        left.remove(handed[0])
        whose = handed[0].given_by
    return back


def to_take_back(giver: UUID, whose: UUID, seats: Iterable[Seat], votes: Iterable[Vote]) -> Seat:
    """The vote that the giver handed this person, or the seat that the giver added; refused once it was used.

    A panel member who was added for the other side has not used that seat by voting for the own one.
    """
    known = list(seats)
    own = [seat for seat in known if seat.kind in VOTES and (seat.person_id, seat.given_by) == (whose, giver)]
    if not own:
        raise SeatRefused(
            "you have given this person no vote on this revision",
            "您没有向此人转交表决或加签",
            field="person_id",
        )
    voted = any(vote.voter_id == whose and vote.side is own[0].side and not vote.void for vote in votes)
    if voted or gave_away(whose, known):
        raise SeatRefused(
            "this person has voted on this content, or handed the vote on",
            "此人已对当前内容投票，或已再次转交",
            field="person_id",
        )
    return own[0]


def may_vote(
    person_id: UUID, side: Side | None, *, panel: bool, seats: Sequence[Seat], signals: Iterable[Signal]
) -> bool:
    """Whether this person has a vote on this revision."""
    try:
        check_seat(person_id, side, panel=panel, seats=seats, signals=signals)
    except (ConflictOfInterest, SeatGivenAway, NoSeat, WrongSide):
        return False
    return True
