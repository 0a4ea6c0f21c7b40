"""Two services under fire: what must come of so many events while processes are killed and connections reset.

Teller says `Told` and notes each answer; hearer answers in batches and follows every key in order. Each lives in
processes of its own (over RabbitMQ a teller and two hearers; in-process one), and reaches its servers through doors.
"""

import asyncio
import json
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from shared.database import sessions_of
from shared.messaging import Listener, Plain, emit, plain
from shared.messaging.inprocess import Hub
from shared.messaging.rabbit import RabbitConsumer  # noqa: F401 - so that a fork has it already
from shared.messaging.runtime import Runtime
from shared.settings import Settings
from tests.shared.door import Door
from tests.shared.small import Answered, Told, note

Sessions = async_sessionmaker[AsyncSession]
KEYS = 97
AT_A_TIME = 100
MOST_WAITING = 4000
PATIENCE = 120.0

teller, hearer = Listener("teller"), Listener("hearer")
EFFECTS = text(
    "INSERT INTO effect (handler, what, number) SELECT 'told', * FROM unnest(CAST(:whats AS text[]), CAST(:numbers AS int[]))"
)
NEXT = "UPDATE aggregate SET number = number + $1 WHERE key = 'told' AND number < $2 RETURNING number"
FOUND = "SELECT count(*), count(DISTINCT number) FROM effect WHERE handler = '{}'"
OUT_OF_ORDER = """
SELECT count(*) FROM (SELECT number < lag(number) OVER (PARTITION BY what ORDER BY id) AS older FROM effect
                      WHERE handler = 'follow') AS followed WHERE older
"""


@hearer.batch(Told, order="commutes")
async def answer_them(tellings: list[Told], session) -> list[Answered]:
    await session.execute(
        EFFECTS, {"whats": [told.thing for told in tellings], "numbers": [told.number for told in tellings]}
    )
    return [Answered(thing=told.thing, number=told.number) for told in tellings]


@hearer(Told, order="in_order")
async def follow_it(told: Told, statements: Plain) -> None:
    await note(statements, told.thing, told.number, handler="follow")


@teller(Answered, order="commutes")
async def note_answer(answered: Answered, session) -> None:
    await note(session, answered.thing, answered.number, handler="answer")


# As the product's map: no relay sends before the queues of both are there, whichever process starts first.
MAP = [
    {"queue": handler.name, "topics": handler.topics, "order": handler.order}
    for on in (teller, hearer)
    for handler in on.handlers.values()
]


@dataclass(frozen=True)
class Where:
    """What a process must know; everything by way of a door."""

    databases: dict[str, str]
    rabbit: str | None
    topology: str
    events: int


async def produce(sessions: Sessions, events: int) -> None:
    """State and events in one transaction; what a killed process had not committed is said by the next."""
    while True:
        try:
            async with plain(sessions) as statements:
                [(waiting,)] = await statements.fetch("SELECT count(*) FROM outbox")
                upto = 0
                if waiting < MOST_WAITING:
                    found = await statements.fetch(NEXT, AT_A_TIME, events)
                    upto = found[0][0] if found else 0
                    for number in range(upto - AT_A_TIME, upto) if upto else ():
                        emit(statements, Told(thing=f"k{number % KEYS}", number=number))
            await asyncio.sleep(0.01 if upto else 0.2)
        except Exception:  # noqa: BLE001 - reset: again
            await asyncio.sleep(0.1)


async def live(names: tuple[str, ...], where: Where) -> None:
    """The services of one process, for ever."""
    hub = None if where.rabbit else Hub()
    if hub:
        hub.expected = {"teller", "hearer"}
    for on in (one for one in (teller, hearer) if one.service in names):
        settings = Settings(
            database_url=where.databases[on.service], rabbitmq_url=where.rabbit, topology_map=where.topology
        )
        sessions = sessions_of(settings)
        await Runtime(on, sessions, settings, hub).start()
        if on is teller:
            producing = asyncio.create_task(produce(sessions, where.events))
    await asyncio.Event().wait()
    del producing


def run(names: tuple[str, ...], where: Where) -> None:
    """The whole life of a process."""
    asyncio.run(live(names, where))


@dataclass
class Report:
    """What was done to the system, and what came of it."""

    transport: str
    events: int
    kills: int
    resets: int
    seconds: float = 0.0
    lost: dict[str, int] = field(default_factory=dict)
    twice: dict[str, int] = field(default_factory=dict)
    out_of_order: int = 0
    kept_as_failed: int = 0

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, order kept, nothing left over."""
        return not any((*self.lost.values(), *self.twice.values(), self.out_of_order, self.kept_as_failed))

    def figures(self) -> dict[str, Any]:
        """For a file of results."""
        return asdict(self) | {"seconds": round(self.seconds, 1)}


class Torture:
    """One run: databases by the names of the services, a broker or none, and how much is done to them."""

    def __init__(self, report: Report, databases: dict[str, str], rabbit: str | None, seed: int) -> None:
        self.report, self._direct, self._rabbit = report, databases, rabbit
        self._chance = random.Random(seed)
        self._processes: list[tuple[tuple[str, ...], Any]] = []
        self._doors: list[Door] = []
        self._fork = get_context("forkserver")
        self._fork.set_forkserver_preload(["pytest", "tests.shared.torture"])

    async def run(self, tell: Callable[[str], None] = lambda _: None) -> Report:
        """Returns when everything has settled, or nothing has moved for two minutes."""
        started = time.monotonic()
        async with AsyncExitStack() as stack:
            self._sessions = {name: await self._open(stack, url) for name, url in self._direct.items()}
            await self._seed()
            self._map = Path(stack.enter_context(TemporaryDirectory())) / "map.json"
            self._map.write_text(json.dumps(MAP))
            self._where = await self._through_doors(stack)
            stack.callback(self._end)
            over_rabbit = [("teller",), ("hearer",), ("hearer",)]
            for names in over_rabbit if self._rabbit else [("teller", "hearer")]:
                self._processes.append((names, self._start(names)))
            await self._fire(tell)
            await self._settle(lambda: self._all_done())
            await self._judge()
        self.report.seconds = time.monotonic() - started
        return self.report

    async def _open(self, stack: AsyncExitStack, url: str) -> Sessions:
        engine = create_async_engine(url)
        stack.push_async_callback(engine.dispose)
        return async_sessionmaker(engine)

    async def _seed(self) -> None:
        for sessions in self._sessions.values():
            async with sessions.begin() as session:
                await session.execute(text("INSERT INTO aggregate VALUES ('told', 0)"))

    async def _through_doors(self, stack: AsyncExitStack) -> Where:
        databases = await stack.enter_async_context(Door(self._direct["teller"]))
        self._doors.append(databases)
        rabbit = None
        if self._rabbit:
            broker = await stack.enter_async_context(Door(self._rabbit))
            self._doors.append(broker)
            rabbit = broker.to_there(self._rabbit)
        through = {name: databases.to_there(url) for name, url in self._direct.items()}
        return Where(through, rabbit, str(self._map), self.report.events)

    def _start(self, names: tuple[str, ...]) -> Any:
        process = self._fork.Process(target=run, args=(names, self._where), daemon=True)
        process.start()
        return process

    def _end(self) -> None:
        for _, process in self._processes:
            process.kill()
            process.join()

    async def _fire(self, tell: Callable[[str], None]) -> None:
        """Kills and resets, spread evenly over the events."""
        faults = [self._kill] * self.report.kills + [self._reset] * self.report.resets
        self._chance.shuffle(faults)
        for number, fault in enumerate(faults):
            due = self.report.events * number // len(faults)
            await self._settle(lambda due=due: self._answered(due))
            tell(f"{number + 1:4} of {len(faults)}: {await fault()} after {due} events")

    async def _kill(self) -> str:
        position = self._chance.randrange(len(self._processes))
        names, process = self._processes[position]
        process.kill()
        await asyncio.to_thread(process.join)
        self._processes[position] = names, self._start(names)
        return f"killed {'+'.join(names)} ({process.pid})"

    async def _reset(self) -> str:
        door = self._chance.choice(self._doors)
        door.cut()
        return f"reset every connection to {'the broker' if door is not self._doors[0] else 'PostgreSQL'}"

    async def _count(self, service: str, query: str) -> list[int]:
        async with self._sessions[service]() as session:
            return [int(value) for value in (await session.execute(text(query))).one()]

    async def _answered(self, due: int) -> bool:
        return (await self._count("teller", "SELECT count(*) FROM effect"))[0] >= due

    async def _all_done(self) -> bool:
        expected = [self.report.events]
        if not await self._answered(self.report.events):
            return False
        followed = await self._count("hearer", "SELECT count(*) FROM effect WHERE handler = 'follow'")
        empty = [await self._count(name, "SELECT count(*) FROM outbox") for name in self._sessions]
        return followed >= expected and empty == [[0], [0]]

    async def _settle(self, done: Callable[[], Any]) -> None:
        """Wait for it as long as anything still moves."""
        last, moved = None, time.monotonic()
        while not await done() and time.monotonic() - moved < PATIENCE:
            await asyncio.sleep(0.2)
            now = [await self._count(name, "SELECT count(*) FROM effect") for name in self._sessions]
            if now != last:
                last, moved = now, time.monotonic()

    async def _judge(self) -> None:
        for service, what in (("hearer", "told"), ("hearer", "follow"), ("teller", "answer")):
            count, different = await self._count(service, FOUND.format(what))
            self.report.lost[what] = self.report.events - different
            self.report.twice[what] = count - different
        [self.report.out_of_order] = await self._count("hearer", OUT_OF_ORDER)
        kept = [await self._count(name, "SELECT count(*) FROM failed_message") for name in self._sessions]
        self.report.kept_as_failed = sum(count for [count] in kept)
