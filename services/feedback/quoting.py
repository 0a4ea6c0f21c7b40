"""What a confirmed gap quotes of the comments that a person has read as about it. Pure."""

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from shared.events.feedback import Quote

EACH = 3
"""So many of each enterprise, since none reads another's."""
LONGEST = 300


def quotes(comments: Iterable[tuple[UUID, str]]) -> list[Quote]:
    """The first of each enterprise, in the order given, whatever they say: who chose among them could colour the evidence."""
    had: Counter[UUID] = Counter()
    found: list[Quote] = []
    for enterprise_id, words in comments:
        had[enterprise_id] += 1
        if had[enterprise_id] <= EACH:
            found.append(Quote(enterprise_id=enterprise_id, words=trimmed(words)))
    return found


def trimmed(words: str) -> str:
    """In one line, and a long one cut."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
