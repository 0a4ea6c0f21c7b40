"""The decisions about calibration vignettes: who is asked when, and how a scale has moved."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import NamedTuple
from uuid import UUID

EVERY = timedelta(days=14)
MOST_ASKINGS = 3
"""An invitation and two reminders a term; more would only teach mentors to overlook them."""
ENOUGH_TO_VARY = 10
"""So many ratings all alike are asked about, not scored."""


def term_of(day: date) -> str:
    """Vignettes are rated again each half year, so that a drift of all mentors shows."""
    return f"{day.year}-{1 if day.month < 7 else 2}"


def all_alike(ratings: int, different: int) -> bool:
    """Ratings that never vary say nothing of trainees, and nothing of how strict the mentor is."""
    return ratings >= ENOUGH_TO_VARY and different <= 1


class Asking(NamedTuple):
    """The how-manieth asking of the term, and why."""

    times: int
    reason: str


def asking(had: tuple[int, date] | None, today: date, *, alike: bool) -> Asking | None:
    """Invited at once, reminded after two weeks each; whose ratings never vary is asked until the cases are rated."""
    if had is None:
        return Asking(1, "ratings-all-alike" if alike else "invitation")
    times, last = had
    if today - last < EVERY or (times >= MOST_ASKINGS and not alike):
        return None
    return Asking(times + 1, "ratings-all-alike" if alike else "reminder")


class Given(NamedTuple):
    """One answer of one mentor to one vignette in one term."""

    mentor: UUID
    vignette: UUID
    term: str
    level: int


@dataclass(frozen=True, slots=True)
class Drift:
    """By how many levels the same cases were rated higher (less: lower) in a later term, by the same mentors."""

    before: str
    after: str
    change: float
    vignettes: int
    mentors: int


def drift(answers: Iterable[Given]) -> Drift | None:
    """Between the two newest terms that share a case rated by the same mentor: each mentor's mean change, then their mean."""
    by: dict[str, dict[tuple[UUID, UUID], int]] = {}
    for one in answers:
        by.setdefault(one.term, {})[one.mentor, one.vignette] = one.level
    terms = sorted(by, reverse=True)
    for number, after in enumerate(terms):
        for before in terms[number + 1 :]:
            both = by[after].keys() & by[before].keys()
            if both:
                changes: dict[UUID, list[int]] = {}
                for mentor, vignette in both:
                    changes.setdefault(mentor, []).append(
                        by[after][mentor, vignette] - by[before][mentor, vignette]
                    )
                mean = fmean(fmean(mine) for mine in changes.values())
                return Drift(before, after, mean, len({case for _, case in both}), len(changes))
    return None
