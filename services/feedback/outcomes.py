"""Time until something happens: Kaplan-Meier with log(-log) intervals, quantiles. Pure numpy.

Kaplan & Meier 1958; Greenwood's variance; the interval on the log(-log) scale as R's survival, conf.type = "log-log".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Curve:
    """Survival after each time at which something happened, with its interval and who was at risk."""

    time: NDArray[np.float64]
    survival: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    at_risk: NDArray[np.int64]

    def at(self, time: float) -> tuple[float, float, float]:
        """Survival and interval at a time; 1 before the first event."""
        place = int(np.searchsorted(self.time, time, side="right")) - 1
        if place < 0:
            return 1.0, 1.0, 1.0
        return float(self.survival[place]), float(self.low[place]), float(self.high[place])

    def quantile(self, part: float) -> float | None:
        """The first time by which this part has happened; None where it has not yet."""
        reached = np.flatnonzero(self.survival <= 1 - part + 1e-12)
        return float(self.time[reached[0]]) if len(reached) else None


def kaplan_meier(durations: Sequence[float], happened: Sequence[bool]) -> Curve:
    """`happened` false: still going on when last seen (censored)."""
    duration, event = np.asarray(durations, float), np.asarray(happened, bool)
    times = np.unique(duration[event])
    at_risk = np.array([(duration >= time).sum() for time in times], dtype=np.int64)
    events = np.array([(event & (duration == time)).sum() for time in times])
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(events / (at_risk * (at_risk - events)))
        half = Z95 * np.sqrt(greenwood) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    known = np.isfinite(low) & np.isfinite(high)
    return Curve(
        times,
        np.asarray(survival, np.float64),
        np.where(known, low, survival),
        np.where(known, high, survival),
        at_risk,
    )


def restricted_mean(curve: Curve, until: float) -> float:
    """Area under the curve up to a time: mean time within it (RMST)."""
    inside = curve.time < until
    edges = np.r_[0.0, curve.time[inside], until]
    return float((np.r_[1.0, curve.survival[inside]] * np.diff(edges)).sum())


def aalen_johansen(
    durations: Sequence[float], causes: Sequence[int], cause: int
) -> tuple[list[float], list[float]]:
    """Cumulative incidence of one of several causes (0: still going on): times, and the part it has happened to."""
    duration, why = np.asarray(durations, float), np.asarray(causes, int)
    times = np.unique(duration[why != 0])
    at_risk = np.array([(duration >= time).sum() for time in times])
    every = np.array([((why != 0) & (duration == time)).sum() for time in times])
    mine = np.array([((why == cause) & (duration == time)).sum() for time in times])
    before = np.r_[1.0, np.cumprod(1 - every / at_risk)[:-1]] if len(times) else np.zeros(0)
    return times.tolist(), np.cumsum(before * mine / at_risk).tolist() if len(times) else []
