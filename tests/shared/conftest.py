"""A small system of three services on both transports, for the promises of delivery."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shared.messaging import Listener
from shared.messaging.inprocess import Hub
from shared.messaging.runtime import Runtime
from shared.settings import Settings

Sessions = async_sessionmaker[AsyncSession]
OWN_MAP = Path(__file__).with_name("map.json")  # no queues: these tests have services of their own
EFFECT = "CREATE TABLE IF NOT EXISTS effect (id bigserial PRIMARY KEY, handler text, what text, number int)"
BUSINESS = "CREATE TABLE IF NOT EXISTS aggregate (key text PRIMARY KEY, number int NOT NULL)"


class Place:
    """One transport, and services that run on it."""

    def __init__(self, name: str, rabbit: str | None, database: Callable[[str], Awaitable[Sessions]]) -> None:
        self.name, self.rabbit = name, rabbit
        self._database = database
        self._hub = Hub()
        self._stack = AsyncExitStack()

    async def sessions(self) -> Sessions:
        return await self.with_effects(await self._database("shared"))

    async def with_effects(self, sessions: Sessions) -> Sessions:
        async with sessions.begin() as session:
            await session.execute(text(EFFECT))
            await session.execute(text(BUSINESS))
        return sessions

    def settings(self, roles: str, **more: object) -> Settings:
        fixed = {
            "database_url": "postgresql+asyncpg://",
            "rabbitmq_url": self.rabbit,
            "topology_map": OWN_MAP,
            "roles": roles,
        }
        return Settings(**(fixed | more))

    @asynccontextmanager
    async def running(
        self, on: Listener, sessions: Sessions, roles: str = "consumer,relay,scheduler,worker", **more
    ):
        runtime = Runtime(on, sessions, self.settings(roles, **more), None if self.rabbit else self._hub)
        await runtime.start()
        async with asyncio.timeout(30):
            while any(state != "ok" for state in (await runtime.parts()).values()):
                await asyncio.sleep(0.02)
        try:
            yield runtime
        finally:
            await runtime.stop()

    def fresh_hub(self) -> None:
        """As if the process had ended: what is durable stays."""
        self._hub = Hub()


@pytest.fixture(params=["rabbitmq", "in-process"])
async def place(request, database) -> Place:
    rabbit = request.getfixturevalue("rabbit") if request.param == "rabbitmq" else None
    return Place(request.param, rabbit, database)


@pytest.fixture
async def place_for(database):
    """Sessions on a fresh database with the table of effects."""
    return Place("", None, database).sessions


@pytest.fixture
def place_with(database):
    """A place on a broker of the test's own."""
    return lambda url: Place("rabbitmq", url, database)


@pytest.fixture
def until():
    """`await until(lambda: rows(...), [..])`: poll with a deadline."""

    async def wait(read, expected, seconds: float = 20):
        found = None
        try:
            async with asyncio.timeout(seconds):
                while (found := await read()) != expected:
                    await asyncio.sleep(0.03)
        except TimeoutError:
            assert found == expected
        return found

    return wait


@pytest.fixture
def effects():
    """What took effect, in order."""

    async def read(sessions: Sessions, what: str = "what") -> list:
        async with sessions() as session:
            return list((await session.scalars(text(f"SELECT {what} FROM effect ORDER BY id"))).all())

    return read


@pytest.fixture
def rows():
    """All rows of a query."""

    async def read(sessions: Sessions, query: str) -> list:
        async with sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query))).all()]

    return read


@pytest.fixture(scope="session")
def fork_server():
    """Processes of their own within milliseconds: forked from one that has imported everything and done nothing."""
    server = get_context("forkserver")
    server.set_forkserver_preload(["pytest", "tests.shared.crashing"])
    return server


@pytest.fixture
def spawn(fork_server):
    """`spawn(run, arguments...)` in a process of its own; it can be killed."""
    started = []

    def start(run, *arguments):
        process = fork_server.Process(target=run, args=arguments, daemon=True)
        process.start()
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.join()
        process.close()
