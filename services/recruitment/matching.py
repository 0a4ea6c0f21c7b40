"""The heart of recruitment: who gets which seat. Pure and deterministic.

Applicant-proposing deferred acceptance (Gale and Shapley 1962) over seat pools. A programme with reserves
is expanded into pools, each with its own priority; an applicant applies to the pools of a programme in the
order that the market states (reserve-first or open-first). Soft reserves let anyone have what the group leaves
empty (Hafalir, Yenmez, Yildirim 2013); a hard quota leaves it empty. The closing rule for classes below their
minimum closes the worst filled one and runs again, as Hungarian admissions do (Biro and McBride,
arXiv 1408.6878).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapreplace
from importlib.util import find_spec

from services.recruitment.market import Market, Seats, expand

EMPTY = -(1 << 62)
"""Stands in a heap for a seat that nobody holds: worse than any applicant."""
LARGE = 1_000_000
"""Choices from which the compiled twin of `propose` is used, where its extra is installed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who holds which pool (`held[i]` is a position in `choice`, or -1), and the classes closed as too small."""

    seats: Seats
    held: list[int]
    closed: tuple[str, ...] = ()

    def of(self, applicant: str) -> tuple[str, str] | None:
        """Programme and pool of one applicant."""
        return self.all().get(applicant)

    def all(self) -> dict[str, tuple[str, str]]:
        """Programme and pool of everyone who has a seat."""
        seats = self.seats
        return {seats.applicants[i]: seats.pools[seats.choice[k]] for i, k in enumerate(self.held) if k >= 0}


def propose(market: Seats, seats: Sequence[int] | None = None) -> list[int]:
    """Deferred acceptance: stable, best for every applicant, strategy-proof. O(list lengths x log seats)."""
    start, choice, merit = market.start, market.choice, market.merit
    n = len(market.applicants)
    amounts = market.seats if seats is None else seats
    heaps = [[EMPTY] * amount if amount else [-EMPTY] for amount in amounts]
    at, ends = list(start[:-1]), start[1:]
    for first in range(n):
        i = first
        k, end = at[i], ends[i]
        while k < end:
            mine, heap = merit[k], heaps[choice[k]]
            if mine <= heap[0]:
                k += 1
                continue
            out = heapreplace(heap, mine)
            at[i] = k
            if out == EMPTY:
                break
            i = -out % n
            k, end = at[i] + 1, ends[i]
        else:
            at[i] = end
    return [k if k < end else -1 for k, end in zip(at, ends, strict=True)]


def solver(market: Seats) -> Callable[[Seats, Sequence[int]], list[int]]:
    """`propose`, or its compiled twin for a large market: the result is the same."""
    if len(market.choice) < LARGE or not find_spec("numba"):
        return propose
    from services.recruitment import compiled  # noqa: PLC0415 - an extra

    return compiled.propose


def filled(market: Seats, held: Sequence[int]) -> dict[str, int]:
    """How many each programme has taken."""
    taken = dict.fromkeys((programme for programme, _ in market.pools), 0)
    for k in held:
        if k >= 0:
            taken[market.pools[market.choice[k]][0]] += 1
    return taken


def settle(market: Seats, minimum: Mapping[str, int]) -> Outcome:
    """Decide; while a class is below its minimum, close the worst filled (then by name) and decide again."""
    seats = list(market.seats)
    closed: list[str] = []
    decide = solver(market)
    while True:
        held = decide(market, seats)
        taken = filled(market, held) if minimum else {}
        open_ones = {p: least for p, least in minimum.items() if p not in closed}
        short = [(taken[p] / least, p) for p, least in open_ones.items() if taken[p] < least]
        if not short:
            return Outcome(market, held, tuple(closed))
        closed.append(min(short)[1])
        seats = [0 if pool[0] in closed else amount for pool, amount in zip(market.pools, seats, strict=True)]


def minimums(market: Market) -> dict[str, int]:
    """The programmes that have a minimum class size."""
    return {programme.id: programme.min_seats for programme in market.programmes if programme.min_seats > 0}


def match(market: Market) -> Outcome:
    """Who gets which seat."""
    return settle(expand(market), minimums(market))


def blocking_pairs(outcome: Outcome) -> int:
    """Applicant and programme that would both rather have each other. Zero is what stable means."""
    market = outcome.seats
    worst = [EMPTY if amount else -EMPTY for amount in market.seats]
    holders: list[list[int]] = [[] for _ in market.seats]
    for k in outcome.held:
        if k >= 0:
            holders[market.choice[k]].append(market.merit[k])
    for pool, merits in enumerate(holders):
        if market.pools[pool][0] in outcome.closed:
            worst[pool] = -EMPTY
        elif merits and len(merits) >= market.seats[pool]:
            worst[pool] = min(merits)
    pairs = set()
    for i, k in enumerate(outcome.held):
        until = k if k >= 0 else market.start[i + 1]
        for better in range(market.start[i], until):
            if market.merit[better] > worst[market.choice[better]]:
                pairs.add((i, market.pools[market.choice[better]][0]))
    return len(pairs)
