"""Many-facet Rasch model, rating scale, by marginal maximum likelihood: the audit of the linear model.

ln P(x = k) / P(x = k - 1) = trainee - rater - competency - threshold k (Linacre 1989); trainees N(0, variance),
integrated on 121 equally spaced nodes from -20 to 20 (fewer or narrower nodes give a wrong variance); raters,
competencies and thresholds each sum to zero, with one intercept. EM over the nodes with Newton steps on the diagonal.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.feedback.mixed import Sheet

NODES = np.linspace(-20, 20, 121)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Audit:
    """Severities in logits (positive = severe) with errors, deviance, trainee variance and thresholds.

    `infit`, by rater: squared surprise of the ratings over what the model expects of it; 1 is as predictable as the model,
    above 1.5 too erratic, below 0.5 too even to measure with (Linacre, Rasch Measurement Transactions 16, 2002, p. 878).
    """

    severity: Floats
    error: Floats
    infit: Floats
    difficulty: Floats
    thresholds: Floats
    variance: float
    deviance: float


def audit(sheet: Sheet, lowest: int, highest: int, rounds: int = 500, tolerance: float = 1e-6) -> Audit:
    """Fit; scores are whole numbers from `lowest` to `highest`."""
    trainees, raters, competencies = sheet.sizes
    top = highest - lowest
    scored = (sheet.score - lowest).astype(np.int64)
    rater, item, step = np.zeros(raters), np.zeros(competencies), np.linspace(-1, 1, top)
    mean, variance, deviance = 0.0, 1.0, np.inf
    pair = sheet.rater * competencies + sheet.competency
    there = np.unique(pair)
    slot = np.searchsorted(there, pair)
    pair_rater, pair_item = there // competencies, there % competencies
    counts = np.zeros((trainees, len(there), top + 1))
    np.add.at(counts, (sheet.trainee, slot, scored), 1.0)
    flat = counts.reshape(trainees, -1)
    given = counts.sum(axis=2)
    for _ in range(rounds):
        logp = log_chances(NODES[:, None] - (rater[pair_rater] + item[pair_item])[None, :], step)
        likelihood = flat @ logp.reshape(len(NODES), -1).T + _log_normal(mean, variance)
        top_log = likelihood.max(axis=1, keepdims=True)
        weight = np.exp(likelihood - top_log)
        norm = weight.sum(axis=1, keepdims=True)
        weight /= norm
        now = -2 * float((np.log(norm) + top_log).sum())
        mass = weight.T @ given
        chances = np.exp(logp)
        levels = np.arange(top + 1)
        expected = chances @ levels
        spread = chances @ levels**2 - expected**2
        observed = (counts @ levels).sum(axis=0)
        misfit, information = observed - (mass * expected).sum(axis=0), (mass * spread).sum(axis=0)
        rater -= _short(np.bincount(pair_rater, misfit) / np.bincount(pair_rater, information))
        item -= _short(np.bincount(pair_item, misfit) / np.bincount(pair_item, information))
        beyond = np.cumsum(chances[:, :, ::-1], axis=2)[:, :, ::-1][:, :, 1:]
        reached = np.cumsum(counts.sum(axis=(0, 1))[::-1])[::-1][1:]
        gained = np.einsum("np,npk->k", mass, beyond)
        step -= _short((reached - gained) / np.einsum("np,npk->k", mass, beyond * (1 - beyond)))
        mean, variance = _moments(weight)
        mean -= rater.mean() + item.mean() + step.mean()
        rater, item, step = rater - rater.mean(), item - item.mean(), step - step.mean()
        if abs(deviance - now) < tolerance:
            break
        deviance = now
    error = 1 / np.sqrt(np.bincount(pair_rater, information))
    given_levels = (weight.T @ flat).reshape(*expected.shape, top + 1)
    surprise = np.einsum("npk,npk->p", given_levels, (levels - expected[..., None]) ** 2)
    infit = np.bincount(pair_rater, surprise) / np.bincount(pair_rater, information)
    return Audit(rater, error, infit, item, step, variance, now)


def _short(step: Floats) -> Floats:
    """At most a logit a round: all are changed at once, and where ratings are far from the model a whole step goes astray."""
    return np.clip(step, -1.0, 1.0)


def log_chances(ability: Floats, step: Floats) -> Floats:
    """Log chance of each level, last axis, for abilities of any shape."""
    levels = np.arange(len(step) + 1)
    raw = ability[..., None] * levels - np.r_[0.0, np.cumsum(step)]
    raw -= raw.max(axis=-1, keepdims=True)
    shown: Floats = raw - np.log(np.exp(raw).sum(axis=-1, keepdims=True))
    return shown


def _log_normal(mean: float, variance: float) -> Floats:
    raw = -0.5 * (NODES - mean) ** 2 / variance
    shown: Floats = raw - np.log(np.exp(raw).sum())
    return shown


def _moments(weight: Floats) -> tuple[float, float]:
    shares = weight.mean(axis=0)
    mean = float(shares @ NODES)
    return mean, float(shares @ (NODES - mean) ** 2)
