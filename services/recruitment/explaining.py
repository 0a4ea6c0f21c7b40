"""Why someone did or did not get a seat, and what would have changed it. Every answer is checked by a re-run.

A standing in a programme is given as a place: 0 is the best of the ranking. Without minimum class sizes a better
place never hurts, so the least improvement is found by bisection; with them each answer is still verified, but a
smaller one may exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.recruitment.market import Market, Programme, Seats, expand
from services.recruitment.market_file import load
from services.recruitment.matching import Outcome, minimums, settle


@dataclass(frozen=True, slots=True)
class Cutoff:
    """The last one admitted to a pool; `last` is None where seats were left, so anyone eligible had one."""

    programme: str
    pool: str
    last: str | None
    place: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A better standing at this programme that would have admitted the applicant: verified by running again."""

    programme: str
    pool: str
    place: int
    places_better: int
    score: float | None = None
    more: float | None = None


def cutoffs(market: Market, outcome: Outcome) -> list[Cutoff]:
    """The cut-off of each pool."""
    seats = outcome.seats
    holders: list[list[int]] = [[] for _ in seats.pools]
    for k in outcome.held:
        if k >= 0:
            holders[seats.choice[k]].append(seats.merit[k])
    programmes = {programme.id: programme for programme in market.programmes}
    found = []
    for (programme_id, pool), merits, amount in zip(seats.pools, holders, seats.seats, strict=True):
        if programme_id in outcome.closed or len(merits) < max(amount, 1):
            found.append(Cutoff(programme_id, pool, None))
            continue
        last = seats.applicants[-min(merits) % len(seats.applicants)]
        programme = programmes[programme_id]
        score = None if programme.scores is None else programme.scores[last]
        found.append(Cutoff(programme_id, pool, last, programme.ranking.index(last), score))
    return found


def waiting_places(market: Market, outcome: Outcome, programme: Programme) -> dict[str, int]:
    """Place on the waiting list of a programme of everyone who would rather be there than where they are."""
    held = outcome.all()
    places: dict[str, int] = {}
    for who in programme.ranking:
        wanted = market.preferences.get(who, ())
        if programme.id not in wanted:
            continue
        mine = held.get(who)
        if mine is None or wanted.index(programme.id) < wanted.index(mine[0]):
            places[who] = len(places) + 1
    return places


def decimals(programme: Programme) -> int:
    """Digits after the point that the scores of a programme are written with, at most 6."""
    texts = (format(score, ".6f").rstrip("0") for score in (programme.scores or {}).values())
    return max((len(text.partition(".")[2]) for text in texts), default=0)


def would_need(market: Market, outcome: Outcome, applicant: str) -> list[Need]:
    """For each programme preferred to what the applicant got: the least improvement that would have admitted."""
    found = [_least(market, outcome, applicant, wanted) for wanted in _wanted(market, outcome, applicant)]
    return [need for need in found if need is not None]


def would_need_at(document: Mapping[str, Any], applicant: str, programme: str) -> Need | None:
    """The same for one programme of a stored run."""
    market = load(document)
    outcome = settle(expand(market), minimums(market))
    wanted = (each for each in _wanted(market, outcome, applicant) if each.id == programme)
    found = (_least(market, outcome, applicant, each) for each in wanted)
    return next((need for need in found if need is not None), None)


def nearest(market: Market, outcome: Outcome, applicant: str, last: Mapping[str, int]) -> Need | None:
    """The first of these found, looking first where the applicant is closest to `last_places`."""
    wanted = _wanted(market, outcome, applicant)
    wanted.sort(key=lambda programme: programme.ranking.index(applicant) - last.get(programme.id, 0))
    found = (_least(market, outcome, applicant, programme, last.get(programme.id)) for programme in wanted)
    return next((need for need in found if need is not None), None)


def last_places(cuts: Iterable[Cutoff]) -> dict[str, int]:
    """The worst place admitted in each programme that is full."""
    last: dict[str, int] = {}
    for cut in cuts:
        if cut.place is not None:
            last[cut.programme] = max(cut.place, last.get(cut.programme, 0))
    return last


def _wanted(market: Market, outcome: Outcome, applicant: str) -> list[Programme]:
    """The programmes that the applicant would rather have, is ranked by, and that have seats."""
    held = outcome.of(applicant)
    programmes = {programme.id: programme for programme in market.programmes}
    wanted = market.preferences.get(applicant, ())
    better = wanted if held is None else wanted[: wanted.index(held[0])]
    return [programmes[p] for p in better if programmes[p].seats and applicant in programmes[p].ranking]


def _least(
    market: Market, outcome: Outcome, applicant: str, programme: Programme, guess: int | None = None
) -> Need | None:
    """The worst place that still admits, by bisection between the best place and the present one."""
    own = programme.ranking.index(applicant)
    pool = _pool_at(market, outcome.seats, applicant, programme, 0)
    if pool is None:
        return None
    best, barred = 0, own
    probes = [] if guess is None or not 0 < guess < own else [guess + 1, guess]
    while barred - best > 1:
        middle = probes.pop() if probes else (best + barred) // 2
        if not best < middle < barred:
            continue
        there = _pool_at(market, outcome.seats, applicant, programme, middle)
        best, barred, pool = (middle, barred, there) if there else (best, middle, pool)
    if programme.scores is None:
        return Need(programme.id, pool, best, own - best)
    return _in_points(market, outcome, applicant, programme, best)


def _in_points(
    market: Market, outcome: Outcome, applicant: str, programme: Programme, place: int
) -> Need | None:
    """The same as a score: just above that of the one to be passed, so that no tie has to be won."""
    scores = programme.scores or {}
    digits = decimals(programme)
    score = round(scores[programme.ranking[place]] + 10**-digits, digits)
    reached = sum(1 for who in programme.ranking if who != applicant and scores[who] >= score)
    pool = _pool_at(market, outcome.seats, applicant, programme, reached)
    own = programme.ranking.index(applicant)
    more = round(score - scores[applicant], digits)
    return Need(programme.id, pool, reached, own - reached, score, more) if pool else None


def _pool_at(market: Market, seats: Seats, applicant: str, programme: Programme, place: int) -> str | None:
    """Decide again with the applicant just above this place of the ranking: the pool they get there, or None."""
    i = seats.applicants.index(applicant)
    merit = list(seats.merit)
    pools = {pool.name: pool for pool in programme.pools}
    for k in range(seats.start[i], seats.start[i + 1]):
        programme_id, name = seats.pools[seats.choice[k]]
        if programme_id == programme.id:
            pool = pools.get(name)
            barred = pool is not None and applicant not in pool.eligible
            key = 2 * place + (2 * len(programme.ranking) if barred else 0)
            merit[k] = -(key * len(seats.applicants) + i)
    again = settle(replace(seats, merit=merit), minimums(market))
    k = again.held[i]
    got = seats.pools[seats.choice[k]] if k >= 0 else None
    return got[1] if got is not None and got[0] == programme.id else None
