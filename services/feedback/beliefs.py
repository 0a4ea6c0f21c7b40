"""What a tally lets one believe of competencies and mentors, under several frozen assumptions about the mentors at once.

eta of (mentor j, competency k) = programme + competency k - severity j - particular severity of j on k, all N(0, variance)
around what is required, where the severities of a station's mentors may have a part in common. The particular severities,
one for each pair, are absorbed (Henderson's equations), so that only programme, competencies and mentors are left to solve.
How strict mentors differ is not known beforehand: each candidate is frozen, and the ratings weigh them by their marginal
likelihood.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtrs
from scipy.special import log_ndtr

from services.feedback.tally import Floats, Ints, Tally


class Mentors(NamedTuple):
    """How mentors may differ: variances of their severities, of those on one competency, and of what a station's share."""

    rater: float
    own: float
    station: float = 0.0


SECOND_MENTORS = tuple(
    Mentors(rater**2, own**2)
    for rater, several in ((0.2, (0.0, 0.3)), (0.45, (0.0, 0.15, 0.3, 0.5)), (0.75, (0.0, 0.15, 0.3)))
    for own in several
)


@dataclass(frozen=True, slots=True)
class Assumed:
    """Prior variances; `mentors` holds the candidates, equally likely beforehand.

    Ours and stated: mentor sd .2, .45 or .75, on one competency 0 to .5, the middle ones named most often, and once a severity
    that a station's mentors share, sd .45; the programme .5 around what is required, each competency another .5. `short` is
    where a shortfall is expected, mean and sd in levels.
    """

    mentors: tuple[Mentors, ...] = (*SECOND_MENTORS, Mentors(0.45**2, 0.15**2, 0.45**2))
    programme: float = 0.25
    competency: float = 0.25
    short: tuple[float, float] = (0.65, 0.15)

    @property
    def gap(self) -> float:
        """Variance of a competency's level around what is required, before the first rating."""
        return self.programme + self.competency

    def root(self, mentors: Mentors, competencies: int, station: Ints) -> Floats:
        """A root of the prior covariance of programme, so many competencies, and mentors at these stations (-1: unknown)."""
        variances = np.repeat(
            [self.programme, self.competency, mentors.rater], [1, competencies, len(station)]
        )
        alone = np.diag(np.sqrt(variances))
        if not mentors.station:
            return alone
        shared = np.zeros((len(alone), int(station.max(initial=-1)) + 1))
        at = np.flatnonzero(station >= 0)
        shared[1 + competencies + at, station[at]] = mentors.station**0.5
        return np.hstack([alone, shared])


FIRST = Assumed(
    tuple(
        Mentors(rater**2, own**2)
        for rater, several in ((0.45, (0.0, 0.15, 0.3, 0.5)), (0.75, (0.0, 0.3)))
        for own in several
    ),
    short=(0.0, 0.5**0.5),
)
"""What `mixed-evalue/1` assumed: no mentors who differ by less than .45, and a shortfall the likelier the smaller it is."""

SECOND = Assumed(SECOND_MENTORS, short=(0.6, 0.15))
"""What `mixed-evalue/2` assumed: that mentors of a station have nothing in common."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Which mentor and competency each column of a tally stands for (codes from 0), and by mentor the station (-1: unknown)."""

    mentor: Ints
    competency: Ints
    mentors: int
    competencies: int
    station: Ints

    def design(self) -> tuple[Floats, Floats]:
        """Effects (programme, competencies, mentors) in each pair's ratings, and in its answers to vignettes."""
        rows = np.arange(len(self.mentor))
        severe = np.zeros((len(rows), 1 + self.competencies + self.mentors))
        severe[rows, 1 + self.competencies + self.mentor] = -1.0
        whole = severe.copy()
        whole[:, 0] = 1.0
        whole[rows, 1 + self.competency] = 1.0
        return whole, severe


@dataclass(frozen=True, slots=True)
class Belief:
    """Under one assumption: mean and covariance of the gaps (level less required) and then the severities; log likelihood."""

    mean: Floats
    covariance: Floats
    likelihood: float


class Absorbed(NamedTuple):
    """Of the effects, particular severities integrated out: their information, that times the levels, log likelihood so far."""

    information: Floats
    left: Floats
    explained: float


def absorb(
    ratings: Tally, vignettes: Tally, whole: Floats, severe: Floats, assumed: Assumed
) -> dict[float, Absorbed]:
    """For each candidate variance of particular severities; `whole` and `severe` say which effects a pair shows in either."""
    both, rated = ratings.cross, ratings.cross @ whole
    answered = np.zeros_like(rated)
    if vignettes.cross.any():
        both, answered = both + vignettes.cross, vignettes.cross @ severe
    cross_and_vector = np.empty((len(both), whole.shape[1] + 1), order="F")
    cross_and_vector[:, :-1], cross_and_vector[:, -1] = rated + answered, ratings.vector + vignettes.vector
    direct = whole.T @ rated + severe.T @ answered
    pulled = whole.T @ ratings.vector + severe.T @ vignettes.vector
    found = {0.0: Absorbed(direct, pulled, 0.0)}
    for particular in {one.own for one in assumed.mentors} - {0.0}:
        half, logs = _halfway(particular * both, cross_and_vector)
        gone = particular * half[:, :-1].T @ half
        explained = 0.5 * particular * float(half[:, -1] @ half[:, -1]) - logs
        found[particular] = Absorbed(direct - gone[:, :-1], pulled - gone[:, -1], explained)
    return found


def settle(known: Absorbed, root: Floats) -> tuple[Floats, Floats, float]:
    """Covariance and means of effects whose prior covariance has this root (n, m), and the log likelihood."""
    half, logs = _halfway(root.T @ known.information @ root, root.T)
    covariance = half.T @ half
    effects = covariance @ known.left
    return covariance, effects, known.explained + 0.5 * float(known.left @ effects) - logs


def believe(ratings: Tally, vignettes: Tally, pairs: Pairs, assumed: Assumed) -> list[Belief]:
    """One belief for each candidate. `ratings` are centred on what is required, `vignettes` on the agreed levels."""
    whole, severe = pairs.design()
    known = absorb(ratings, vignettes, whole, severe, assumed)
    wanted = np.eye(whole.shape[1])[1:]
    wanted[: pairs.competencies, 0] = 1.0
    found = []
    for one in assumed.mentors:
        root = assumed.root(one, pairs.competencies, pairs.station)
        covariance, effects, likelihood = settle(known[one.own], root)
        found.append(Belief(wanted @ effects, wanted @ covariance @ wanted.T, likelihood))
    return found


def _halfway(matrix: Floats, right: Floats) -> tuple[Floats, float]:
    """The Cholesky factor of 1 + `matrix`, which is used up, divided into `right`; half the log determinant."""
    matrix.flat[:: len(matrix) + 1] += 1.0
    factor, wrong = dpotrf(matrix.T, lower=1, clean=0, overwrite_a=1)
    if wrong:
        raise np.linalg.LinAlgError(f"not positive definite at {wrong}")
    half: Floats = dtrtrs(factor, right, lower=1)[0]
    return half, float(np.log(factor.diagonal()).sum())


def weights(likelihood: Floats) -> Floats:
    """What each candidate weighs, from log likelihoods."""
    odds = np.exp(likelihood - likelihood.max())
    return np.asarray(odds / odds.sum(), np.float64)


def mixed(beliefs: list[Belief]) -> tuple[Floats, Floats]:
    """Means and standard errors over all candidates, weighed by how well each explains the ratings."""
    weight = weights(np.array([one.likelihood for one in beliefs]))
    means = np.array([one.mean for one in beliefs])
    mean = weight @ means
    spread = np.array([np.diag(one.covariance) for one in beliefs]) + (means - mean) ** 2
    return mean, np.sqrt(weight @ spread)


def e_values(beliefs: list[Belief], competencies: int, assumed: Assumed, tolerance: float = 0.0) -> Floats:
    """Evidence that each competency lies below what is required (less `tolerance`), against that it lies exactly there.

    Bayes factor of levels as `short` expects them, cut off at the boundary, against the boundary; the likelihood of a level is
    its posterior over its prior (Savage-Dickey), and both sides are averaged over the candidates. Assumed is the model with
    its variances: if the mentors differ as one of the candidates, drawn with equal chances, and the others' levels as their
    priors say, the mean of an e-value is 1 at any stopping time (Ville's inequality), so looking after every rating costs
    nothing. Of other truths only the simulation speaks (`benchmarks/evidence.py`).
    """
    likelihood = np.array([[one.likelihood] for one in beliefs])
    mean = np.array([one.mean[:competencies] for one in beliefs])
    variance = np.array([np.diag(one.covariance)[:competencies] for one in beliefs])
    expected, spread = -assumed.short[0], assumed.short[1] ** 2
    told = np.maximum(1.0 / variance - 1.0 / assumed.gap, 0.0)
    narrow = 1.0 / (told + 1.0 / spread)
    middle = narrow * (mean / variance + expected / spread)
    known = likelihood - 0.5 * (np.log(variance) + mean**2 / variance)
    below = 0.5 * (np.log(narrow / spread) + middle**2 / narrow - expected**2 / spread)
    below += log_ndtr((-tolerance - middle) / np.sqrt(narrow)) - log_ndtr(
        (-tolerance - expected) / np.sqrt(spread)
    )
    at = -tolerance * mean / variance - 0.5 * told * tolerance**2
    logs = np.logaddexp.reduce(known + below) - np.logaddexp.reduce(known + at)
    evidence: Floats = np.exp(np.minimum(logs, 700.0))
    return evidence
