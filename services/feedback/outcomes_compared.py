"""Two groups compared: log-rank, and the difference of mean times within a limit (RMST). Pure numpy.

Mantel 1966 for the log-rank statistic; the variance of a restricted mean is that of R's survival (Greenwood's terms, each
times the squared area that is left of the curve); the interval of the difference is the normal one.
"""

from collections.abc import Sequence
from math import erfc, sqrt
from typing import NamedTuple

import numpy as np

from services.feedback.outcomes import Z95, Curve, kaplan_meier, restricted_mean


class Times(NamedTuple):
    """A group: how long each was followed, and whether it happened then (else still going on)."""

    duration: Sequence[float]
    happened: Sequence[bool]

    @property
    def curve(self) -> Curve:
        return kaplan_meier(self.duration, self.happened)


class Mean(NamedTuple):
    """A mean or a difference of means, with its standard error and 95 % interval."""

    value: float
    error: float

    @property
    def interval(self) -> tuple[float, float]:
        return self.value - Z95 * self.error, self.value + Z95 * self.error


def mean_within(group: Times, until: float) -> Mean:
    """The area under the curve up to a time, and its error."""
    curve = group.curve
    inside = curve.time <= until
    steps = np.r_[curve.time[inside], until]
    left = np.cumsum((curve.survival[inside] * np.diff(steps))[::-1])[::-1]
    at_risk = curve.at_risk[inside]
    before = np.r_[1.0, curve.survival[inside][:-1]] if inside.any() else np.zeros(0)
    ended = np.round(at_risk * (1 - curve.survival[inside] / before))
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(left > 0, left**2 * ended / (at_risk * (at_risk - ended)), 0.0)
    return Mean(restricted_mean(curve, until), float(np.sqrt(terms.sum())))


def difference_within(one: Times, other: Times, until: float) -> Mean:
    """How much longer the first group stays, within a time."""
    mine, theirs = mean_within(one, until), mean_within(other, until)
    return Mean(mine.value - theirs.value, sqrt(mine.error**2 + theirs.error**2))


def log_rank(one: Times, other: Times) -> tuple[float, float] | None:
    """Chi-square with one degree of freedom, and its p; None where nothing happened to anybody who could be compared."""
    duration = np.r_[np.asarray(one.duration, float), np.asarray(other.duration, float)]
    happened = np.r_[np.asarray(one.happened, bool), np.asarray(other.happened, bool)]
    first = np.arange(len(duration)) < len(one.duration)
    less, variance = 0.0, 0.0
    for time in np.unique(duration[happened]):
        risk, now = duration >= time, happened & (duration == time)
        n, mine, events = int(risk.sum()), int((risk & first).sum()), int(now.sum())
        less += int((now & first).sum()) - events * mine / n
        if n > 1:
            variance += events * (mine / n) * (1 - mine / n) * (n - events) / (n - 1)
    if variance <= 0:
        return None
    chi = less**2 / variance
    return chi, erfc(sqrt(chi / 2))
