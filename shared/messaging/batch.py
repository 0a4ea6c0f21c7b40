"""Natural batching: a worker takes whatever has arrived while its last transaction ran; nobody lingers.

What lies in the socket has arrived too. Without a few turns of the event loop to read it, a busy process takes 20 where
it could take 200, and spends its time on transactions.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging.delivery import Delivery
from shared.messaging.ending import end
from shared.messaging.faults import DatabaseAway
from shared.messaging.inbox import handle
from shared.messaging.listener import Handler
from shared.observability import batches, paused

log = logging.getLogger("tailored.batch")
AT_MOST = 200
IN_FLIGHT = 2
LONGEST_PAUSE = 5.0
BREATH = 1.0
EMPTY_TURNS = 4
"""Turns of the event loop without a message after which the socket counts as read: reading one and handing it on takes three."""

Acknowledge = Callable[[list[Delivery]], Awaitable[None]]


class Batcher:
    """The queue of one handler inside this process, and its workers."""

    def __init__(
        self,
        handler: Handler,
        sessions: async_sessionmaker[AsyncSession],
        acknowledge: Acknowledge,
        connections: asyncio.Semaphore,
    ) -> None:
        self.handler = handler
        self.paused = False
        self._sessions, self._acknowledge, self._connections = sessions, acknowledge, connections
        self._arrived: deque[Delivery] = deque()
        self._idle: deque[asyncio.Future[None]] = deque()
        self._workers: list[asyncio.Task[None]] = []
        self._taking = asyncio.Lock()
        self._busy = 0

    def start(self) -> None:
        """One batch at a time where order matters, else two: one computes while the other commits."""
        count = 1 if self.handler.order == "in_order" else IN_FLIGHT
        self._workers = [asyncio.create_task(self._work(), name=self.handler.name) for _ in range(count)]

    def put(self, delivery: Delivery) -> None:
        """A message has arrived."""
        self._arrived.append(delivery)
        self._wake_one()

    @property
    def alive(self) -> bool:
        """Whether every worker is still there."""
        return bool(self._workers) and not any(worker.done() for worker in self._workers)

    async def stop(self, seconds: float = 10.0) -> None:
        """Finish what is in hand, for so long; what is left is delivered again."""
        deadline = asyncio.get_running_loop().time() + seconds
        while (self._busy or self._arrived) and asyncio.get_running_loop().time() < deadline:
            if self.paused or not self.alive:
                break
            await asyncio.sleep(0.01)
        await end(self._workers)
        self._workers = []

    async def _work(self) -> None:
        while True:
            batch = [await self._next()]
            self._busy += 1
            try:
                async with self._connections:
                    await self._fill(batch)
                    await self._until_handled(batch)
                await self._acknowledge(batch)
            except Exception:
                log.exception("batch_failed %s", self.handler.name)
                await asyncio.sleep(BREATH)
                self._put_back(batch)
            finally:
                self._busy -= 1

    async def _next(self) -> Delivery:
        while not self._arrived:
            self._idle.append(asyncio.get_running_loop().create_future())
            await self._idle[-1]
        return self._arrived.popleft()

    def _wake_one(self) -> None:
        while self._idle:
            idle = self._idle.popleft()
            if not idle.done():
                idle.set_result(None)
                break

    def _put_back(self, batch: list[Delivery]) -> None:
        """The transport still holds them; they go before what has come since, for the order of their keys."""
        self._arrived.extendleft(reversed(batch))
        self._wake_one()

    async def _fill(self, batch: list[Delivery]) -> None:
        """Add what has arrived, one worker after the other."""
        async with self._taking:
            empty = 0
            while len(batch) < AT_MOST and empty < EMPTY_TURNS:
                if self._arrived:
                    empty = 0
                    batch.append(self._arrived.popleft())
                else:
                    empty += 1
                    await asyncio.sleep(0)

    async def _until_handled(self, batch: list[Delivery]) -> None:
        """The circuit: while the database is away the handler pauses, with the batch in its hand."""
        wait = 0.1
        while True:
            try:
                with batches.labels(self.handler.name).time():
                    await handle(self.handler, batch, self._sessions)
            except DatabaseAway as away:
                if not self.paused:
                    log.warning("paused %s: %r", self.handler.name, away.__cause__)
                self.paused = True
                paused.labels(self.handler.name).set(1)
                await asyncio.sleep(wait)
                wait = min(LONGEST_PAUSE, wait * 2)
            else:
                if self.paused:
                    log.info("resumed %s", self.handler.name)
                    self.paused = False
                    paused.labels(self.handler.name).set(0)
                return
