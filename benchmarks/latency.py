"""How long from an enterprise's POST to the next service having acted, at low load: ours beside publishing straight
after the commit (aio-pika + asyncpg, no outbox). `python -m benchmarks.latency`

Both with plain statements, with a handler that has a session, and with sessions at door and handler, so that one sees
what delivery costs and what the sessions do; the same promises by hand; and ours with a door whose relay is a process of
its own, as in Kubernetes. Four run at the same time (more of them keep each other's code out of the processor's caches),
each as two processes (that one as three) on its own database; requests go to one after the other, so that whatever else
the machine does meets all alike. The end is PostgreSQL's notification from the acting transaction's commit.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import numpy as np

from benchmarks.contenders import latency_ours, runs, work
from benchmarks.contenders.entrants import delivery_tables, environment, plain_queues
from benchmarks.contenders.ground import Ground, Room
from benchmarks.reporting import RESULTS
from shared.messaging import topology
from tailored.broker import free_ports

PAUSE = 0.03
WARM = 30
WANTED = 1.2
PLAIN = {
    "ours": ("latency_ours", "door", "actor"),
    "ours_apart": ("latency_ours", "door_apart", "actor"),
    "by_hand": ("latency_by_hand", "door", "actor"),
    "straight": ("latency_straight", "door", "actor"),
}
WITH_SESSIONS = {
    "ours_handler_session": ("latency_ours", "door", "actor_session"),
    "ours_session": ("latency_ours", "door_session", "actor_session"),
    "straight_handler_session": ("latency_straight", "door", "actor_session"),
    "straight_session": ("latency_straight", "door_session", "actor_session"),
}
SAME_STATEMENTS = {
    "ours": "straight",
    "ours_apart": "straight",
    "by_hand": "straight",
    "ours_handler_session": "straight_handler_session",
    "ours_session": "straight_session",
}
"""Beside whom each stands: a peer that sends the same statements, and has no outbox."""
QUANTILES = {"p50_ms": 0.5, "p99_ms": 0.99}
DRAWS = 1000
RECEIVED = "CREATE TABLE bench_received (rating_id uuid PRIMARY KEY)"


class System:
    """A door and an actor, as two processes, or three with the relay of the door."""

    def __init__(self, module: str, door: str, actor: str, room: Room) -> None:
        self._module, self._door, self._actor, self._room = module, door, actor, room
        (self._port,) = free_ports(1)
        self._acted: dict[str, asyncio.Future[float]] = {}
        self.seconds: list[float] = []

    async def start(self, stack: AsyncExitStack) -> None:
        """What is started here ends with the stack, also where somebody interrupts half-way."""
        tables = await asyncpg.connect(self._room.postgres)
        await tables.execute(work.SCHEMA + RECEIVED)
        await tables.close()
        if self._module == "latency_straight":
            await plain_queues(self._room)
        else:
            await delivery_tables(self._room.postgres)
            await topology.apply(self._room.amqp, topology.queues_of(latency_ours.actor(self._actor)))
        relays = [("relay",)] if self._door.endswith("_apart") else []
        for role in ((self._door, str(self._port)), (self._actor,), *relays):
            command = [sys.executable, "-m", f"benchmarks.contenders.{self._module}", *role]
            process = subprocess.Popen(command, env=environment(self._room, 0), start_new_session=True)
            stack.push_async_callback(asyncio.to_thread, runs.end, process)
        listening = await asyncpg.connect(self._room.postgres)
        stack.push_async_callback(listening.close)
        await listening.add_listener("acted", self._hear)
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._port}", timeout=30)
        self._client = await stack.enter_async_context(client)
        async with asyncio.timeout(60):
            while True:
                try:
                    await self._client.get("/")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    break

    async def one(self, rating: UUID, body: bytes) -> float:
        """A POST, and the seconds until the other service has acted on it."""
        acted: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._acted[str(rating)] = acted
        begun = time.perf_counter()
        answer = await self._client.post(
            "/ratings", content=body, headers={"Content-Type": "application/json"}
        )
        answer.raise_for_status()
        async with asyncio.timeout(60):
            return await acted - begun

    def _hear(self, _connection: Any, _pid: int, _channel: str, rating: str) -> None:
        self._acted.pop(rating).set_result(time.perf_counter())


async def measure(
    ground: Ground, count: int, which: dict[str, tuple[str, str, str]]
) -> dict[str, list[float]]:
    """These systems, request by request, in another order each time: how long each has rested is a matter of chance."""
    async with AsyncExitStack() as stack:
        systems = {}
        for name, parts in which.items():
            systems[name] = System(*parts, await stack.enter_async_context(ground.room()))
            await systems[name].start(stack)
        order, chance = list(systems.values()), random.Random(1)
        for number, (_, body) in enumerate(work.events(count + WARM)):
            chance.shuffle(order)
            for system in order:
                seconds = await system.one(work.rating_id(number), body)
                if number >= WARM:
                    system.seconds.append(seconds)
                await asyncio.sleep(PAUSE)
    return {name: system.seconds for name, system in systems.items()}


def summary(seconds: list[float]) -> dict[str, float]:
    """In milliseconds."""
    return {key: round(float(np.quantile(seconds, q)) * 1000, 2) for key, q in QUANTILES.items()}


def ratios(ours: list[float], theirs: list[float]) -> dict[str, float | list[float]]:
    """Of the quantiles, and their 95 % intervals over the requests of this run (percentile bootstrap)."""
    mine, others = np.array(ours), np.array(theirs)
    drawn = np.random.default_rng(1).integers(len(mine), size=(DRAWS, len(mine)))
    found: dict[str, float | list[float]] = {}
    for key, q in QUANTILES.items():
        found[key] = round(float(np.quantile(mine, q) / np.quantile(others, q)), 2)
        spread = np.quantile(mine[drawn], q, axis=1) / np.quantile(others[drawn], q, axis=1)
        found[f"{key}_95"] = [round(float(one), 2) for one in np.quantile(spread, (0.025, 0.975))]
    return found


async def main() -> None:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--count", type=int, default=1500, help="requests to each")
    reading.add_argument("--quick", action="store_true", help="a hundred requests, and nothing is written")
    asked = reading.parse_args()
    ground = Ground()
    try:
        facts = await ground.facts()
        count = 100 if asked.quick else asked.count
        seconds = {**await measure(ground, count, PLAIN), **await measure(ground, count, WITH_SESSIONS)}
    finally:
        ground.stop()
    found: dict[str, Any] = {name: summary(each) for name, each in seconds.items()}
    found["ratios"] = {
        name: {"beside": theirs, **ratios(seconds[name], seconds[theirs])}
        for name, theirs in SAME_STATEMENTS.items()
    }
    plainest = found["straight"]
    found["beside_plain_statements"] = {
        name: {key: round(found[name][key] / plainest[key], 2) for key in QUANTILES} for name in WITH_SESSIONS
    }
    print(json.dumps(found, indent=1))
    print(f"wanted: at most {WANTED}")
    if not asked.quick:
        found["facts"] = {
            **facts,
            "requests": asked.count,
            "pause_seconds": PAUSE,
            "load": os.getloadavg()[1],
        }
        (RESULTS / "latency.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
