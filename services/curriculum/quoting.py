"""What of a revision's evidence a reader is shown: of mentors' words and of workshops an enterprise its own; a college all. Pure.

Words are for the coordinator and voters alone, where a shortfall comes from is for everybody who may read the revision.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from services.curriculum.model import Json
from services.curriculum.seats import Seat
from services.curriculum.voters import VOTES
from shared.events.feedback import Attribution
from shared.web.identity import Person, Role

QUOTES, SOURCES = "quotes", "sources"
NOBODY = UUID(int=0)
READERS = (Role.COORDINATOR, Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)


def for_reader(evidence: Sequence[Json], person: Person, seats: Collection[Seat]) -> list[Json]:
    """What the coordinator, the panels and whoever was given a vote are shown."""
    seated = any(seat.person_id == person.person_id and seat.kind in VOTES for seat in seats)
    reads = seated or person.has(*READERS)
    kept: list[Json] = _with(
        list(evidence), lambda of: reads and str(person.enterprise_id or of) == of, person.enterprise_id
    )
    return kept


def for_paper(evidence: Sequence[Json], enterprises: Collection[str]) -> list[Json]:
    """A paper goes to both sides: with several enterprises it quotes nobody and names no workshop."""
    reader = None if len(set(enterprises)) == 1 else NOBODY
    kept: list[Json] = _with(list(evidence), lambda of: set(enterprises) == {of}, reader)
    return kept


def _with(evidence: Any, shown: Callable[[str], bool], reader: UUID | None) -> Any:
    """The evidence of an earlier revision stands inside that of the one that takes it up again."""
    if isinstance(evidence, list):
        return [_with(one, shown, reader) for one in evidence]
    if not isinstance(evidence, dict):
        return evidence
    return {name: _part(name, value, shown, reader) for name, value in evidence.items()}


def _part(name: str, value: Any, shown: Callable[[str], bool], reader: UUID | None) -> Any:
    if name == QUOTES:
        return [one for one in value if shown(one["enterprise_id"])]
    if name == SOURCES:
        return [Attribution.model_validate(one).shown_to(reader).model_dump(mode="json") for one in value]
    return _with(value, shown, reader)
