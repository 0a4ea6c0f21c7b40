"""A RabbitMQ cluster of three nodes loses its leader under load: how long clients stall, what is lost, what happens twice.

`python -m benchmarks.cluster` (as root; rabbitmq-server and iproute2 installed) starts three nodes, each in a network
namespace of its own, and one process that says, relays and notes answers beside two that answer. The node that leads the
queues is cut off for 25 s and healed, then the leader is killed with SIGKILL and started again. It prints a table, writes
`benchmarks/results/cluster.json`, and ends with 1 where a promise is broken.
"""

import argparse
import asyncio
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import asdict
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from benchmarks.contenders.nodes import Cluster
from benchmarks.contenders.phases import Phase, table
from shared.messaging import emit, topology
from tests import servers
from tests.empty_databases import at, bare, on_server
from tests.shared.conftest import BUSINESS, EFFECT, OWN_MAP
from tests.shared.small import Told
from tests.shared.torture import FOUND, KEYS, OUT_OF_ORDER, Where, hearer, run, teller

RESULTS = Path(__file__).parent / "results" / "cluster.json"
TICK = 0.1
CUT = 25.0
SETTLING = 60.0
WHEN = "ALTER TABLE effect ADD at timestamptz NOT NULL DEFAULT clock_timestamp()"
OLDEST = "SELECT coalesce(extract(epoch FROM now() - min(said_at)), 0) FROM outbox"
MOMENTS = "SELECT number, extract(epoch FROM at) FROM effect WHERE handler = '{}' ORDER BY at"
WHO = {"told": "hearer", "follow": "hearer", "answer": "teller"}
Sessions = async_sessionmaker[AsyncSession]


class Load:
    """Events at a steady rate, whatever happens to the broker; when each was said."""

    def __init__(self, databases: dict[str, Sessions], rate: int) -> None:
        self.databases, self.rate = databases, rate
        self.said: list[float] = []
        self.silent = False
        self.phases: list[Phase] = []

    async def saying(self) -> None:
        """A transaction a tick, as a service does it; ended between two, so that it is known what was said."""
        due = time.monotonic()
        while not self.silent:
            async with self.databases["teller"].begin() as session:
                first = len(self.said)
                for number in range(first, first + int(self.rate * TICK)):
                    emit(session, Told(thing=f"k{number % KEYS}", number=number))
            self.said += [time.time()] * int(self.rate * TICK)
            due += TICK
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def watching(self) -> None:
        """How old the oldest event becomes in each phase."""
        while True:
            age = await self.oldest()
            if self.phases:
                self.phases[-1].relay_stalled = max(self.phases[-1].relay_stalled, age)
            await asyncio.sleep(TICK)

    async def oldest(self) -> float:
        """The age in seconds of the oldest event that no node has confirmed."""
        return max([float((await self.rows(name, OLDEST))[0][0]) for name in self.databases])

    async def rows(self, service: str, query: str) -> list[Any]:
        """All rows of a query on one service's database."""
        async with self.databases[service]() as session:
            return list((await session.execute(text(query))).all())

    async def phase(self, what: str, do: Callable[[], Awaitable[None]]) -> None:
        """One thing done to the cluster."""
        print(f"{len(self.said):7} said  {what}", flush=True)
        self.phases.append(Phase(what, time.time()))
        await do()
        self.phases[-1].ended = time.time()

    async def flowing(self) -> None:
        """Until every process has started: answers come, and no event grows old."""
        while await self.oldest() > 1 or not (await self.rows("teller", FOUND.format("answer")))[0][0]:
            await asyncio.sleep(TICK)

    async def settled(self) -> None:
        """Until everything said has taken effect and both outboxes are empty, or nothing moves any more."""
        last, moved = [0], time.monotonic()
        while time.monotonic() - moved < SETTLING:
            left = [(await self.rows(name, "SELECT count(*) FROM outbox"))[0][0] for name in self.databases]
            counts = [(await self.rows(service, FOUND.format(what)))[0][1] for what, service in WHO.items()]
            if not any(left) and min(counts) >= len(self.said):
                return
            if counts != last:
                last, moved = counts, time.monotonic()
            await asyncio.sleep(0.5)

    async def judge(self) -> dict[str, Any]:
        """The stalls of each phase, and what was lost, done twice, out of order or kept as failed."""
        lost, twice = {}, {}
        for what, service in WHO.items():
            moments = [
                (int(number), float(at)) for number, at in await self.rows(service, MOMENTS.format(what))
            ]
            lost[what] = len(self.said) - len({number for number, _ in moments})
            twice[what] = len(moments) - len({number for number, _ in moments})
            for phase in self.phases:
                self._stalls(phase, what, moments)
        failed = [
            (await self.rows(name, "SELECT count(*) FROM failed_message"))[0][0] for name in self.databases
        ]
        return {
            "events": len(self.said),
            "events_per_second": self.rate,
            "phases": [asdict(phase) for phase in self.phases],
            "lost": lost,
            "twice": twice,
            "out_of_order": (await self.rows("hearer", OUT_OF_ORDER))[0][0],
            "kept_as_failed": sum(failed),
        }

    def _stalls(self, phase: Phase, what: str, moments: list[tuple[int, float]]) -> None:
        inside = [phase.began, *(at for _, at in moments if phase.began <= at <= phase.ended), phase.ended]
        gaps = [later - earlier for earlier, later in pairwise(inside)]
        phase.consumers_stalled = max(phase.consumers_stalled, *gaps)
        if what == "answer":
            slow = [at - self.said[number] for number, at in moments if phase.began <= at <= phase.ended]
            phase.slowest_event = max(slow, default=0.0)


def quietly(names: tuple[str, ...], where: Where) -> None:
    """The services of one process; what they say while nodes are away is no news here."""
    logging.disable(logging.CRITICAL)
    run(names, where)


async def play(cluster: Cluster, load: Load) -> None:
    """What is done to the cluster while the load goes on."""
    leader = cluster.leader_of("hearer.answer_them")

    async def cut() -> None:
        leader.cut_off()
        await asyncio.sleep(CUT)
        leader.heal()
        await asyncio.sleep(CUT)

    async def kill() -> None:
        victim = await asyncio.to_thread(cluster.leader_of, "hearer.answer_them")
        print(f"        the leader now is {victim.name}", flush=True)
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(10)
        victim.start()
        await asyncio.to_thread(cluster.until_running, 3)
        await asyncio.sleep(CUT)

    async with asyncio.timeout(3 * SETTLING):  # processes start slowly where others work too
        await load.flowing()
    await load.phase("nothing", lambda: asyncio.sleep(15))
    await load.phase(f"the leader of all queues cut off for {CUT:.0f} s, then healed", cut)
    await load.phase("the leader killed with SIGKILL, started again after 10 s", kill)


async def measure(cluster: Cluster, rate: int) -> dict[str, Any]:
    """One run on databases of its own."""
    postgres = servers.postgres()
    async with AsyncExitStack() as stack:
        databases, urls = {}, {}
        for service in ("teller", "hearer"):
            name = f"cluster_{service}_{secrets.token_hex(4)}"
            await on_server(postgres, f'CREATE DATABASE "{name}"')
            urls[service] = at(postgres, name)
            await bare(urls[service])
            engine = create_async_engine(urls[service])
            stack.push_async_callback(engine.dispose)
            async with engine.begin() as connection:
                for statement in (EFFECT, BUSINESS, WHEN):
                    await connection.execute(text(statement))
            databases[service] = async_sessionmaker(engine)
        for on in (teller, hearer):  # a queue is led by the node that declares it: all by the first
            await topology.apply(cluster.urls, topology.queues_of(on))
        where = Where(urls, cluster.urls, str(OWN_MAP), 0)
        for names in (("teller",), ("hearer",), ("hearer",)):
            process = get_context("forkserver").Process(target=quietly, args=(names, where), daemon=True)
            process.start()
            stack.callback(process.join)
            stack.callback(process.kill)
        load = Load(databases, rate)
        async with asyncio.TaskGroup() as running:
            watching = running.create_task(load.watching())
            saying = running.create_task(load.saying())
            await play(cluster, load)
            load.silent = True
            await saying
            await load.settled()
            watching.cancel()
        return await load.judge()


def main() -> int:
    reading = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reading.add_argument("--rate", type=int, default=150, help="events a second")
    asked = reading.parse_args()
    logging.disable(logging.WARNING)
    with Cluster() as cluster:
        version = cluster.nodes[0].ask("overview")["rabbitmq_version"]
        found = asyncio.run(measure(cluster, asked.rate)) | {"rabbitmq": version}
    print(table(found))
    print({name: found[name] for name in ("events", "lost", "twice", "out_of_order", "kept_as_failed")})
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    wrong = [
        *found["lost"].values(),
        *found["twice"].values(),
        found["out_of_order"],
        found["kept_as_failed"],
    ]
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    raise SystemExit(main())
