"""Evidence that may be looked at after every rating: e-values, and which of many to act on.

The e-value is the Savage-Dickey Bayes factor of "below target" (half-normal) against the boundary; under the model
its mean is at most 1 at any stopping time (Ville). e-BH (Wang & Ramdas 2022) is valid under any dependence.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import log_ndtr


def below(mean: float, variance: float, prior: float, tolerance: float = 0.0) -> float:
    """`mean` and `variance` of the posterior of (level less target), `prior` its variance before the first rating."""
    log = (
        float(log_ndtr((-tolerance - mean) / np.sqrt(variance)))
        - float(log_ndtr(-tolerance / np.sqrt(prior)))
        + 0.5 * float(np.log(variance / prior))
        + (mean + tolerance) ** 2 / (2 * variance)
        - tolerance**2 / (2 * prior)
    )
    return float(np.exp(min(log, 700.0)))


def posterior(estimate: float, variance: float, prior: float) -> tuple[float, float]:
    """A flat estimate (less target) under the prior N(0, prior)."""
    shrunk = 1.0 / (1.0 / variance + 1.0 / prior)
    return shrunk * estimate / variance, shrunk


def act_on(e_values: Sequence[float], alpha: float) -> set[int]:
    """e-BH: the k largest with the k-th at least K / (alpha k)."""
    order = sorted(range(len(e_values)), key=lambda place: (-e_values[place], place))
    kept = 0
    for rank, place in enumerate(order, start=1):
        if e_values[place] >= len(e_values) / (alpha * rank):
            kept = rank
    return set(order[:kept])


def half_width(variance: float, alpha: float = 0.05, spread: float = 0.09) -> float:
    """Of the anytime-valid normal-mixture confidence sequence of a difference with this sampling variance."""
    inner = np.log(1 / alpha) + 0.5 * np.log((variance + spread) / variance)
    return float(np.sqrt(2 * variance * (variance + spread) / spread * inner))
