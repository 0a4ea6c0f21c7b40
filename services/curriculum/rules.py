"""The decisions of curriculum: values in, an answer out. No session, no clock, no chance."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from services.curriculum.laying import next_boundary
from services.curriculum.model import Signal
from services.curriculum.refusals import (
    AlreadyVoted,
    CommentNeeded,
    ContentChanged,
    NotOfThisProgramme,
    WrongSide,
)
from services.curriculum.transitions import JOINABLE, State
from services.curriculum.workdays import working_day_from, working_days_after
from shared.calendar import monday_of, week_of
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import CauseKind, Choice, RevisionClass, Side
from shared.programmes.grammar import Approval

BY_REVISION = "a revision that both sides approved"
"""Known to the pages by this text, which older versions of plans hold."""
HARDEST = RevisionClass.PLAN_REVISION


class Fate(StrEnum):
    """What becomes of a signal when it arrives."""

    OPENS = "opens"
    JOINS = "joins"
    WAITS = "waits"
    SUPERSEDED = "superseded"


def place(
    signal: Signal, open_state: State | None, answered: Mapping[str, int], heard_until: Mapping[str, date]
) -> Fate:
    """What becomes of it.

    `answered`: competency -> plan version that raised it last; `heard_until`: competency -> evidence of its ended gaps.
    A gap counts again only on newer evidence, and only under a version that has not yet answered it.
    """
    if signal.kind is CauseKind.GAP and all(
        _is_old(signal, name, answered, heard_until) for name in signal.asks
    ):
        return Fate.SUPERSEDED
    if open_state is None:
        return Fate.OPENS
    return Fate.JOINS if open_state in JOINABLE else Fate.WAITS


def _is_old(signal: Signal, name: str, answered: Mapping[str, int], heard_until: Mapping[str, date]) -> bool:
    version = signal.evidence["plan_version"]
    until = heard_until.get(name)
    return answered.get(name, 0) > version or (until is not None and signal.evidence_until <= until)


def check_ballot(
    *,
    side: Side | None,
    claimed: Side | None,
    of_programme: bool,
    choice: Choice,
    comment: str | None,
    seen: str,
    content_hash: str | None,
    voted: bool,
) -> Side:
    """The side that may cast this vote; refused with the reason."""
    if side is None or (claimed is not None and claimed is not side):
        raise WrongSide(field="side")
    if not of_programme:
        raise NotOfThisProgramme
    if choice is not Choice.APPROVE and not (comment or "").strip():
        raise CommentNeeded(field="comment")
    if content_hash is None or seen != content_hash:
        raise ContentChanged(field="content_hash")
    if voted:
        raise AlreadyVoted
    return side


def deadlines(opened_on: date, approval: Approval) -> tuple[date, date, date]:
    """The working days on which 50, 80 and 100 % of the time for a decision have passed."""
    days = [max(1, round(approval.deadline_days * part)) for part in (0.5, 0.8, 1.0)]
    if approval.deadline_counts == "working":
        half, most, end = (working_days_after(opened_on, number) for number in days)
    else:
        half, most, end = (working_day_from(opened_on + timedelta(days=number)) for number in days)
    return half, most, end


def passed(opened_on: date, deadline_on: date, on: date) -> int:
    """The part of the time for a decision that has passed, in percent."""
    whole = (deadline_on - opened_on).days or 1
    return max(0, min(100, round(100 * (on - opened_on).days / whole)))


def asked(approval: Approval, level: int) -> str | None:
    """The role with which a revision lies that has been escalated so many times; none where it has not."""
    return approval.escalates_to[level - 1] if 0 < level <= len(approval.escalates_to) else None


def waits_until(revision_class: RevisionClass, approval: Approval, on: date) -> date | None:
    """The day on which the window opens for a plan revision; none where it may be published at once."""
    if revision_class is RevisionClass.ADJUSTMENT:
        return None
    opens, closes = _day(on.year, approval.window_opens), _day(on.year, approval.window_closes)
    if opens <= on <= closes or (closes < opens and (on >= opens or on <= closes)):
        return None
    return opens if on < opens else _day(on.year + 1, approval.window_opens)


def _day(year: int, month_and_day: str) -> date:
    month, day = (int(part) for part in month_and_day.split("-"))
    return date(year, month, min(day, 28) if month == 2 else day)


def moves_in(plan: PlanPublished, first_monday: date, on: date) -> tuple[int, date] | None:
    """Week and Monday at which a running cohort moves to this version: at its next boundary; none if it has ended."""
    week = next_boundary(plan.phases, week_of(first_monday, on))
    return (week, monday_of(first_monday, week)) if week else None


def raised(plan: PlanPublished, signals: Sequence[Signal], on: date) -> PlanPublished:
    """The plan's requirements at the levels that the signals ask for from now on, set by the approval of this day."""
    levels: dict[str, int] = {}
    for signal in signals:
        for name, level in signal.levels.items():
            levels[name] = max(level, levels.get(name, 1))
    after = [
        one.model_copy(
            update={
                "level": levels[one.competency],
                "set_by": BY_REVISION,
                "set_on": on,
                "method": "joint-approval",
            }
        )
        if levels.get(one.competency, one.level) != one.level
        else one
        for one in plan.requirements
    ]
    return plan.model_copy(update={"requirements": after})
