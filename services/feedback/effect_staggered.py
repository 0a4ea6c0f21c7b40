"""Did a plan version help, where groups of one cohort got it at different boundaries? Pure functions of the ratings.

Four cells: the groups that came first and those that came later, each before and while only the first were taught by the new
version. rating = level of the competency in its cell + trainee + trainee x competency - severity - severity on this competency
- drift of this mentor + noise, with the variances of `effect_mixed`. Effect: the rise of the first less the rise of the later
groups in the same weeks (difference in differences): what drifts with all mentors, growth, and what the groups were before
cancel. The interval holds at every look (Robbins' normal mixture). Groups that differed already before are not comparable.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from services.feedback import evalues
from services.feedback.effect import Change
from services.feedback.effect_mixed import (
    DRIFT,
    FLAT,
    LEAST_MENTORS,
    PARTICULAR,
    SEVERITY,
    Contrast,
    posterior,
    verdict,
)
from services.feedback.evidence import Ratings
from services.feedback.tally import Counts, Floats, Ints, Spread, Tally, information

RULE = "did-groups/2"
"""Since 2 a fall of groups that differed before has no cause either; before, it was called worse."""
RISE = np.array([-1.0, 1.0, 1.0, -1.0])
"""First before and meanwhile, later before and meanwhile."""
BEFORE = np.array([1.0, 0.0, -1.0, 0.0])


class Cells(NamedTuple):
    """Ratings by group and time; codes are the same in all."""

    first_before: Ratings
    first_meanwhile: Ratings
    later_before: Ratings
    later_meanwhile: Ratings


def compare(
    cells: Cells, revised: Sequence[int], mentors: int, competencies: int, alpha: float = 0.05
) -> list[Change]:
    """A change for each revised competency."""
    levels, covariance = levels_of(cells, mentors, competencies)
    return [_change(code, cells, levels, covariance, competencies, alpha) for code in revised]


def levels_of(
    cells: Cells, mentors: int, competencies: int, spread: Spread | None = None
) -> tuple[Floats, Floats]:
    """Levels less their common middle, by cell and competency in a row, and their covariance."""
    pairs = mentors * competencies
    level = np.concatenate([one.level for one in cells])
    place = np.concatenate(
        [at * pairs + one.mentor * competencies + one.competency for at, one in enumerate(cells)]
    )
    used, pair = np.unique(place, return_inverse=True)
    trainee = np.concatenate([one.trainee for one in cells])
    counts = Counts(trainee, pair, np.ones(len(pair), np.int64), level.astype(np.int64))
    nothing = Counts(*(np.zeros(0, np.int64) for _ in range(4)))
    found = information(nothing.plus(counts), used % competencies, spread or Spread())
    tally = Tally.empty(len(used)).plus(found)
    middle = float(level.mean()) if len(level) else 0.0
    tally = Tally(tally.cross, tally.vector - middle * tally.cross.sum(axis=1))
    design, prior = _effects(used, mentors, competencies)
    return posterior(tally, design, prior, np.eye(len(cells) * competencies, design.shape[1]))


def _effects(used: Ints, mentors: int, competencies: int) -> tuple[Floats, Floats]:
    """Cell levels, severities, drifts of each mentor (while only the first had it), severities on one competency."""
    cell, mentor, code = used // (mentors * competencies), used // competencies % mentors, used % competencies
    own, mine = np.unique(mentor * competencies + code, return_inverse=True)
    rows, kinds = np.arange(len(used)), 4 * competencies
    design = np.zeros((len(used), kinds + 2 * mentors + len(own)))
    design[rows, cell * competencies + code] = 1.0
    design[rows, kinds + mentor] = -1.0
    design[rows, kinds + mentors + mentor] = -1.0 * (cell % 2)
    design[rows, kinds + 2 * mentors + mine] = -1.0
    prior = np.r_[
        np.full(kinds, FLAT), np.full(mentors, SEVERITY), np.full(mentors, DRIFT), np.full(len(own), PARTICULAR)
    ]  # fmt: skip
    return design, prior


def _change(
    code: int, cells: Cells, levels: Floats, covariance: Floats, competencies: int, alpha: float
) -> Change:
    """Comparable: at least three mentors rated it in all four cells, and the groups did not surely differ before."""
    n = [int((one.competency == code).sum()) for one in cells]
    raters = set.intersection(*(set(one.mentor[one.competency == code].tolist()) for one in cells))
    counts = (n[0] + n[2] + n[3], n[1])
    if len(raters) < LEAST_MENTORS:
        return Change(code, None, None, None, *counts, len(raters), "not-enough-data")
    at = np.arange(4) * competencies + code
    mine, own = levels[at], covariance[np.ix_(at, at)]
    difference, half = float(RISE @ mine), evalues.half_width(float(RISE @ own @ RISE), alpha)
    apart = abs(float(BEFORE @ mine)) > evalues.half_width(float(BEFORE @ own @ BEFORE), alpha)
    said = verdict(Contrast(difference, half, 0 if apart else 1, len(raters)))
    return Change(code, difference, difference - half, difference + half, *counts, len(raters), said)
