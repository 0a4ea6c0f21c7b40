"""Which mentors can be compared at all, and the fewest ratings more that would make all of them comparable.

Mentors are linked by a competency, or a vignette, that both have rated: trainees do not link them, since what a mentor alone
rates may be low for either reason. The parts are the connected components of mentors x (competencies and vignettes); each part
but the largest needs one link, so that is the smallest number.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.feedback.evidence import Link, largest_linked
from services.feedback.running import Running, keys_of

Key = tuple[str, date | None]


class Answer(NamedTuple):
    """What a mentor said of a common vignette, and the level that both sides had agreed on."""

    vignette: UUID
    mentor: UUID
    competency: str
    level: int
    agreed: int


class Part(NamedTuple):
    """Mentors and competencies that are linked with one another; each mentor's number of ratings."""

    mentors: dict[UUID, int]
    keys: list[Key]


def linked_keys(found: Sequence[Part]) -> set[Key]:
    """Competencies of the largest part."""
    return {key for part in found[:1] for key in part.keys}


def missing(running: Running, found: Sequence[Part]) -> dict[Key, Link]:
    """For each competency outside the largest part the rating that would link it: its part's busiest mentor on what most rate."""
    main = linked_keys(found)
    raters: dict[str, set[UUID]] = {}
    for pair, n in zip(running.pairs, running.n, strict=True):
        if n and pair[1:] in main:
            raters.setdefault(pair.competency, set()).add(pair.mentor)
    common = min(raters, key=lambda code: (-len(raters[code]), code), default=None)
    if common is None:
        return {}
    return {key: Link(_busiest(part), common) for part in found[1:] for key in part.keys}


def _busiest(part: Part) -> UUID:
    return min(part.mentors, key=lambda who: (-part.mentors[who], who))


def parts(running: Running, answers: Sequence[Answer]) -> list[Part]:
    """The one with most mentors first."""
    keys, mentors = keys_of(running.pairs), running.mentors
    rated = _rated(running, answers, keys, mentors)
    ratings = dict.fromkeys(mentors, 0)
    for pair, n in zip(running.pairs, running.n, strict=True):
        ratings[pair.mentor] += n
    found = []
    while rated.any():
        inside, columns = largest_linked(rated)
        theirs = {one: ratings[one] for at, one in enumerate(mentors) if inside[at]}
        found.append(Part(theirs, [key for at, key in enumerate(keys) if columns[at]]))
        rated = rated & ~inside[:, None]
    return found


def _rated(
    running: Running, answers: Sequence[Answer], keys: list[Key], mentors: list[UUID]
) -> NDArray[np.bool_]:
    cases = sorted({one.vignette for one in answers})
    rated = np.zeros((len(mentors), len(keys) + len(cases)), bool)
    for pair, n in zip(running.pairs, running.n, strict=True):
        rated[mentors.index(pair.mentor), keys.index(pair[1:])] |= n > 0
    for one in answers:
        if one.mentor in mentors:
            rated[mentors.index(one.mentor), len(keys) + cases.index(one.vignette)] = True
    return rated
