"""The running statistics of ratings: all that the mixed model needs of them, grown batch by batch without the history.

A rating = eta of (mentor, competency) + trainee + (trainee, competency) + noise. Both effects of the trainee are integrated
out exactly, so that each trainee's ratings add `sum x x' / s2 - sum z z' t2 / (s2 (s2 + n t2)) - u u' / w` to the
information on eta (Woodbury; Searle, Casella & McCulloch 1992, ch. 5): z sums the ratings of a trainee on a competency,
u = sum z / (s2 + n t2), w = 1 / a2 + sum n / (s2 + n t2). What a trainee added before comes off, what is added now goes on:
the cost depends on the ratings that came, never on those that are there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances within trainees, frozen before a cohort's first rating. The defaults are ours and stated."""

    trainee: float = 0.4**2
    trainee_competency: float = 0.2**2
    residual: float = 0.7**2


@dataclass(frozen=True, slots=True)
class Counts:
    """Ratings summed by trainee and pair: codes from 0, how many, and the sum of their levels (exact whole numbers)."""

    trainee: Ints
    pair: Ints
    n: Ints
    total: Ints

    def plus(self, other: "Counts", sign: int = 1) -> "Counts":
        """Both together; with -1 the other's ratings are taken away."""
        trainee, pair = (
            np.concatenate(one) for one in ((self.trainee, other.trainee), (self.pair, other.pair))
        )
        n, total = (
            np.concatenate(one) for one in ((self.n, sign * other.n), (self.total, sign * other.total))
        )
        width = int(pair.max(initial=0)) + 1
        key, place = np.unique(trainee * width + pair, return_inverse=True)
        sums = [np.bincount(place, part, len(key)).round().astype(np.int64) for part in (n, total)]
        kept = sums[0] != 0
        return Counts(key[kept] // width, key[kept] % width, sums[0][kept], sums[1][kept])


@dataclass(frozen=True, slots=True)
class Tally:
    """`cross` is the information on eta (pairs x pairs), `vector` that information times the levels."""

    cross: Floats
    vector: Floats

    @staticmethod
    def empty(pairs: int) -> "Tally":
        return Tally(np.zeros((pairs, pairs)), np.zeros(pairs))

    def widened(self, pairs: int) -> "Tally":
        """Room for pairs that were not met before."""
        more = pairs - len(self.vector)
        return Tally(np.pad(self.cross, (0, more)), np.pad(self.vector, (0, more))) if more else self

    def plus(self, whole: Floats, sign: float = 1.0) -> "Tally":
        return Tally(self.cross + sign * whole[:, :-1], self.vector + sign * whole[:, -1])


def swap(
    tally: Tally, before: Counts, added: Counts, competency: Ints, spread: Spread, sign: int = 1
) -> Tally:
    """The tally with `added` ratings (sign -1: without them), of trainees who had `before`; `competency` by pair."""
    changed = _cells(added, competency)
    without = information(before, competency, spread, changed)
    return tally.plus(information(before.plus(added, sign), competency, spread, changed) - without)


def information(counts: Counts, competency: Ints, spread: Spread, only: Ints | None = None) -> Floats:
    """Pairs x (pairs + 1), the last column for the levels; with `only`, of cells that did not change just the trainee's part."""
    pairs, noise, talent = len(competency), spread.residual, spread.trainee_competency
    found = np.zeros((pairs, pairs + 1))
    if not len(counts.n):
        return found
    cell, place = np.unique(_cells(counts, competency), return_inverse=True)
    within = np.asarray(noise + talent * np.bincount(place, counts.n), np.float64)
    _take_off_trainees(found, counts, within[place], spread.trainee)
    mine = np.ones(len(counts.n), bool) if only is None else np.isin(cell, only)[place]
    kept, row = np.unique(place[mine], return_inverse=True)
    z = np.zeros((len(kept), pairs + 1))
    np.add.at(z, (row, counts.pair[mine]), counts.n[mine])
    np.add.at(z[:, -1], row, counts.total[mine])
    found -= z[:, :-1].T @ (z * (talent / (noise * within[kept]))[:, None])
    np.add.at(found, (counts.pair[mine], counts.pair[mine]), counts.n[mine] / noise)
    np.add.at(found[:, -1], counts.pair[mine], counts.total[mine] / noise)
    return found


def _take_off_trainees(found: Floats, counts: Counts, within: Floats, variance: float) -> None:
    """Subtracts `u u' / w` of every trainee, for the part that is common to all ratings of one."""
    trainees, row = np.unique(counts.trainee, return_inverse=True)
    u = np.zeros((len(trainees), found.shape[1]))
    np.add.at(u, (row, counts.pair), counts.n / within)
    np.add.at(u[:, -1], row, counts.total / within)
    weight = 1.0 / variance + np.bincount(row, counts.n / within)
    found -= u[:, :-1].T @ (u / weight[:, None])


def _cells(counts: Counts, competency: Ints) -> Ints:
    """Trainee and competency as one number."""
    return counts.trainee * (int(competency.max(initial=0)) + 1) + competency[counts.pair]
