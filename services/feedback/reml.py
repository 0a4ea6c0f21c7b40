"""Holds the variances that were frozen for a cohort against its ratings, by restricted maximum likelihood (REML).

It may only doubt: no verdict reads it. A variance is doubtful where the ratings show a larger one than any that was frozen,
and by enough to matter. REML is that of the linear mixed model (`mixed.py`), with trainee x competency and mentor x
competency; errors are those of the logarithm of each variance, from the curvature of the likelihood (Patterson & Thompson 1971).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from services.feedback.mixed import Floats, Sheet, Variances, deviance_of, sums_of

NAMES = ("rater", "rater_competency", "trainee", "trainee_competency", "residual")
Z95 = 1.959963984540054
"""Each of five; what is wrongly doubted is held down by what matters, below (`python -m benchmarks.doubts`)."""
FACTOR, LEAST = 2.0, 0.1
"""What matters: twice as large, and by at least this much of a squared level. Thousands of ratings contradict any smaller error."""
SMALLEST, LARGEST = 1e-4, 4.0
"""Levels from 1 to 5 cannot vary more."""
STEP, LONGEST, TURNS = 0.02, 1.5, 40
ENOUGH_RATINGS, ENOUGH_MENTORS = 100, 4


class Component(NamedTuple):
    """A variance as the ratings have it, with its interval, and the least and the largest that was frozen."""

    name: str
    estimate: float
    low: float
    high: float
    frozen: tuple[float, float]

    @property
    def doubtful(self) -> bool:
        """Larger than all that was frozen: then a verdict may have come too easily. Where it is smaller one only came later."""
        most = max(self.frozen)
        return self.low > most and self.estimate > max(FACTOR * most, most + LEAST)


def audit(sheet: Sheet, frozen: dict[str, tuple[float, float]]) -> list[Component]:
    """One for each variance; none where ratings or mentors are too few to tell."""
    _, raters, competencies = sheet.sizes
    if len(sheet.score) < ENOUGH_RATINGS or raters < ENOUGH_MENTORS:
        return []
    sums = sums_of(sheet, np.zeros(competencies), with_pairs=True)

    def deviance(logs: Floats) -> float:
        found = dict(zip(NAMES, np.exp(logs).tolist(), strict=True))
        return deviance_of(sums, replace(Variances(), **found))

    began = [max(float(np.mean(frozen[name])), LEAST) for name in NAMES]
    logs, errors = lowest(deviance, np.log(began))
    ends = np.exp(np.minimum(logs + np.outer([0, -Z95, Z95], errors), np.log(LARGEST))).T.tolist()
    return [
        Component(name, estimate, low, high, frozen[name])
        for name, (estimate, low, high) in zip(NAMES, ends, strict=True)
    ]


def lowest(deviance: Callable[[Floats], float], logs: Floats) -> tuple[Floats, Floats]:
    """Where the deviance is lowest, by Newton steps that are shortened until they lead downwards, and the errors there."""
    value = deviance(logs)
    for _ in range(TURNS):
        slope, curve = _derivatives(deviance, logs, value)
        at, better = _down(deviance, logs, value, _step(slope, curve))
        moved, logs = float(np.abs(at - logs).max()), at
        if value - better < 1e-7 or moved < 1e-5:
            break
        value = better
    _, curve = _derivatives(deviance, logs, deviance(logs))
    sizes, axes = np.linalg.eigh(curve)
    return logs, np.sqrt(2.0 * np.asarray((axes**2) @ (1.0 / np.maximum(sizes, 1e-4)), np.float64))


def _step(slope: Floats, curve: Floats) -> Floats:
    """Newton's, along axes on which the deviance curves upwards; on others downhill."""
    sizes, axes = np.linalg.eigh(curve)
    step: Floats = -axes @ ((axes.T @ slope) / np.maximum(np.abs(sizes), 1e-3))
    return step * min(1.0, LONGEST / float(np.abs(step).max() + 1e-12))


def _down(
    deviance: Callable[[Floats], float], logs: Floats, value: float, step: Floats
) -> tuple[Floats, float]:
    for part in 0.5 ** np.arange(12):
        at = np.maximum(logs + part * step, np.log(SMALLEST))
        if (found := deviance(at)) < value:
            return at, found
    return logs, value


def _derivatives(deviance: Callable[[Floats], float], logs: Floats, value: float) -> tuple[Floats, Floats]:
    """By central differences."""
    size = len(logs)
    unit = np.eye(size) * STEP
    up, down = (np.array([deviance(logs + sign * one) for one in unit]) for sign in (1, -1))
    curve = np.diag((up - 2 * value + down) / STEP**2)
    for one, other in zip(*np.triu_indices(size, 1), strict=True):
        both = deviance(logs + unit[one] + unit[other])
        curve[one, other] = curve[other, one] = (both - up[one] - up[other] + value) / STEP**2
    return (up - down) / (2 * STEP), curve


def doubts(found: Sequence[Component]) -> list[Component]:
    """Those to say."""
    return [one for one in found if one.doubtful]
