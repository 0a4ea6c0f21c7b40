"""The facts of the loop as the overview folds them: each is read from the log and parsed once in a process.

What is logged never changes, so a fact that is known by its id need not be read again; which facts there are, and in which
order they happened, is asked each time, since a late one may belong between earlier ones.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway import queries
from services.gateway.loop import FACTS
from services.gateway.vocabulary import EVENTS
from shared.events.base import Event
from shared.events.placement import TimetableChanged, TimetableImpossible, TimetablePublished

CLASSES = {kind.__name__: kind for kind in EVENTS.values()}
NAMES = tuple(fact.__name__ for fact in FACTS)
TIMETABLES = {kind.__name__ for kind in (TimetablePublished, TimetableChanged, TimetableImpossible)}


class Listed(NamedTuple):
    """A line of the log without what it says."""

    event_id: UUID
    name: str
    key: str
    day: date


class Facts:
    """Those that the last reader needed, by their ids."""

    def __init__(self) -> None:
        self._known: dict[UUID, Event] = {}

    async def read(self, session: AsyncSession) -> list[tuple[Event, date]]:
        """All that bears on the loop, in the order in which it happened."""
        listed = needed([Listed(*row) for row in await queries.facts_listed(session, NAMES)])
        had = self._known
        new = await queries.data_of(session, [one.event_id for one in listed if one.event_id not in had])
        found = {
            one.event_id: had[one.event_id]
            if one.event_id in had
            else CLASSES[one.name].model_validate(new[one.event_id])
            for one in listed
        }
        self._known = found
        return [(found[one.event_id], one.day) for one in listed]


def needed(listed: Sequence[Listed]) -> list[Listed]:
    """Without timetables but those that are impossible and the last word of their cohort: nothing else of them is shown."""
    last = {one.key: one.event_id for one in _timetables(listed)}
    shown = {one.event_id for one in _timetables(listed) if one.name == TimetableImpossible.__name__} & set(
        last.values()
    )
    return [one for one in listed if one.name not in TIMETABLES or one.event_id in shown]


def _timetables(listed: Iterable[Listed]) -> Iterable[Listed]:
    return (one for one in listed if one.name in TIMETABLES)
