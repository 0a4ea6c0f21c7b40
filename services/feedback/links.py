"""Which mentors can be compared at all, and the fewest ratings more that would make all of them comparable.

Mentors are linked by a competency, or a vignette, that both have rated: trainees do not link them, since what a mentor alone
rates may be low for either reason. The parts are the connected components of mentors x (competencies and vignettes); each part
but the largest needs one link, so that is the smallest number.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from services.feedback.columns import Key
from services.feedback.evidence import Link, largest_linked
from services.feedback.running import Running


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


Practised = Mapping[UUID, Collection[str]]
"""What is practised at the station of each mentor; of who is not named here anything may be asked."""


def missing(running: Running, found: Sequence[Part], practised: Practised | None = None) -> dict[Key, Link]:
    """For each competency outside the largest part the rating that would link it; none where no station allows one."""
    raters: dict[str, set[UUID]] = {}
    for pair, n in zip(running.pairs, running.n, strict=True):
        if n:
            raters.setdefault(pair.competency, set()).add(pair.mentor)
    named = {}
    for part in found[1:]:
        link = next(_links(part, found[0], raters, practised or {}), None)
        named.update(dict.fromkeys(part.keys, link) if link else {})
    return named


def _links(
    part: Part, main: Part, raters: Mapping[str, Collection[UUID]], practised: Practised
) -> Iterator[Link]:
    """Best first: the part's busiest mentor on what most of the others rate; else one of the others on what the part rates."""
    for here, there in ((part, main), (main, part)):
        codes = sorted({key[0] for key in there.keys}, key=lambda code: (-len(raters.get(code, ())), code))
        for mentor in sorted(here.mentors, key=lambda who: (-here.mentors[who], who)):
            yield from (Link(mentor, code) for code in codes if code in practised.get(mentor, codes))


def parts(running: Running, answers: Sequence[Answer]) -> list[Part]:
    """The one with most mentors first."""
    keys, mentors = running.pairs.keys, running.mentors
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
    row = {one: at for at, one in enumerate(mentors)}
    column = {one: at for at, one in enumerate([*keys, *cases])}
    for pair, n in zip(running.pairs, running.n, strict=True):
        rated[row[pair.mentor], column[pair[1:]]] |= n > 0
    for one in answers:
        if one.mentor in row:
            rated[row[one.mentor], column[one.vignette]] = True
    return rated
