"""The waiting list as a vacancy chain. Pure: a seat that is free goes to the best who prefers it, and so on.

Nobody who holds an offer loses it: a chain only ever moves people up their own lists. That is why it may end
elsewhere than a fresh run would (which may take seats back), though it is stable all the same.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from services.recruitment.matching import Seats


@dataclass(frozen=True, slots=True)
class Move:
    """Someone is offered a seat, and leaves another one if they held one."""

    applicant: str
    held: tuple[str, str] | None
    offered: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Chain:
    """The moves in order, and who holds what after them (positions in `choice`, or -1)."""

    moves: tuple[Move, ...]
    held: tuple[int, ...]


def free_seats(market: Seats, held: Collection[int], closed: Collection[str] = ()) -> list[int]:
    """Seats of each pool that nobody holds."""
    free = [0 if pool[0] in closed else seats for pool, seats in zip(market.pools, market.seats, strict=True)]
    for k in held:
        if k >= 0:
            free[market.choice[k]] -= 1
    return [max(0, seats) for seats in free]


def fill(
    market: Seats,
    held: Collection[int],
    gone: Collection[str] = (),
    firm: Collection[str] = (),
    closed: Collection[str] = (),
) -> Chain:
    """Fill every free seat, best applicant first, and the seats that this frees in turn.

    `gone` want no seat any more; `firm` have accepted theirs and move only between pools of that programme.
    """
    now = list(held)
    out = {i for i, who in enumerate(market.applicants) if who in gone} if gone else set[int]()
    stay = {i for i, who in enumerate(market.applicants) if who in firm} if firm else set[int]()
    for i in out:
        now[i] = -1
    free = free_seats(market, now, closed)
    queues: dict[int, list[int]] = {}
    moves: list[Move] = []
    waiting = [pool for pool, seats in enumerate(free) if seats]
    while waiting:
        pool = waiting.pop()
        if pool not in queues:
            queues[pool] = _queue(market, pool)
        k = next((k for k in queues[pool] if _wants(market, now, out, stay, k)), None)
        if k is None:
            continue
        i = applicant_of(market, k)
        before = market.choice[now[i]] if now[i] >= 0 else None
        now[i] = k
        free[pool] -= 1
        left = None if before is None else market.pools[before]
        moves.append(Move(market.applicants[i], left, market.pools[pool]))
        if free[pool]:
            waiting.append(pool)
        if before is not None:
            free[before] += 1
            waiting.append(before)
    return Chain(tuple(moves), tuple(now))


def applicant_of(market: Seats, k: int) -> int:
    """Whose choice this is: the merit says it."""
    return -market.merit[k] % len(market.applicants)


def _queue(market: Seats, pool: int) -> list[int]:
    """Where this pool is chosen, best applicant first. `index` searches a long list faster than a loop."""
    found, k = [], -1
    with suppress(ValueError):
        while True:
            k = market.choice.index(pool, k + 1)
            found.append(k)
    return sorted(found, key=market.merit.__getitem__, reverse=True)


def _wants(market: Seats, now: list[int], out: Collection[int], firm: Collection[int], k: int) -> bool:
    """Whether this choice is above what its applicant holds now."""
    i = applicant_of(market, k)
    if now[i] < 0:
        return i not in out
    same = market.pools[market.choice[now[i]]][0] == market.pools[market.choice[k]][0]
    return k < now[i] and (same or i not in firm)
