"""What a changed plant leaves behind: modules, teachers and mentors that are stale for a competency. Pure.

A module is stale while a technology change or a teacher's report on a competency that it builds is not answered by a
version; a teacher until a later stint at the plant taught that competency; a mentor who was named before the change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.curriculum.model import Signal
from services.curriculum.people import Secondment, Teacher
from services.curriculum.seats import StationMentor
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import CauseKind

CHANGES = frozenset({CauseKind.TECHNOLOGY, CauseKind.SECONDMENT})


@dataclass(frozen=True)
class Stale:
    """One competency that has moved on, since when, and who and what has not."""

    competency: str
    since: date
    modules: list[str]
    teachers: list[Teacher]
    mentors: list[StationMentor]


def changed_since(signals: Iterable[Signal]) -> dict[str, date]:
    """Competency -> the day of its newest change that no version has answered."""
    since: dict[str, date] = {}
    for signal in signals:
        if signal.kind in CHANGES and signal.outcome is None:
            for name in signal.asks:
                since[name] = max(signal.evidence_until, since.get(name, signal.evidence_until))
    return since


def revisions_for(competency: str, signals: Iterable[Signal]) -> list[UUID]:
    """The revisions that these changes of it have opened; none while one of them still waits for another revision."""
    return sorted({
        one.revision_id
        for one in signals
        if one.kind in CHANGES and one.outcome is None and one.revision_id and competency in one.asks
    })  # fmt: skip


def stale(
    plan: PlanPublished,
    since: Mapping[str, date],
    teachers: Sequence[Teacher],
    secondments: Sequence[Secondment],
    mentors: Sequence[StationMentor],
) -> list[Stale]:
    """For each changed competency what has to follow."""
    found = []
    for name, day in sorted(since.items()):
        touched = [one for one in plan.modules if one.contribution.get(name, 0) > 0]
        codes = {one.module for one in touched}
        stations = {station for one in touched for station in one.practised_at}
        caught_up = {
            one.teacher_id
            for one in secondments
            if one.reported_on and one.reported_on >= day and name in one.learnt
        }
        behind = [
            one
            for one in teachers
            if (codes & set(one.modules) or name in one.competencies) and one.teacher_id not in caught_up
        ]
        old = [one for one in mentors if one.station_id in stations and one.named_on < day]
        found.append(Stale(name, day, sorted(codes), behind, old))
    return found
