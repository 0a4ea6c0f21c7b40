"""Is a competency short, or are its mentors severe? The monthly rule, as pure functions of the ratings.

Model: a mentor's mean on a competency = competency + that mentor's severity + noise, fitted by weighted least
squares over the units (mentor, competency). Where every mentor rates every competency alike, a competency's value
is the mean of "each rating less that mentor's mean over all competencies plus the grand mean"; where mentors rate
different competencies, comparing each mentor only on what others rate too keeps severity and shortfall apart.
The mentors we have are a sample: their mean severity is not zero, so the error contains its spread over their
number (prior sd 0.45 with the weight of 20 mentors: ours, stated, frozen). Levels are those of the scale, 1 to 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

RULE = "mentor-means/1"
SATURATES_AT = 7.0
"""A unit of n ratings weighs n / (n + 7): mentor x competency sd .3 against .8 for a single rating."""
PRIOR_SEVERITY_SD = 0.45
PRIOR_MENTORS = 20
WATCH = 0.10
"""Below this chance, before any correction for many looks, it is worth asking for more."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ratings:
    """Due ratings as columns: codes of mentor, competency and trainee (each from 0), and the level given."""

    mentor: Ints
    competency: Ints
    trainee: Ints
    level: Floats

    def without(self, mentor: int) -> "Ratings":
        kept = self.mentor != mentor
        return Ratings(self.mentor[kept], self.competency[kept], self.trainee[kept], self.level[kept])


@dataclass(frozen=True, slots=True)
class Bar:
    """What it takes: `looks` and `competencies` share `alpha`."""

    competencies: int
    looks: int
    alpha: float = 0.05
    tolerance: float = 0.0
    minimum_mentors: int = 3
    minimum_stations: int = 2

    @property
    def threshold(self) -> float:
        return self.alpha / (self.competencies * self.looks)


@dataclass(frozen=True, slots=True)
class Fit:
    """Estimates by competency code and severities by mentor code (positive = severe); NaN where not identifiable."""

    estimate: Floats
    error: Floats
    freedom: Floats
    severity: Floats
    severity_error: Floats


class Link(NamedTuple):
    """A rating that nobody has given yet: of this mentor on this competency, it would link those who are apart."""

    mentor: UUID
    competency: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What the ratings say of one competency, with everything needed to question it."""

    competency: int
    answer: str
    reason: str
    required: float
    ratings: int
    trainees: int
    mentors: int
    stations: int
    uncorrected_mean: float | None
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    threshold: float
    e_value: float | None = None
    link: Link | None = None


def fit(ratings: Ratings, mentors: int, competencies: int) -> Fit:
    """Weighted least squares on the units of the largest linked part of mentors and competencies."""
    sums = np.zeros((mentors, competencies))
    counts = np.zeros((mentors, competencies))
    np.add.at(sums, (ratings.mentor, ratings.competency), ratings.level)
    np.add.at(counts, (ratings.mentor, ratings.competency), 1.0)
    linked_mentors, linked = largest_linked(counts > 0)
    j, k = np.nonzero((counts > 0) & linked_mentors[:, None] & linked[None, :])
    answer = Fit(
        *(np.full(size, np.nan) for size in (competencies, competencies, competencies, mentors, mentors))
    )
    rows, columns = np.flatnonzero(linked_mentors), np.flatnonzero(linked)
    free = len(j) - len(rows) - len(columns) + 1
    if len(rows) < 2 or free < 1:
        return answer
    weight = counts[j, k] / (counts[j, k] + SATURATES_AT)
    design = np.zeros((len(j), len(columns) + len(rows)))
    design[np.arange(len(j)), np.searchsorted(columns, k)] = 1.0
    design[np.arange(len(j)), len(columns) + np.searchsorted(rows, j)] = -1.0
    normal = design.T @ (design * weight[:, None])
    zero_sum = np.r_[np.zeros(len(columns)), np.ones(len(rows))]
    inverse = np.linalg.inv(normal + np.outer(zero_sum, zero_sum))  # severities sum to zero
    unit = sums[j, k] / counts[j, k]
    found = inverse @ (design.T @ (weight * unit))
    noise = float(weight @ (unit - design @ found) ** 2 / free)
    spread = np.diag(inverse) - np.outer(zero_sum, zero_sum).diagonal() / len(rows) ** 2
    severities = found[len(columns) :]
    pooled = PRIOR_MENTORS * PRIOR_SEVERITY_SD**2 + float(severities @ severities)
    pooled /= PRIOR_MENTORS + len(rows) - 1
    own, sampled = noise * spread[: len(columns)], pooled / len(rows)
    answer.estimate[columns] = found[: len(columns)]
    answer.error[columns] = np.sqrt(own + sampled)
    answer.freedom[columns] = (own + sampled) ** 2 / (
        own**2 / free + sampled**2 / (PRIOR_MENTORS + len(rows) - 1)
    )
    answer.severity[rows] = severities
    answer.severity_error[rows] = np.sqrt(noise * spread[len(columns) :] + sampled)
    return answer


def largest_linked(rated: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The part with most mentors in which everyone is linked through competencies rated by both (first on a tie)."""
    best = (np.zeros(rated.shape[0], bool), np.zeros(rated.shape[1], bool))
    waiting = rated.any(axis=1)
    while waiting.any():
        reached = np.zeros(rated.shape[0], bool)
        reached[np.flatnonzero(waiting)[0]] = True
        while True:
            columns: NDArray[np.bool_] = np.asarray(rated[reached].any(axis=0))
            grown: NDArray[np.bool_] = np.asarray(rated[:, columns].any(axis=1))
            if (grown == reached).all():
                break
            reached = grown
        if reached.sum() > best[0].sum():
            best = (reached, columns)
        waiting &= ~reached
    return best


def judge(ratings: Ratings, station: Sequence[object], required: Sequence[float], bar: Bar) -> list[Finding]:
    """A finding for each competency code; `station` by mentor code, `required` by competency code."""
    fitted = fit(ratings, len(station), len(required))
    return [_judge_one(code, ratings, fitted, station, required, bar) for code in range(len(required))]


def _judge_one(
    code: int, ratings: Ratings, fitted: Fit, station: Sequence[object], required: Sequence[float], bar: Bar
) -> Finding:
    mine = ratings.competency == code
    raters = np.unique(ratings.mentor[mine])
    mean = float(ratings.level[mine].mean()) if mine.any() else None
    stations = len({station[rater] for rater in raters})
    wanted = required[code] - bar.tolerance
    estimate, error, free = (float(part[code]) for part in (fitted.estimate, fitted.error, fitted.freedom))
    p = chance(estimate, error, free, wanted)
    answer, reason = _answer(mean, p, len(raters), stations, wanted, bar)
    if answer == "short" and not _holds_without_any(code, ratings, raters, station, wanted, bar):
        answer, reason = "ask", "one-mentor-decides"
    known = not np.isnan(p)
    half = float(stdtrit(free, 0.975)) * error if known else 0.0
    return Finding(
        competency=code, answer=answer, reason=reason, required=required[code], ratings=int(mine.sum()),
        trainees=len(np.unique(ratings.trainee[mine])), mentors=len(raters), stations=stations, uncorrected_mean=mean,
        estimate=estimate if known else None, low=estimate - half if known else None,
        high=estimate + half if known else None, p=p if known else None, threshold=bar.threshold,
    )  # fmt: skip


def _answer(
    mean: float | None, p: float, mentors: int, stations: int, wanted: float, bar: Bar
) -> tuple[str, str]:
    if mean is None:
        return "ask", "no-ratings"
    if mentors < bar.minimum_mentors:
        return ("ask", "too-few-mentors") if mean < wanted else ("fine", "not-below")
    if np.isnan(p):
        return "not-identifiable", "mentors-not-linked"
    if p >= WATCH:
        return "fine", "not-below"
    if stations < bar.minimum_stations:
        return "ask", "too-few-stations"
    return ("short", "below-requirement") if p < bar.threshold else ("ask", "too-few-ratings")


def _holds_without_any(
    code: int, ratings: Ratings, raters: Ints, station: Sequence[object], wanted: float, bar: Bar
) -> bool:
    for rater in raters:
        fitted = fit(ratings.without(int(rater)), len(station), int(ratings.competency.max()) + 1)
        left = float(fitted.estimate[code]), float(fitted.error[code]), float(fitted.freedom[code])
        if not chance(*left, wanted) < bar.alpha / bar.competencies:
            return False
    return True


def chance(estimate: float, error: float, freedom: float, wanted: float) -> float:
    """One-sided p: how often an estimate at least this low would come, were the truth exactly at `wanted`."""
    return float(stdtr(freedom, (estimate - wanted) / error)) if error > 0 else float("nan")
