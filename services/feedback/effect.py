"""Did a plan version help? Difference in differences within mentors, as pure functions of the ratings.

Estimator, for revised competency k: for each mentor j who rated both cohorts, d_jk = (mean under the new version
less mean under the old one, both in the same teaching weeks); D_jk = d_jk - mean of d_jc over the competencies c
that were not revised and that j rated in both cohorts. The estimate is the mean of D_jk over mentors.
Variance: sample variance of D_jk over mentors / number of mentors; the interval is Student's with mentors - 1
degrees of freedom. A mentor's severity, a drift of all mentors between the cohorts, a better intake and growth
common to all competencies cancel exactly; what does not cancel is a difference of the cohorts in k alone, and that
a gap is confirmed on a low draw of the same ratings (the estimate is then a little too high).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from services.feedback.evidence import Ratings

RULE = "did-by-mentor/1"
LEAST_PER_UNIT = 3
LEAST_MENTORS = 3
WIDEST = 0.5
"""An interval with a half-width above this many levels says nothing: not enough data."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """The effect on one competency."""

    competency: int
    difference: float | None
    low: float | None
    high: float | None
    ratings_before: int
    ratings_after: int
    mentors: int
    verdict: str


def compare(
    before: Ratings,
    after: Ratings,
    revised: Sequence[int],
    mentors: int,
    competencies: int,
    alpha: float = 0.05,
) -> list[Change]:
    """A change for each revised competency. Codes are the same in both."""
    risen = _means(after, mentors, competencies) - _means(before, mentors, competencies)
    others = np.setdiff1d(np.arange(competencies), np.asarray(revised, dtype=int))
    compared = ~np.isnan(risen[:, others])
    controls = compared.sum(axis=1)
    base = np.where(compared, risen[:, others], 0.0).sum(axis=1) / np.where(controls, controls, 1)
    return [
        _change(code, before, after, risen[:, code] - np.where(controls, base, np.nan), alpha)
        for code in revised
    ]


def _change(code: int, before: Ratings, after: Ratings, by_mentor: Floats, alpha: float) -> Change:
    units = by_mentor[~np.isnan(by_mentor)]
    counts = (int((before.competency == code).sum()), int((after.competency == code).sum()))
    if len(units) < LEAST_MENTORS:
        return Change(code, None, None, None, *counts, len(units), "not-enough-data")
    middle = float(units.mean())
    half = float(stdtrit(len(units) - 1, 1 - alpha / 2) * units.std(ddof=1) / np.sqrt(len(units)))
    return Change(code, middle, middle - half, middle + half, *counts, len(units), verdict(middle, half))


def verdict(difference: float, half_width: float) -> str:
    """In one word of the wire."""
    if difference - half_width > 0:
        return "improved"
    if difference + half_width < 0:
        return "worse"
    return "no-effect" if half_width <= WIDEST else "not-enough-data"


def _means(ratings: Ratings, mentors: int, competencies: int) -> Floats:
    sums = np.zeros((mentors, competencies))
    counts = np.zeros((mentors, competencies))
    np.add.at(sums, (ratings.mentor, ratings.competency), ratings.level)
    np.add.at(counts, (ratings.mentor, ratings.competency), 1.0)
    return np.where(counts >= LEAST_PER_UNIT, sums / np.where(counts, counts, 1), np.nan)
