"""Ratings of a cohort under a plan version, as statistics that grow: named pairs, their tally, and each trainee's own sums."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.feedback.tally import Counts, Ints, Spread, Tally, swap


class Pair(NamedTuple):
    """A mentor on a competency. Evidence begins anew `since` the day on which an earlier gap of it was answered."""

    mentor: UUID
    competency: str
    since: date | None = None


class Due(NamedTuple):
    """A rating that counts: past its due point, with a level."""

    trainee: UUID
    pair: Pair
    level: int
    observed_on: date


Sums = Mapping[int, tuple[int, int]]
"""Of one trainee: how many ratings and the sum of their levels, by place of the pair."""


@dataclass(frozen=True)
class Running:
    """All that a verdict needs. `n` and `total` by pair; trainees and newest day by (competency, since)."""

    spread: Spread
    pairs: tuple[Pair, ...] = ()
    tally: Tally = field(default_factory=lambda: Tally.empty(0))
    n: tuple[int, ...] = ()
    total: tuple[int, ...] = ()
    trainees: Mapping[tuple[str, date | None], int] = field(default_factory=dict)
    until: Mapping[tuple[str, date | None], date] = field(default_factory=dict)

    @property
    def mentors(self) -> list[UUID]:
        return sorted({pair.mentor for pair in self.pairs})


def keys_of(pairs: Sequence[Pair]) -> list[tuple[str, date | None]]:
    """The competencies, as they stand in a model: one that began anew is another."""
    return sorted(
        {(pair.competency, pair.since) for pair in pairs}, key=lambda key: (key[0], key[1] or date.min)
    )


def add(
    running: Running, had: Mapping[UUID, Sums], ratings: Sequence[Due], sign: int = 1
) -> tuple[Running, dict[UUID, Sums]]:
    """The statistics with these ratings (sign -1: without them), and the new sums of the trainees concerned."""
    pairs = (*running.pairs, *sorted({one.pair for one in ratings} - set(running.pairs), key=_order))
    place = {pair: number for number, pair in enumerate(pairs)}
    people = sorted({one.trainee for one in ratings})
    before = _counts({at: had.get(who, {}) for at, who in enumerate(people)})
    added = _summed(ratings, place, {who: at for at, who in enumerate(people)})
    keys = {key: code for code, key in enumerate(keys_of(pairs))}
    competency = np.array([keys[pair.competency, pair.since] for pair in pairs], dtype=np.int64)
    tally = swap(running.tally.widened(len(pairs)), before, added, competency, running.spread, sign)
    after = before.plus(added, sign)
    sums = _by_trainee(after, people)
    grown = replace(
        running, pairs=pairs, tally=tally,
        n=_more(running.n, added.pair, sign * added.n, len(pairs)),
        total=_more(running.total, added.pair, sign * added.total, len(pairs)),
        trainees=_people(running.trainees, pairs, before, after), until=_newest(running.until, ratings),
    )  # fmt: skip
    return grown, sums


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
    pairs = tuple(sorted({pair for part in parts for pair in part.pairs}, key=_order))
    place = {pair: number for number, pair in enumerate(pairs)}
    cross, figures = np.zeros((len(pairs), len(pairs))), np.zeros((len(pairs), 3))
    trainees: dict[tuple[str, date | None], int] = {}
    until: dict[tuple[str, date | None], date] = {}
    for part in parts:
        at = [place[pair] for pair in part.pairs]
        cross[np.ix_(at, at)] += part.tally.cross
        figures[at] += np.c_[part.tally.vector, part.n, part.total]
        for key, n in part.trainees.items():
            trainees[key] = trainees.get(key, 0) + n
            until[key] = max(part.until[key], until.get(key, part.until[key]))
    counts, totals = (tuple(int(one) for one in figures[:, column]) for column in (1, 2))
    return Running(first.spread, pairs, Tally(cross, figures[:, 0]), counts, totals, trainees, until)


def _order(pair: Pair) -> tuple[str, str, str]:
    return str(pair.mentor), pair.competency, str(pair.since or "")


def _counts(sums: Mapping[int, Sums]) -> Counts:
    rows = [(who, pair, n, total) for who, mine in sums.items() for pair, (n, total) in mine.items()]
    return Counts(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def _summed(ratings: Iterable[Due], place: Mapping[Pair, int], code: Mapping[UUID, int]) -> Counts:
    rows = [(code[one.trainee], place[one.pair], 1, one.level) for one in ratings]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    return Counts(*(np.zeros(0, np.int64) for _ in range(4))).plus(Counts(*columns))


def _by_trainee(counts: Counts, people: Sequence[UUID]) -> dict[UUID, Sums]:
    found: dict[UUID, dict[int, tuple[int, int]]] = {who: {} for who in people}
    for who, pair, n, total in zip(
        *(part.tolist() for part in (counts.trainee, counts.pair, counts.n, counts.total)), strict=True
    ):
        found[people[who]][pair] = (n, total)
    return dict(found)


def _more(had: tuple[int, ...], place: Ints, values: Ints, size: int) -> tuple[int, ...]:
    whole = np.zeros(size, np.int64)
    whole[: len(had)] = had
    np.add.at(whole, place, values)
    return tuple(whole.tolist())


def _people(
    had: Mapping[tuple[str, date | None], int], pairs: Sequence[Pair], before: Counts, after: Counts
) -> dict[tuple[str, date | None], int]:
    found = dict(had)
    for counts, sign in ((before, -1), (after, 1)):
        seen = {
            (who, pairs[pair][1:])
            for who, pair in zip(counts.trainee.tolist(), counts.pair.tolist(), strict=True)
        }
        for _, key in seen:
            found[key] = found.get(key, 0) + sign
    return {key: n for key, n in found.items() if n}


def _newest(
    had: Mapping[tuple[str, date | None], date], ratings: Iterable[Due]
) -> dict[tuple[str, date | None], date]:
    found = dict(had)
    for one in ratings:
        key = (one.pair.competency, one.pair.since)
        found[key] = max(one.observed_on, found.get(key, one.observed_on))
    return found
