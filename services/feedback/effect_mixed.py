"""Did a plan version help? Both versions in one model, as pure functions of the ratings; it may be asked at every look.

rating = level of the competency under the version + trainee + trainee x competency - severity - severity on this competency
- drift of this mentor + noise. Levels are flat, so they hold what drifts with all mentors; the others have stated variances.
Where mentors have rated the same common cases again, those answers are in the model too, and what drifts with all mentors is
an effect of its own, taken out of the levels (since `did-mixed/2`; without such cases it gives what `did-mixed/1` gave).
The effect on a revised competency is its change less the mean change of those that were not revised and that mentors rated
under both versions (difference in differences): severity, a drift of all mentors, a better intake and growth common to all
cancel. Interval: anytime-valid normal-mixture confidence sequence (Robbins 1970) of that contrast.
Without at least two such competencies a change in either direction is told without its cause (`did-mixed/3`; before it a fall
was called worse): the cases show what mentors did meanwhile, not what another intake would have done.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from services.feedback import evalues
from services.feedback.effect import WIDEST, Change
from services.feedback.evidence import Ratings
from services.feedback.mixed_evalue import DOUBT
from services.feedback.tally import Counts, Floats, Ints, Spread, Tally, information

RULE = "did-mixed/3"
FLAT = 100.0
SEVERITY, PARTICULAR, DRIFT = 0.45**2, 0.3**2, 0.15**2
LEAST_CONTROLS = 2
LEAST_MENTORS = 3


class Cases(NamedTuple):
    """Answers to common cases: `later` is 1 once the new version was taught, `off` the level less the agreed one."""

    vignette: Ints
    mentor: Ints
    competency: Ints
    later: Ints
    off: Ints

    def tell(self) -> bool:
        """Whether enough mentors have rated the same case in both times."""
        times = [
            set(zip(self.vignette[at], self.mentor[at], strict=True))
            for at in (self.later == 0, self.later == 1)
        ]
        return len({mentor for _, mentor in times[0] & times[1]}) >= LEAST_MENTORS


@dataclass(frozen=True, slots=True)
class Contrast:
    """Change of one competency, against `controls` others; `mentors` rated it under both versions."""

    difference: float
    half_width: float
    controls: int
    mentors: int


def compare(
    before: Ratings,
    after: Ratings,
    revised: Sequence[int],
    mentors: int,
    competencies: int,
    *,
    alpha: float = 0.05,
    cases: Cases | None = None,
) -> list[Change]:
    """A change for each revised competency. Codes are the same in both."""
    levels, covariance = levels_of(before, after, mentors, competencies, cases=cases)
    both = [len(np.intersect1d(_raters(before, k), _raters(after, k))) for k in range(competencies)]
    controls = [k for k in range(competencies) if k not in set(revised) and both[k] >= LEAST_MENTORS]
    return [
        _change(code, before, after, _contrast(code, controls, levels, covariance, both[code], alpha))
        for code in revised
    ]


def levels_of(
    before: Ratings, after: Ratings, mentors: int, competencies: int, spread: Spread | None = None,
    cases: Cases | None = None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Levels less their common middle, by version and competency (2 x competencies in a row), and their covariance."""
    spread = spread or Spread()
    pairs = mentors * competencies
    middle = float(np.r_[before.level, after.level].mean()) if len(before.level) + len(after.level) else 0.0
    used = np.unique(np.r_[_pair(before, competencies), pairs + _pair(after, competencies)])
    tally = Tally.empty(len(used))
    for number, ratings in enumerate((before, after)):
        place = np.searchsorted(used, number * pairs + _pair(ratings, competencies))
        counts = _counts(ratings.trainee, place, ratings.level)
        tally = tally.plus(information(counts, used % competencies, spread))
    tally = Tally(tally.cross, tally.vector - middle * tally.cross.sum(axis=1))
    rated = len(used)
    if cases and cases.tell():
        told, said = _answered(cases, mentors, competencies, spread)
        used = np.r_[used, told]
        tally = Tally(block_diag(tally.cross, said.cross), np.r_[tally.vector, said.vector])
    design, prior = _effects(used, rated, mentors, competencies)
    wanted = np.eye(2 * competencies, design.shape[1])
    return posterior(tally, design, prior, wanted)


def _answered(cases: Cases, mentors: int, competencies: int, spread: Spread) -> tuple[Ints, Tally]:
    """The pairs that answers speak of, by time, and what they say; a case strays from the agreed level alike both times."""
    place = (cases.later * mentors + cases.mentor) * competencies + cases.competency
    told, pair = np.unique(place, return_inverse=True)
    own = replace(spread, trainee=DOUBT, trainee_competency=0.0)
    counts = _counts(cases.vignette, pair, cases.off)
    return told, Tally.empty(len(told)).plus(information(counts, told % competencies, own))


def _effects(used: Ints, rated: int, mentors: int, competencies: int) -> tuple[Floats, Floats]:
    """Levels (in the first `rated`, which are no answers to cases), severities, drifts, particular severities, common drift."""
    mentor, code = used // competencies % mentors, used % competencies
    version = used // (mentors * competencies)
    rows, kinds = np.arange(len(used)), 2 * competencies
    own, mine = np.unique(mentor * competencies + code, return_inverse=True)
    design = np.zeros((len(used), kinds + 2 * mentors + len(own) + 1))
    design[rows[:rated], (version * competencies + code)[:rated]] = 1.0
    design[rows, kinds + mentor] = -1.0
    design[rows, kinds + mentors + mentor] = -1.0 * version
    design[rows, kinds + 2 * mentors + mine] = -1.0
    design[:, -1] = -1.0 * version
    prior = np.r_[
        np.full(kinds, FLAT), np.full(mentors, SEVERITY), np.full(mentors, DRIFT), np.full(len(own), PARTICULAR),
        FLAT if rated < len(used) else 0.0,
    ]  # fmt: skip
    return design, prior


def posterior(tally: Tally, design: Floats, prior: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """Means and covariance of `wanted @ effects`, where the pairs' values are `design @ effects`, effects N(0, prior)."""
    shared = (design * prior) @ design.T
    gain = np.linalg.solve(np.eye(len(shared)) + tally.cross @ shared, np.c_[tally.cross, tally.vector])
    with_pairs = (wanted * prior) @ design.T
    covariance: Floats = (wanted * prior) @ wanted.T - with_pairs @ gain[:, :-1] @ with_pairs.T
    return with_pairs @ gain[:, -1], covariance


def _contrast(
    code: int, controls: Sequence[int], levels: Floats, covariance: Floats, mentors: int, alpha: float
) -> Contrast | None:
    """What drifted with all mentors is in every level: it leaves the difference only where there are controls."""
    size = len(levels) // 2
    if mentors < LEAST_MENTORS:
        return None
    weights = np.zeros(2 * size)
    enough = len(controls) >= LEAST_CONTROLS
    for k, weight in [(code, 1.0), *((k, -1.0 / len(controls)) for k in controls if enough)]:
        weights[size + k] += weight
        weights[k] -= weight
    half = evalues.half_width(float(weights @ covariance @ weights), alpha)
    return Contrast(float(weights @ levels), half, len(controls) if enough else 0, mentors)


def _change(code: int, before: Ratings, after: Ratings, found: Contrast | None) -> Change:
    counts = (int((before.competency == code).sum()), int((after.competency == code).sum()))
    if found is None:
        return Change(code, None, None, None, *counts, 0, "not-enough-data")
    low, high = found.difference - found.half_width, found.difference + found.half_width
    return Change(code, found.difference, low, high, *counts, found.mentors, verdict(found))


def verdict(found: Contrast) -> str:
    """Without a concurrent comparison a rise or a fall is told as such, its cause not."""
    if found.difference > found.half_width:
        return "improved" if found.controls else "higher-cause-open"
    if found.difference < -found.half_width:
        return "worse" if found.controls else "lower-cause-open"
    return "no-effect" if found.half_width <= WIDEST and found.controls else "not-enough-data"


def _raters(ratings: Ratings, code: int) -> Ints:
    return np.unique(ratings.mentor[ratings.competency == code])


def _pair(ratings: Ratings, competencies: int) -> Ints:
    return ratings.mentor * competencies + ratings.competency


def _counts(trainee: Ints, pair: Ints, level: Floats | Ints) -> Counts:
    nothing = Counts(*(np.zeros(0, np.int64) for _ in range(4)))
    return nothing.plus(Counts(trainee, pair, np.ones(len(pair), np.int64), level.astype(np.int64)))
