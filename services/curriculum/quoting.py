"""Whose words a reader of a revision's evidence is shown: an enterprise's own mentors', or a college's coordinator and voters all. Pure."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from services.curriculum.model import Json
from services.curriculum.seats import Seat
from services.curriculum.voters import VOTES
from shared.web.identity import Person, Role

QUOTES = "quotes"
READERS = (Role.COORDINATOR, Role.PANEL_COLLEGE, Role.PANEL_ENTERPRISE)


def for_reader(evidence: Sequence[Json], person: Person, seats: Collection[Seat]) -> list[Json]:
    """What the coordinator, the panels and whoever was given a vote are shown."""
    seated = any(seat.person_id == person.person_id and seat.kind in VOTES for seat in seats)
    reads = seated or person.has(*READERS)
    kept: list[Json] = _with(list(evidence), lambda of: reads and str(person.enterprise_id or of) == of)
    return kept


def for_paper(evidence: Sequence[Json], enterprises: Collection[str]) -> list[Json]:
    """A paper goes to both sides: with several enterprises it quotes nobody."""
    kept: list[Json] = _with(list(evidence), lambda of: set(enterprises) == {of})
    return kept


def _with(evidence: Any, shown: Callable[[str], bool]) -> Any:
    """The evidence of an earlier revision stands inside that of the one that takes it up again."""
    if isinstance(evidence, list):
        return [_with(one, shown) for one in evidence]
    if not isinstance(evidence, dict):
        return evidence
    return {
        name: [one for one in value if shown(one["enterprise_id"])] if name == QUOTES else _with(value, shown)
        for name, value in evidence.items()
    }
