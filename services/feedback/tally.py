"""The running statistics of ratings: all that the mixed model needs of them, grown batch by batch without the history.

A rating = eta of (mentor, competency) + trainee + (trainee, competency) + noise. Both effects of the trainee are integrated
out exactly, so that each trainee's ratings add `sum x x' / s2 - sum z z' t2 / (s2 (s2 + n t2)) - u u' / w` to the
information on eta (Woodbury; Searle, Casella & McCulloch 1992, ch. 5): z sums the ratings of a trainee on a competency,
u = sum z / (s2 + n t2), w = 1 / a2 + sum n / (s2 + n t2). What a trainee added before comes off, what is added now goes on:
the cost depends on the ratings that came, never on those that are there.
"""

from dataclasses import dataclass
from typing import NamedTuple

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


class Outer(NamedTuple):
    """Information as a sum of few outer products `weight row row'`, beside what each pair adds to its own place only."""

    rows: Floats
    weight: Floats
    own: Floats


def swap(
    tally: Tally, before: Counts, added: Counts, competency: Ints, spread: Spread, sign: int = 1
) -> Tally:
    """The tally with `added` ratings (sign -1: without them), of trainees who had `before`; `competency` by pair."""
    changed = _cells(added, competency)
    off = _products(before, competency, spread, changed)
    on = _products(before.plus(added, sign), competency, spread, changed)
    rows, weight = np.concatenate([on.rows, off.rows]), np.concatenate([on.weight, -off.weight])
    return tally.plus(_whole(Outer(rows, weight, on.own - off.own)))


def information(counts: Counts, competency: Ints, spread: Spread) -> Floats:
    """Pairs x (pairs + 1), the last column for the levels."""
    return _whole(_products(counts, competency, spread))


def _whole(of: Outer) -> Floats:
    found: Floats = of.rows[:, :-1].T @ (of.rows * of.weight[:, None])
    places = np.arange(len(found))
    found[places, places] += of.own[:, 0]
    found[:, -1] += of.own[:, 1]
    return found


def _products(counts: Counts, competency: Ints, spread: Spread, only: Ints | None = None) -> Outer:
    """With `only`, of cells that did not change just the trainee's part. A row for each such cell, one for each trainee."""
    pairs, noise, talent = len(competency), spread.residual, spread.trainee_competency
    cell, place = np.unique(_cells(counts, competency), return_inverse=True)
    within = np.asarray(noise + talent * np.bincount(place, counts.n), np.float64)
    mine = np.ones(len(counts.n), bool) if only is None else np.isin(cell, only)[place]
    kept, row = np.unique(place[mine], return_inverse=True)
    pair, n, total = counts.pair[mine], counts.n[mine], counts.total[mine]
    trainees, who = np.unique(counts.trainee, return_inverse=True)
    share = counts.n / within[place]
    rows = np.zeros((len(kept) + len(trainees), pairs + 1))
    rows[row, pair], rows[: len(kept), -1] = n, np.bincount(row, total, len(kept))
    rows[len(kept) + who, counts.pair] = share
    rows[len(kept) :, -1] = np.bincount(who, counts.total / within[place], len(trainees))
    weight = np.concatenate([
        -talent / (noise * within[kept]),
        -1.0 / (1.0 / spread.trainee + np.bincount(who, share, len(trainees))),
    ])  # fmt: skip
    return Outer(rows, weight, np.array([np.bincount(pair, one, pairs) for one in (n, total)]).T / noise)


def _cells(counts: Counts, competency: Ints) -> Ints:
    """Trainee and competency as one number."""
    return counts.trainee * (int(competency.max(initial=0)) + 1) + competency[counts.pair]
