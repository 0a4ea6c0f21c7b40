"""Starts and stops the parts of delivery that this process plays, and says truthfully how each is."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging import counting, jobs, retrying, schedule
from shared.messaging.bell import Bell
from shared.messaging.ending import end
from shared.messaging.forgetting import AT_ONCE as FORGET_AT_ONCE
from shared.messaging.forgetting import forget_old
from shared.messaging.inprocess import Hub, HubConsumer
from shared.messaging.listener import Listener
from shared.messaging.relay import Relay, Transport
from shared.observability import unrouted
from shared.settings import Settings

if TYPE_CHECKING:
    from shared.messaging.rabbit import RabbitConsumer

log = logging.getLogger("tailored.runtime")
Sessions = async_sessionmaker[AsyncSession]
IDLE = 0.5
AT_ONCE = 3
COUNT_EVERY = 15.0
FORGET_EVERY = 600.0
OBJECTS_BETWEEN_LOOKS = 20_000
"""For cycles: the rows and events of a batch free themselves, and looking through them every 700 took a tenth of the CPU."""


class Loop:
    """Does something again and again: at once while there is more, else after a pause or a wake-up."""

    def __init__(self, name: str, step: Callable[[], Awaitable[int | bool]], pause: float = IDLE) -> None:
        self.name, self.state = name, "ok"
        self._step, self._pause = step, pause
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._woken.clear()
            try:
                more = await self._step()
                self.state = "ok"
            except Exception as error:
                log.warning("%s_waits %r", self.name, error, exc_info=self.state == "ok")
                self.state, more = repr(error)[:200], False
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pause):
                        await self._woken.wait()


class Runtime:
    """The running parts of one service."""

    def __init__(self, on: Listener, sessions: Sessions, settings: Settings, hub: Hub | None = None) -> None:
        self.on, self.sessions, self.settings = on, sessions, settings
        self.relay: Relay | None = None
        self.consumer: RabbitConsumer | HubConsumer | None = None
        self.loops: list[Loop] = []
        self._hub = hub
        self._bell: Bell | None = None
        self._unrouted = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start what the roles say; nothing here waits for broker or database."""
        gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)
        talks = self._hub is not None or self.settings.rabbitmq_url is not None
        has = self.settings.has
        if talks and has("consumer"):
            self.consumer = self._consumer()
            self.loops.append(Loop("retrying", lambda: retrying.retry_due(self.on, self.sessions)))
            self._tasks.append(asyncio.create_task(self.consumer.run(), name="consumer"))
        if talks and has("relay"):
            self.relay = Relay(self.on.service, self.sessions, self._transport())
            self._tasks.append(asyncio.create_task(self.relay.run(), name="relay"))
            self.loops.append(Loop("unrouted", self._count_unrouted, COUNT_EVERY))
        if has("scheduler"):
            self.loops.append(Loop("forgetting", self._forget, FORGET_EVERY))
            count = partial(counting.count, self.on.service, self.sessions)
            self.loops.append(Loop("counting", count, COUNT_EVERY))
        if has("scheduler") and self.on.timers:
            self.loops.append(Loop("scheduler", lambda: schedule.fire_due(self.on, self.sessions)))
        if has("worker") and self.on.jobs:
            self.loops.append(Loop("worker", lambda: jobs.do_one(self.on, self.sessions)))
        self._tasks += [asyncio.create_task(loop.run(), name=loop.name) for loop in self.loops]
        self._hang_bell()
        self.sessions.kw.setdefault("info", {})["wake"] = self.wake
        if self.relay:
            self.sessions.kw["info"]["hand"] = self.relay.hand

    def wake(self, parts: set[str]) -> None:
        """A transaction of this process has committed something that these parts may wait for."""
        self._wake_here(parts)
        if self._bell:
            self._bell.ring(parts)

    def _wake_here(self, parts: set[str]) -> None:
        if self.relay and "relay" in parts:
            self.relay.wake()
        for loop in self.loops:
            if loop.name in parts:
                loop.wake()

    def _hang_bell(self) -> None:
        """For what other processes play; with the hub there are none."""
        if self._hub is not None:
            return
        here = {loop.name for loop in self.loops} | ({"relay"} if self.relay else set())
        self._bell = Bell(self.sessions, here)
        if self._bell.elsewhere:
            self._tasks.append(asyncio.create_task(self._bell.ringing(), name="ringing"))
        if self._bell.here:
            self._tasks.append(asyncio.create_task(self._bell.hearing(self._wake_here), name="hearing"))

    async def stop(self) -> None:
        """Consumers finish what is in hand; the relay sends once more what they said; the rest simply ends."""
        if self.consumer:
            await self.consumer.stop()
        if self.relay:
            with suppress(Exception):
                async with asyncio.timeout(3):
                    while await self.relay.relay_once():
                        pass
        await end(self._tasks)
        if self.relay:
            await self.relay.transport.drop()

    async def parts(self) -> dict[str, str]:
        """Each part and `ok`, or what is wrong with it."""
        found = {"database": await self._database()}
        if self.consumer:
            found["consumer"] = self.consumer.healthy()
        if self.relay:
            found["relay"] = self.relay.state
        found |= {loop.name: loop.state for loop in self.loops}
        for task in self._tasks:
            if task.done() and not (task.get_name() == "consumer" and self._hub is not None):
                found[task.get_name()] = "ended"
        return found

    async def _count_unrouted(self) -> bool:
        if self.relay and self.relay.state == "ok":
            before, self._unrouted = self._unrouted, await self.relay.transport.unrouted()
            unrouted.labels(self.on.service).set(self._unrouted)
            if self._unrouted > before:
                log.warning("unrouted %s: nobody's queue took %d messages", self.on.service, self._unrouted)
        return False

    async def _forget(self) -> bool:
        return await forget_old(self.sessions) >= FORGET_AT_ONCE

    async def _database(self) -> str:
        try:
            async with asyncio.timeout(2), self.sessions() as session:
                await session.execute(text("SELECT 1"))
        except Exception as error:  # noqa: BLE001 - readiness tells, it does not raise
            return repr(error)[:200]
        return "ok"

    def _consumer(self) -> "RabbitConsumer | HubConsumer":
        if self._hub is not None:
            return HubConsumer(self._hub.join(self.on, self.sessions), AT_ONCE)
        from shared.messaging.rabbit import RabbitConsumer  # noqa: PLC0415 - FastStream only where it consumes

        url = self.settings.rabbitmq_url or ""
        return RabbitConsumer(self.on, self.sessions, url, self.settings.prefetch, AT_ONCE)

    def _transport(self) -> Transport:
        if self._hub is not None:
            return self._hub.transport_for(self.on.service)
        from shared.messaging.publish import Publisher  # noqa: PLC0415
        from shared.messaging.routes import RoutedPublisher  # noqa: PLC0415

        publisher = Publisher(self.settings.rabbitmq_url or "", "published", f"{self.on.service} relay")
        return RoutedPublisher(publisher, self.on, self.settings)
