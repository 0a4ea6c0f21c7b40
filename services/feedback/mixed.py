"""The linear mixed model of `tailored evidence --fixed`: rating = competency + trainee - severity + noise, crossed and random.

Trainees (and trainee x competency) are eliminated exactly, so that one small matrix of competencies, raters and
rater x competency is left (Henderson's mixed-model equations). Variances are given, or found by REML.
With `flat` competencies the estimates, standard errors and severities are those of a linear mixed model (lme4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dtrtrs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variances:
    """Variances, not standard deviations; zero leaves a component out. Programme and competency: the prior around the target."""

    rater: float = 0.45**2
    trainee: float = 0.40**2
    residual: float = 0.70**2
    rater_competency: float = 0.0
    trainee_competency: float = 0.0
    programme: float = 0.25
    competency: float = 0.25


@dataclass(frozen=True, slots=True)
class Sheet:
    """Ratings as columns of codes from 0."""

    trainee: Ints
    rater: Ints
    competency: Ints
    score: Floats

    @property
    def sizes(self) -> tuple[int, int, int]:
        return (
            int(self.trainee.max(initial=-1)) + 1,
            int(self.rater.max(initial=-1)) + 1,
            int(self.competency.max(initial=-1)) + 1,
        )


@dataclass(frozen=True, slots=True)
class Solved:
    """Competency means with their covariance, severities (positive = severe) with errors, and -2 log restricted likelihood."""

    estimate: Floats
    covariance: Floats
    severity: Floats
    severity_error: Floats
    deviance: float


class Cells(NamedTuple):
    """Of each trainee on each competency that was rated `n` times: cross products, sums by trainee, how many by trainee."""

    n: int
    cross: Floats
    trainees: Floats
    how_many: Floats


@dataclass(frozen=True, slots=True)
class Sums:
    """Everything that any variances need of the ratings: computed once. Cells weigh alike where as many ratings are in them."""

    sizes: tuple[int, int, int]
    cross: Floats
    cells: tuple[Cells, ...]
    ratings: int
    pairs: int


def sums_of(sheet: Sheet, target: Floats, *, with_pairs: bool) -> Sums:
    """Cross products of the columns (competencies, raters, their pairs, score) and their sums per trainee x competency."""
    trainees, raters, competencies = sheet.sizes
    pairs = raters * competencies if with_pairs else 0
    rows = np.arange(len(sheet.score))
    both = np.zeros((len(rows), competencies + raters + pairs + 1))
    both[rows, sheet.competency] = 1.0
    both[rows, competencies + sheet.rater] = -1.0
    if pairs:
        both[rows, competencies + raters + sheet.rater * competencies + sheet.competency] = -1.0
    both[:, -1] = sheet.score - target[sheet.competency]
    cell = sheet.trainee * competencies + sheet.competency
    cells = np.zeros((trainees * competencies, both.shape[1]))
    np.add.at(cells, cell, both)
    n = np.bincount(cell, minlength=trainees * competencies)
    return Sums(
        sheet.sizes, both.T @ both, tuple(_alike(cells, n, one, trainees) for one in np.unique(n[n > 0])), len(rows), pairs
    )  # fmt: skip


def _alike(cells: Floats, n: Ints, one: int, trainees: int) -> Cells:
    at = np.flatnonzero(n == one)
    owner, mine = at // (len(n) // trainees), cells[at]
    sums = np.zeros((trainees, cells.shape[1]))
    np.add.at(sums, owner, mine)
    return Cells(int(one), mine.T @ mine, sums, np.bincount(owner, minlength=trainees).astype(float))


def solve(sheet: Sheet, variances: Variances, target: Floats, *, flat: bool = False) -> Solved:
    """Solve the mixed-model equations for given variances."""
    sums = sums_of(sheet, target, with_pairs=variances.rater_competency > 0)
    return solve_sums(sums, variances, target, flat=flat)


def solve_sums(sums: Sums, variances: Variances, target: Floats, *, flat: bool) -> Solved:
    """The same, of sums that were computed before."""
    _, raters, competencies = sums.sizes
    precision, vector, logs = _equations(sums, variances, flat=flat)
    inverse = np.linalg.inv(precision)
    found = inverse @ vector
    deviance = logs + float(np.linalg.slogdet(precision)[1]) - float(vector @ found)
    return Solved(
        estimate=target[:competencies] + found[:competencies],
        covariance=np.asarray(inverse[:competencies, :competencies], np.float64),
        severity=found[competencies : competencies + raters],
        severity_error=np.sqrt(np.diag(inverse)[competencies : competencies + raters]),
        deviance=deviance,
    )


def deviance_of(sums: Sums, variances: Variances) -> float:
    """-2 log restricted likelihood alone, competencies flat: a third of the work."""
    precision, vector, logs = _equations(sums, variances, flat=True)
    factor, wrong = dpotrf(precision, lower=1)
    if wrong:
        raise np.linalg.LinAlgError(f"not positive definite at {wrong}")
    half = dtrtrs(factor, vector, lower=1)[0]
    return logs + 2.0 * float(np.log(np.diag(factor)).sum()) - float(half @ half)


def _equations(sums: Sums, variances: Variances, *, flat: bool) -> tuple[Floats, Floats, float]:
    """Henderson's: precision and right side, and what of the deviance does not depend on their solution."""
    _, raters, competencies = sums.sizes
    size = sums.cross.shape[0] - 1
    cross, logs = _without_trainees(sums, variances)
    precision, vector, total = cross[:size, :size], cross[:size, size], float(cross[size, size])
    own = (
        np.zeros(competencies),
        _inverse(variances.rater, raters),
        _inverse(variances.rater_competency, sums.pairs),
    )
    precision = precision + np.diag(np.concatenate(own))
    logs += raters * np.log(variances.rater)
    logs += sums.pairs * np.log(variances.rater_competency) if sums.pairs else 0.0
    if not flat:
        prior = (
            np.full((competencies, competencies), variances.programme)
            + np.eye(competencies) * variances.competency
        )
        precision[:competencies, :competencies] += np.linalg.inv(prior)
        logs += float(np.linalg.slogdet(prior)[1])
    return precision, vector, logs + total


def _inverse(variance: float, size: int) -> Floats:
    return np.full(size, 1.0 / variance if variance else 0.0)


def _without_trainees(sums: Sums, variances: Variances) -> tuple[Floats, float]:
    """Cross products after trainee x competency and trainee are integrated out, and the log determinants."""
    noise, shared = variances.residual, variances.trainee_competency
    trainees, cross = sums.sizes[0], sums.cross / noise
    per_trainee = np.zeros((trainees, cross.shape[1]))
    weight, logs = np.full(trainees, 1.0 / variances.trainee), sums.ratings * float(np.log(noise))
    for alike in sums.cells:
        within = noise + alike.n * shared
        cross -= alike.cross * (shared / (noise * within))
        per_trainee += alike.trainees / within
        weight += alike.how_many * (alike.n / within)
        logs += float(alike.how_many.sum()) * float(np.log(within / noise))
    cross = cross - per_trainee.T @ (per_trainee / weight[:, None])
    return cross, logs + float((np.log(weight) + np.log(variances.trainee)).sum())


def estimate_variances(sheet: Sheet, target: Floats, start: Variances = Variances()) -> Variances:
    """REML of rater, trainee and residual variance, competencies flat; the other components stay as given."""
    from scipy.optimize import minimize  # noqa: PLC0415 - large, and a service that waits needs none of it

    names = ("rater", "trainee", "residual")

    sums = sums_of(sheet, target, with_pairs=start.rater_competency > 0)

    def with_logs(logs: Floats) -> Variances:
        return replace(start, **dict(zip(names, np.exp(np.clip(logs, -16, 6)).tolist(), strict=True)))

    def deviance(logs: Floats) -> float:
        return deviance_of(sums, with_logs(logs))

    began = np.log([getattr(start, name) for name in names])
    options: Mapping[str, float] = {"xatol": 1e-6, "fatol": 1e-8, "maxiter": 2000}
    return with_logs(minimize(deviance, began, method="Nelder-Mead", options=options).x)
