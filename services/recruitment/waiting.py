"""The waiting list as a vacancy chain. Pure: a seat that is free goes to the best who prefers it, and so on.

Nobody who holds an offer loses it: a chain only ever moves people up their own lists. That is why it may end
elsewhere than a fresh run would (which may take seats back), though it is stable all the same.
"""

from collections.abc import Collection
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
    names = {who: i for i, who in enumerate(market.applicants)}
    out = {names[who] for who in gone if who in names}
    for i in out:
        now[i] = -1
    stay = {names[who] for who in firm if who in names}
    free = free_seats(market, now, closed)
    queues = _queues(market, out)
    moves: list[Move] = []
    waiting = [pool for pool, seats in enumerate(free) if seats]
    while waiting:
        pool = waiting.pop()
        taker = next((entry for entry in queues[pool] if _wants(market, now, stay, entry)), None)
        if taker is None:
            continue
        i, k = taker
        before = market.choice[now[i]] if now[i] >= 0 else None
        now[i] = k
        free[pool] -= 1
        moves.append(
            Move(market.applicants[i], None if before is None else market.pools[before], market.pools[pool])
        )
        if free[pool]:
            waiting.append(pool)
        if before is not None:
            free[before] += 1
            waiting.append(before)
    return Chain(tuple(moves), tuple(now))


def _queues(market: Seats, out: Collection[int]) -> list[list[tuple[int, int]]]:
    """For each pool the applicants who list it, best first, with where they list it."""
    queues: list[list[tuple[int, int]]] = [[] for _ in market.pools]
    for i in range(len(market.applicants)):
        if i not in out:
            for k in range(market.start[i], market.start[i + 1]):
                queues[market.choice[k]].append((i, k))
    for queue in queues:
        queue.sort(key=lambda entry: -market.merit[entry[1]])
    return queues


def _wants(market: Seats, now: list[int], firm: Collection[int], entry: tuple[int, int]) -> bool:
    """Whether this place on someone's list is above what they hold now."""
    i, k = entry
    if now[i] < 0:
        return True
    same = market.pools[market.choice[now[i]]][0] == market.pools[market.choice[k]][0]
    return k < now[i] and (same or i not in firm)
