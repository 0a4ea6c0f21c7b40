"""Ratings of a cohort under a plan version, as statistics that grow: named pairs, their tally, and each trainee's own sums."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.feedback.columns import Columns, Key, Pair
from services.feedback.tally import Batch, Counts, Part, Spread, Tally, swap_each


class Due(NamedTuple):
    """A rating that counts: past its due point, with a level."""

    trainee: UUID
    pair: Pair
    level: int
    observed_on: date


SUMS = np.dtype([("pair", "<i4"), ("n", "<i4"), ("total", "<i4")])
Sums = bytes
"""Of one trainee, as `SUMS`: the column of each pair, how many ratings, and the sum of their levels."""


@dataclass(frozen=True)
class Running:
    """All that a verdict needs. `n` and `total` by pair; trainees and newest day by (competency, since)."""

    spread: Spread
    pairs: Columns = field(default_factory=Columns)
    tally: Tally = field(default_factory=lambda: Tally.empty(0))
    n: tuple[int, ...] = ()
    total: tuple[int, ...] = ()
    trainees: Mapping[Key, int] = field(default_factory=dict)
    until: Mapping[Key, date] = field(default_factory=dict)

    @property
    def mentors(self) -> list[UUID]:
        return self.pairs.mentors


class Share(NamedTuple):
    """What a batch brings of one cohort: its statistics so far, those of its trainees, and its ratings."""

    running: Running
    had: Mapping[UUID, Sums]
    ratings: Sequence[Due]


Grown = tuple[Running, dict[UUID, Sums]]
"""Statistics, and the new sums of the trainees concerned."""


def add(running: Running, had: Mapping[UUID, Sums], ratings: Sequence[Due], sign: int = 1) -> Grown:
    """The statistics with these ratings (sign -1: without them)."""
    return add_each([Share(running, had, ratings)], sign)[0]


def add_each(shares: Sequence[Share], sign: int = 1) -> list[Grown]:
    """The same for the cohorts of a batch, in one pass over all of them."""
    columns = [one.running.pairs.joined(due.pair for due in one.ratings) for one in shares]
    people = [sorted({due.trainee for due in one.ratings}) for one in shares]
    batch = Batch([
        Part(one.running.tally.widened(len(pairs)), pairs.competency, one.running.spread, len(who))
        for one, pairs, who in zip(shares, columns, people, strict=True)
    ])  # fmt: skip
    places = [[pairs.at(due.pair) for due in one.ratings] for one, pairs in zip(shares, columns, strict=True)]
    before, added = _had(shares, people), _new(shares, places, people)
    after = before.plus(added, sign)
    tallies, sums = swap_each(batch, before, after, added), _sums(after, people)
    moved = _moved(batch, before, after, added, columns)
    return [
        (
            replace(
                one.running, pairs=pairs, tally=tally,
                n=_more(one.running.n, len(pairs), at, [sign] * len(at)),
                total=_more(one.running.total, len(pairs), at, [sign * due.level for due in one.ratings]),
                trainees=_people(one.running.trainees, more), until=_newest(one.running.until, one.ratings),
            ),
            theirs,
        )
        for one, pairs, at, tally, more, theirs in zip(shares, columns, places, tallies, moved, sums, strict=True)
    ]  # fmt: skip


def of(ratings: Sequence[Due], spread: Spread) -> Running:
    """The same from nothing, in one go."""
    return add(Running(spread), {}, ratings)[0]


def together(parts: Sequence[Running]) -> Running:
    """Of cohorts that share nobody but mentors: given what these give, the ratings of each add their own information.

    Every tally was made with the variances frozen for its own cohort; those of the first stand for what comes after.
    """
    first, *others = parts
    if not others:
        return first
    pairs = Columns().joined(pair for part in parts for pair in part.pairs)
    cross, figures = np.zeros((len(pairs), len(pairs))), np.zeros((len(pairs), 3))
    trainees: dict[Key, int] = {}
    until: dict[Key, date] = {}
    for part in parts:
        at = [pairs.at(pair) for pair in part.pairs]
        cross[np.ix_(at, at)] += part.tally.cross
        figures[at] += np.c_[part.tally.vector, part.n, part.total]
        for key, n in part.trainees.items():
            trainees[key] = trainees.get(key, 0) + n
            until[key] = max(part.until[key], until.get(key, part.until[key]))
    counts, totals = (tuple(int(one) for one in figures[:, column]) for column in (1, 2))
    return Running(first.spread, pairs, Tally(cross, figures[:, 0]), counts, totals, trainees, until)


def _had(shares: Sequence[Share], people: Sequence[Sequence[UUID]]) -> Counts:
    """Trainees are numbered through all shares."""
    kept = [one.had.get(who, b"") for one, mine in zip(shares, people, strict=True) for who in mine]
    rows = np.frombuffer(b"".join(kept), SUMS)
    trainee = np.repeat(np.arange(len(kept)), [len(one) // SUMS.itemsize for one in kept])
    return Counts(trainee, *(rows[name].astype(np.int64) for name in ("pair", "n", "total")))


def _new(
    shares: Sequence[Share], places: Sequence[Sequence[int]], people: Sequence[Sequence[UUID]]
) -> Counts:
    rows: list[tuple[int, int, int, int]] = []
    first = 0
    for one, columns, mine in zip(shares, places, people, strict=True):
        code = {who: first + at for at, who in enumerate(mine)}
        rows += [(code[due.trainee], at, 1, due.level) for due, at in zip(one.ratings, columns, strict=True)]
        first += len(mine)
    nothing = Counts(*(np.zeros(0, np.int64) for _ in range(4)))
    return nothing.plus(Counts(*np.array(rows, dtype=np.int64).reshape(-1, 4).T))


def _sums(counts: Counts, people: Sequence[Sequence[UUID]]) -> list[dict[UUID, Sums]]:
    rows = np.empty(len(counts.pair), SUMS)
    rows["pair"], rows["n"], rows["total"] = counts.pair, counts.n, counts.total
    bounds = iter(pairwise(np.searchsorted(counts.trainee, np.arange(1 + sum(map(len, people)))).tolist()))
    return [{who: rows[slice(*next(bounds))].tobytes() for who in mine} for mine in people]


def _moved(
    batch: Batch, before: Counts, after: Counts, added: Counts, columns: Sequence[Columns]
) -> list[dict[Key, int]]:
    """How many trainees more (or fewer) each part has of each competency."""
    found: list[dict[Key, int]] = [{} for _ in columns]
    changed = np.unique(batch.cells(added))
    had, have = (np.isin(changed, batch.cells(one)) for one in (before, after))
    trainees, codes = batch.named(changed)
    more = have.astype(np.int64) - had
    for part, code, by in zip(batch.part[trainees].tolist(), codes.tolist(), more.tolist(), strict=True):
        key = columns[part].keys[code]
        found[part][key] = found[part].get(key, 0) + by
    return found


def _more(had: Sequence[int], size: int, places: Sequence[int], values: Sequence[int]) -> tuple[int, ...]:
    found = [*had, *[0] * (size - len(had))]
    for at, value in zip(places, values, strict=True):
        found[at] += value
    return tuple(found)


def _people(had: Mapping[Key, int], more: Mapping[Key, int]) -> dict[Key, int]:
    found = dict(had)
    for key, by in more.items():
        found[key] = found.get(key, 0) + by
    return {key: n for key, n in found.items() if n}


def _newest(had: Mapping[Key, date], ratings: Iterable[Due]) -> dict[Key, date]:
    found = dict(had)
    for one in ratings:
        key = (one.pair.competency, one.pair.since)
        found[key] = max(one.observed_on, found.get(key, one.observed_on))
    return found
