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

OPEN = "open"
EMPTY = -(1 << 62)
"""Stands in a heap for a seat that nobody holds: worse than any applicant."""
LARGE = 1_000_000
"""Choices from which the compiled twin of `propose` is used, where its extra is installed."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Seats kept for a group first; `hard` leaves them empty rather than give them away."""

    name: str
    seats: int
    eligible: frozenset[str]
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Programme:
    """What can be applied for. `ranking` is strict, best first; who is not in it cannot be admitted."""

    id: str
    seats: int
    ranking: tuple[str, ...]
    pools: tuple[Pool, ...] = ()
    min_seats: int = 0
    scores: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """All that a decision depends on. `preferences`: applicant -> programmes, best first."""

    programmes: tuple[Programme, ...]
    preferences: Mapping[str, tuple[str, ...]]
    reserve_first: bool = True


@dataclass(frozen=True, slots=True)
class Seats:
    """A market expanded into pools. The choices of applicant i lie at `start[i]` to `start[i + 1]`.

    `choice[k]` is a pool and `merit[k]` the applicant's standing in it: higher is better, unique in the pool,
    and `-merit % len(applicants)` is the applicant again, so that a heap of merits is a heap of people.
    """

    applicants: list[str]
    pools: list[tuple[str, str]]
    seats: list[int]
    start: Sequence[int]
    choice: Sequence[int]
    merit: Sequence[int]


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


def pools_of(programme: Programme) -> list[tuple[str, int, Pool | None]]:
    """Name, seats and reserve of each pool, reserved ones first; what no pool reserves is open."""
    reserved: list[tuple[str, int, Pool | None]] = [(pool.name, pool.seats, pool) for pool in programme.pools]
    left = programme.seats - sum(pool.seats for pool in programme.pools)
    return [*reserved, (OPEN, left, None)] if left > 0 or not reserved else reserved


def expand(market: Market) -> Seats:
    """Turn programmes into pools and names into numbers. O(sum of list lengths x pools)."""
    n = max(len(market.preferences), 1)
    names: list[tuple[str, str]] = []
    amounts: list[int] = []
    desks: dict[str, tuple[dict[str, int], int, list[tuple[int, Pool | None]]]] = {}
    for programme in market.programmes:
        pools = pools_of(programme)
        if not market.reserve_first:
            pools.sort(key=lambda pool: pool[2] is not None)
        keys = dict(
            zip(programme.ranking, range(n, (2 * len(programme.ranking) + 1) * n, 2 * n), strict=False)
        )
        alone = len(names) if pools[0][2] is None and len(pools) == 1 else -1
        desks[programme.id] = keys, alone, [(len(names) + at, pool) for at, (_, _, pool) in enumerate(pools)]
        names += [(programme.id, name) for name, _, _ in pools]
        amounts += [amount for _, amount, _ in pools]
    start, choice, merit = [0], [], []
    for i, (who, wanted) in enumerate(market.preferences.items()):
        for programme_id in wanted:
            keys, alone, pools_here = desks[programme_id]
            key = keys.get(who)
            if key is None:
                continue
            if alone >= 0:
                choice.append(alone)
                merit.append(-key - i)
                continue
            for index, pool in pools_here:
                if pool is None or who in pool.eligible:
                    choice.append(index)
                    merit.append(-key - i)
                elif not pool.hard:
                    choice.append(index)
                    merit.append(-key - 2 * len(keys) * n - i)
        start.append(len(choice))
    return Seats(list(market.preferences), names, amounts, start, choice, merit)


def propose(market: Seats, seats: Sequence[int] | None = None) -> list[int]:
    """Deferred acceptance: stable, best for every applicant, strategy-proof. O(list lengths x log seats)."""
    start, choice, merit = market.start, market.choice, market.merit
    n = len(market.applicants)
    amounts = market.seats if seats is None else seats
    heaps = [[EMPTY] * amount if amount else [-EMPTY] for amount in amounts]
    at = list(start[:-1])
    for first in range(n):
        i = first
        k, end = at[i], start[i + 1]
        while k < end:
            heap = heaps[choice[k]]
            if merit[k] <= heap[0]:
                k += 1
                continue
            out = heapreplace(heap, merit[k])
            at[i] = k
            if out == EMPTY:
                break
            i = -out % n
            k, end = at[i] + 1, start[i + 1]
        else:
            at[i] = end
    return [k if k < start[i + 1] else -1 for i, k in enumerate(at)]


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
