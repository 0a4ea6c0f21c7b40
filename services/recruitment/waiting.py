"""The waiting list as a vacancy chain. Pure: a seat that is free goes to the best who prefers it, and so on.

Nobody who holds an offer loses it: a chain only ever moves people up their own lists. That is why it may end
elsewhere than a fresh run would (which may take seats back), though it is stable all the same.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop

from services.recruitment.market import Seats


@dataclass(frozen=True, slots=True)
class Move:
    """Someone is offered a seat, and leaves another one if they held one."""

    applicant: str
    held: tuple[str, str] | None
    offered: tuple[str, str]


class WaitingList:
    """Who holds what (`held[i]` is a position in `choice`, or -1) and who waits, kept between steps.

    It is made in the time of the whole list; a step takes the time of its chain. Nobody ever moves down, so each
    queue is read once: who was passed over holds something better or has left, and never wants that seat again.
    """

    def __init__(
        self,
        market: Seats,
        held: Sequence[int],
        firm: Collection[str] = (),
        closed: Collection[str] = (),
    ) -> None:
        """`firm` have accepted theirs and move only between pools of that programme; `closed` fill no seat."""
        self.held = list(held)
        self._market = market
        self._number = {who: i for i, who in enumerate(market.applicants)}
        self._firm = {self._number[who] for who in firm if who in self._number}
        self._gone: set[int] = set()
        self._closed = {pool for pool, (programme, _) in enumerate(market.pools) if programme in closed}
        self._free = list(market.seats)
        for k in held:
            if k >= 0:
                self._free[market.choice[k]] -= 1
        self._vacant = [pool for pool, seats in enumerate(self._free) if seats > 0]
        self._queues: list[list[int]] = [[] for _ in market.pools]
        for pool, merit in zip(market.choice, market.merit, strict=True):
            self._queues[pool].append(-merit)
        for queue in self._queues:
            heapify(queue)

    def leave(self, gone: Collection[str]) -> None:
        """These want no seat any more; what they hold is free."""
        for who in gone:
            i = self._number[who]
            self._gone.add(i)
            self._vacate(self.held[i])
            self.held[i] = -1
        self._vacant = sorted(set(self._vacant))

    def fill(self) -> list[Move]:
        """Fill every free seat, best applicant first, and the seats that this frees in turn."""
        moves = []
        while self._vacant:
            pool = self._vacant.pop()
            k = self._best(pool) if self._free[pool] > 0 and pool not in self._closed else None
            if k is None:
                continue
            i = self._applicant(-self._market.merit[k])
            before, self.held[i] = self.held[i], k
            moves.append(Move(self._market.applicants[i], self._seat(before), self._market.pools[pool]))
            self._free[pool] -= 1
            if self._free[pool] > 0:
                self._vacant.append(pool)
            self._vacate(before)
        return moves

    def _vacate(self, k: int) -> None:
        if k >= 0:
            pool = self._market.choice[k]
            self._free[pool] += 1
            self._vacant.append(pool)

    def _seat(self, k: int) -> tuple[str, str] | None:
        return self._market.pools[self._market.choice[k]] if k >= 0 else None

    def _applicant(self, key: int) -> int:
        """Whose choice this is: the merit says it."""
        return key % len(self._market.applicants)

    def _best(self, pool: int) -> int | None:
        """The choice of the best of this pool's queue who still wants a seat of it."""
        queue, start = self._queues[pool], self._market.start
        while queue:
            i = self._applicant(heappop(queue))
            k = self._market.choice.index(pool, start[i], start[i + 1])
            if self._wants(i, k):
                return k
        return None

    def _wants(self, i: int, k: int) -> bool:
        """Whether this choice is above what its applicant holds now."""
        now = self.held[i]
        if now < 0:
            return i not in self._gone
        pools, choice = self._market.pools, self._market.choice
        return k < now and (i not in self._firm or pools[choice[now]][0] == pools[choice[k]][0])
