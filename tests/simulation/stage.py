"""Where seeds are played: a database, a loop without real time, and the slots of the processes."""

import asyncio
import logging
import secrets
from collections.abc import Iterable

import pytest
from sqlalchemy import text

from shared.messaging import batch, inprocess, relay
from shared.messaging.ending import end
from tests.empty_databases import at, on_server
from tests.simulation.broken import BUGS
from tests.simulation.clockwork import Clockwork, Gate, Stuck
from tests.simulation.database import SERVICES, Monitor, Slot, create
from tests.simulation.world import World

NAMES = ("teller", "hearer", "other", "single")
TIDY_EVERY = 100
MOST_SHOWN = 3


class Stage:
    """A database, a loop and the slots of the processes: used by one seed after another."""

    def __init__(self, server: str) -> None:
        self._sizes = batch.AT_MOST, relay.AT_MOST, inprocess.AT_MOST, relay.POLL
        batch.AT_MOST = relay.AT_MOST = inprocess.AT_MOST = 4
        relay.POLL = 20.0
        name = f"simulation_{secrets.token_hex(4)}"
        asyncio.run(on_server(server, f'CREATE DATABASE "{name}"'))
        url = at(server, name)
        asyncio.run(create(url))
        self.monitor = Monitor(url)
        self.gate = Gate(self.monitor.blocked)
        self.loop = Clockwork(self.gate, self.monitor.pass_time)
        self.slots = {one: Slot(one, self.gate, url) for one in NAMES}
        self.total = self.played = 0
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._warm())

    async def _warm(self) -> None:
        """What a driver asks of a server only once is no part of any run."""
        for slot in self.slots.values():
            for service in SERVICES:
                async with slot.engine(service).connect() as connection:
                    await connection.execute(text("SELECT 1"))

    def play(self, seed: int) -> list[str]:
        """What went wrong under this seed."""
        self.monitor.empty()
        self.loop.restart()
        world = World(seed, self.gate, self.slots, self.monitor)
        try:
            wrong = self.loop.run_until_complete(world.play())
        except Stuck as stuck:
            wrong = [f"it never came to rest: {stuck}"]
            self.gate.steps = 0
            for slot in self.slots.values():
                slot.dead = True
                self.gate.expel(slot.name)
        self.loop.run_until_complete(end(asyncio.all_tasks(self.loop)))
        self.total += self.gate.steps
        self.played += 1
        if self.played % TIDY_EVERY == 0:
            self.monitor.tidy()
        return wrong

    def close(self) -> None:
        for slot in self.slots.values():
            self.loop.run_until_complete(slot.dispose())
        self.loop.close()
        self.monitor.close()
        batch.AT_MOST, relay.AT_MOST, inprocess.AT_MOST, relay.POLL = self._sizes


def play(server: str, seeds: Iterable[int], bug: str | None, *, trace: bool = False) -> tuple[int, int, int]:
    """How many were played, how many failed, and the steps that they took."""
    logging.disable(logging.CRITICAL)
    if bug:
        BUGS[bug](pytest.MonkeyPatch())
    stage, bad = Stage(server), 0
    for seed in seeds:
        wrong = stage.play(seed)
        if trace:
            print("\n".join(stage.gate.trace))
        if wrong:
            bad += 1
            again = f"python -m tests.simulation --seed {seed}{f' --break {bug}' if bug else ''} --trace"
            print(f"seed {seed} fails: {'; '.join(wrong)}\n  again: {again}", flush=True)
            if bad == MOST_SHOWN:
                break
    stage.close()
    return stage.played, bad, stage.total
