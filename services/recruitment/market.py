"""What is decided on: programmes with their pools, who wants what; and the same as numbers. Pure.

A programme with reserves is expanded into pools, each with its own priority; an applicant applies to the pools of
a programme in the order that it states (reserve-first or open-first).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, repeat
from operator import sub

OPEN = "open"
NOT_RANKED = 0
"""A standing that is none; all others are negative."""


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
    reserve_first: bool = True


@dataclass(frozen=True, slots=True)
class Market:
    """All that a decision depends on. `preferences`: applicant -> programmes, best first."""

    programmes: tuple[Programme, ...]
    preferences: Mapping[str, tuple[str, ...]]


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


def pools_of(programme: Programme) -> list[tuple[str, int, Pool | None]]:
    """Name, seats and reserve of each pool, reserved ones first; what no pool reserves is open."""
    reserved: list[tuple[str, int, Pool | None]] = [(pool.name, pool.seats, pool) for pool in programme.pools]
    left = programme.seats - sum(pool.seats for pool in programme.pools)
    return [*reserved, (OPEN, left, None)] if left > 0 or not reserved else reserved


def expand(market: Market) -> Seats:
    """Turn programmes into pools and names into numbers. O(sum of list lengths x pools).

    Names are looked up one programme after the other, so that its people stay in the processor's cache; then
    each choice takes the next standing of its pool, which `pop` does in a third of the time of `next`.
    """
    n = max(len(market.preferences), 1)
    wishes = market.preferences.values()
    asking: dict[str, list[str]] = {programme.id: [] for programme in market.programmes}
    for who, wanted in market.preferences.items():
        for programme_id in wanted:
            asking[programme_id].append(who)
    longest = max((len(programme.ranking) for programme in market.programmes), default=0)
    places = list(range(-n, -(2 * longest + 1) * n, -2 * n))
    pools: list[tuple[str, str]] = []
    amounts: list[int] = []
    standing: list[Callable[[], int]] = []
    doors: dict[str, tuple[int, ...]] = {}
    for programme in market.programmes:
        here = pools_of(programme)
        if not programme.reserve_first:
            here.sort(key=lambda pool: pool[2] is not None)
        doors[programme.id] = tuple(range(len(pools), len(pools) + len(here)))
        pools += [(programme.id, name) for name, _, _ in here]
        amounts += [amount for _, amount, _ in here]
        people = asking[programme.id][::-1]
        ranked = dict(zip(programme.ranking, places, strict=False))
        known = list(map(ranked.get, people, repeat(NOT_RANKED)))
        behind = 2 * len(programme.ranking) * n
        standing += [_standing(people, known, pool, behind).pop for _, _, pool in here]
    choice = list(chain.from_iterable(map(doors.__getitem__, chain.from_iterable(wishes))))
    stands = [standing[pool]() for pool in choice]
    alone = len(pools) == len(doors)
    sizes = list(map(len, wishes)) if alone else [sum(len(doors[p]) for p in wanted) for wanted in wishes]
    owner: Iterable[int] = chain.from_iterable(map(repeat, range(n), sizes))
    start = [0, *accumulate(sizes)]
    if NOT_RANKED in stands:
        reached = [0, *accumulate(map(bool, stands))]
        start = [reached[end] for end in start]
        choice, owner = list(compress(choice, stands)), compress(owner, stands)
        stands = list(filter(None, stands))
    return Seats(list(market.preferences), pools, amounts, start, choice, list(map(sub, stands, owner)))


def _standing(people: Sequence[str], known: list[int], pool: Pool | None, behind: int) -> list[int]:
    """The standing of each of these in a pool: others come after its group, or not at all."""
    if pool is None:
        return known
    return [
        key if not key or who in pool.eligible else NOT_RANKED if pool.hard else key - behind
        for who, key in zip(people, known, strict=True)
    ]
