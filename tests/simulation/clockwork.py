"""An event loop without real time: while nothing is in flight, a seeded scheduler says who goes on, or time jumps ahead.

Database calls are real. Before each the caller waits for its turn; while one runs nothing else does, unless PostgreSQL
itself says that it waits for another's lock. So a run depends on its seed alone, however fast the machine is.
"""

import asyncio
import random
import selectors
from collections import Counter
from collections.abc import Callable
from typing import Any

GLANCE = 0.003
MOST_STEPS = 30_000
LATE = 0.01
"""How often time jumps ahead although somebody could go on: a server that is slow, so that time-outs fire."""


class Stuck(Exception):
    """Nobody can go on and nobody waits for a moment to come, or it takes far too long."""


class Killed(Exception):
    """The process has ended; nothing that it still tries has any effect."""


class Gate:
    """Whoever is about to do something that others can notice waits here for its turn."""

    def __init__(self, blocked: Callable[[list[int]], set[int]]) -> None:
        self.flying: set[Any] = set()
        self.stalled: set[Any] = set()
        self.dying: list[Any] = []
        self._blocked = blocked
        self.begin(0)

    def begin(self, seed: int) -> None:
        """A new run."""
        self.chance = random.Random(seed)
        self.steps = 0
        self.trace: list[str] = []
        self.weights: dict[str, int] = {}
        self.parked: list[tuple[str, int, str, asyncio.Future[None]]] = []
        self.at_step: list[tuple[int, asyncio.Future[None]]] = []
        self.seen: Counter[str] = Counter()
        self._arrivals = 0

    async def turn(self, who: str, what: str) -> None:
        """Returns when the scheduler has chosen this one."""
        self._arrivals += 1
        future = asyncio.get_running_loop().create_future()
        self.parked.append((who, self._arrivals, what, future))
        await future

    async def step(self, number: int) -> None:
        """Returns after so many turns."""
        future = asyncio.get_running_loop().create_future()
        self.at_step.append((number, future))
        await future

    def expel(self, who: str) -> None:
        """Everyone of this process that waits for a turn hears that it has ended."""
        for name, _, _, future in self.parked:
            if name.partition("/")[0] == who and not future.done():
                future.set_exception(Killed(who))

    def choose(self) -> bool:
        """Let one go on; False where nobody waits, or where time shall pass first."""
        self.parked = [one for one in self.parked if not one[3].done()]
        for due in [one for one in self.at_step if one[0] <= self.steps]:
            self.at_step.remove(due)
            if not due[1].done():
                due[1].set_result(None)
                return True
        if not self.parked or self.chance.random() < LATE:
            return False
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Stuck(f"{MOST_STEPS} steps and no end: {self.parked[:5]}")
        waiting = sorted(self.parked, key=lambda one: one[:2])
        weights = [self.weights.setdefault(one[0], self.chance.choice((1, 1, 4, 16))) for one in waiting]
        [chosen] = self.chance.choices(waiting, weights)
        self.trace.append(f"{chosen[0]}: {chosen[2]}")
        chosen[3].set_result(None)
        return True

    def settle(self, select: Callable[[float], list[Any]]) -> list[Any]:
        """Events of calls in flight, until all have ended or wait for another's lock."""
        while True:
            self.dying = [one for one in self.dying if not one.is_closed()]
            if self.dying:
                if events := select(0.05):
                    return events
                continue
            if self.stalled:
                self.stalled &= self._blocked(list(self.stalled)) & self.flying
            if not self.flying - self.stalled:
                return []
            if events := select(GLANCE):
                return events
            self.stalled |= self._blocked([one for one in self.flying if isinstance(one, int)])


class _Patience(selectors.DefaultSelector):
    """Asked when the loop has nothing to run."""

    loop: "Clockwork"

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return []
        gate = self.loop.gate
        if events := gate.settle(super().select):
            return sorted(events, key=lambda event: event[0].fd)
        if not gate.choose():
            if timeout is None and not gate.parked:
                raise Stuck(f"nobody can go on; in flight {gate.flying}, blocked {gate.stalled}")
            self.loop.pass_time(timeout)
        return []


class Clockwork(asyncio.SelectorEventLoop):
    """The loop of a whole run, and its virtual clock."""

    def __init__(self, gate: Gate, passed: Callable[[float], None]) -> None:
        self.gate, self._now, self._passed = gate, 0.0, passed
        selector = _Patience()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self._now

    def restart(self) -> None:
        """Another run, from the same moment."""
        self._now = 0.0

    def pass_time(self, seconds: float | None) -> None:
        """To the next moment that somebody waits for."""
        if seconds:
            self._now += seconds
            self._passed(self._now)
