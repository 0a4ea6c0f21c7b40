"""The running statistics of ratings: all that the mixed model needs of them, grown batch by batch without the history.

A rating = eta of (mentor, competency) + trainee + (trainee, competency) + noise. Both effects of the trainee are integrated
out exactly, so that each trainee's ratings add `sum x x' / s2 - sum z z' t2 / (s2 (s2 + n t2)) - u u' / w` to the
information on eta (Woodbury; Searle, Casella & McCulloch 1992, ch. 5): z sums the ratings of a trainee on a competency,
u = sum z / (s2 + n t2), w = 1 / a2 + sum n / (s2 + n t2). What a trainee added before comes off, what is added now goes on:
the cost depends on the ratings that came, never on those that are there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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

    def plus(self, whole: Floats) -> "Tally":
        """More information, its first column for the levels."""
        return Tally(self.cross + whole[:, 1:], self.vector + whole[:, 0])


@dataclass(frozen=True, slots=True)
class Part:
    """A cohort in a batch: its tally so far, the competency of each pair, its variances, and how many trainees are its own."""

    tally: Tally
    competency: Ints
    spread: Spread
    trainees: int


@dataclass(frozen=True)
class Batch:
    """Cohorts that grow together, since one pass over all costs little more than one over each; trainees are numbered through."""

    parts: Sequence[Part]

    @cached_property
    def part(self) -> Ints:
        """By trainee."""
        return np.repeat(np.arange(len(self.parts)), [one.trainees for one in self.parts])

    @cached_property
    def code(self) -> Ints:
        """The competency by part and pair."""
        found = np.zeros((len(self.parts), max(len(one.competency) for one in self.parts)), np.int64)
        for row, one in zip(found, self.parts, strict=True):
            row[: len(one.competency)] = one.competency
        return found

    @cached_property
    def codes(self) -> int:
        """So many competencies at most."""
        return int(self.code.max(initial=0)) + 1

    def cells(self, counts: Counts) -> Ints:
        """Trainee and competency as one number."""
        return counts.trainee * self.codes + self.code[self.part[counts.trainee], counts.pair]

    def named(self, cells: Ints) -> tuple[Ints, Ints]:
        """Trainee and competency again."""
        return cells // self.codes, cells % self.codes

    def spread(self, part: Ints) -> Floats:
        """Variances of trainee, trainee x competency and noise."""
        spreads = [one.spread for one in self.parts]
        return np.array([(one.trainee, one.trainee_competency, one.residual) for one in spreads])[part].T


class Outer(NamedTuple):
    """Information as a sum of few outer products `weight row row'` of parts, beside what each pair adds to its own place only.

    In rows and `own` levels stand in front.
    """

    rows: Floats
    weight: Floats
    part: Ints
    own: Floats

    def less(self, other: "Outer") -> "Outer":
        """The difference, its rows by part."""
        part = np.concatenate([self.part, other.part])
        order = np.argsort(part, kind="stable")
        rows = np.concatenate([self.rows, other.rows])[order]
        weight = np.concatenate([self.weight, -other.weight])[order]
        return Outer(rows, weight, part[order], self.own - other.own)

    def whole(self, part: int, pairs: int) -> Floats:
        """Of a part, pairs x (1 + pairs); rows stand by part."""
        first, last = np.searchsorted(self.part, [part, part + 1])
        rows, weight = self.rows[first:last, : 1 + pairs], self.weight[first:last, None]
        found: Floats = rows[:, 1:].T @ (rows * weight)
        places = np.arange(pairs)
        found[places, 1 + places] += self.own[1, part, :pairs]
        found[:, 0] += self.own[0, part, :pairs]
        return found


def swap_each(batch: Batch, before: Counts, after: Counts, added: Counts) -> list[Tally]:
    """The tallies when trainees who had `before` have `after`, which differ where ratings were `added` or taken away."""
    changed = np.unique(batch.cells(added))
    more = _products(batch, after, changed).less(_products(batch, before, changed))
    return [one.tally.plus(more.whole(part, len(one.competency))) for part, one in enumerate(batch.parts)]


def swap(tally: Tally, before: Counts, added: Counts, competency: Ints, spread: Spread) -> Tally:
    """The same for one cohort."""
    people = 1 + int(max(before.trainee.max(initial=0), added.trainee.max(initial=0)))
    one = Batch([Part(tally, competency, spread, people)])
    return swap_each(one, before, before.plus(added), added)[0]


def information(counts: Counts, competency: Ints, spread: Spread) -> Floats:
    """Of the ratings of one cohort: pairs x (1 + pairs), the first column for the levels."""
    people = 1 + int(counts.trainee.max(initial=0))
    batch = Batch([Part(Tally.empty(len(competency)), competency, spread, people)])
    return _products(batch, counts).whole(0, len(competency))


def _products(batch: Batch, counts: Counts, only: Ints | None = None) -> Outer:
    """With `only`, of cells that did not change just the trainee's part. A row for each such cell, one for each trainee."""
    part = batch.part[counts.trainee]
    shared, talent, noise = batch.spread(part)
    cell, place = np.unique(batch.cells(counts), return_inverse=True)
    within = noise + talent * np.bincount(place, counts.n, len(cell))[place]
    mine = np.ones(len(part), bool) if only is None else np.isin(cell, only)[place]
    kept, some, row = np.unique(place[mine], return_index=True, return_inverse=True)
    trainees, first, who = np.unique(counts.trainee, return_index=True, return_inverse=True)
    pair, n, total, share = counts.pair, counts.n, counts.total, counts.n / within
    rows = np.zeros((len(kept) + len(trainees), 1 + batch.code.shape[1]))
    rows[row, 1 + pair[mine]], rows[: len(kept), 0] = n[mine], np.bincount(row, total[mine], len(kept))
    rows[len(kept) + who, 1 + pair] = share
    rows[len(kept) :, 0] = np.bincount(who, total / within, len(trainees))
    weight = np.concatenate([
        -(talent / (noise * within))[mine][some],
        -1.0 / (1.0 / shared[first] + np.bincount(who, share, len(trainees))),
    ])  # fmt: skip
    own = np.zeros((2, *batch.code.shape))
    for into, one in zip(own, (total, n), strict=True):
        np.add.at(into, (part[mine], pair[mine]), (one / noise)[mine])
    return Outer(rows, weight, np.concatenate([part[mine][some], part[first]]), own)
