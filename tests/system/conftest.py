"""The running system for the stories: real RabbitMQ and PostgreSQL, each service in a process of its own."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tailored import broker, postgres
from tailored.databases import databases
from tailored.processes import System
from tests import servers
from tests.system.world import World

numbers = count(1)
INFORMED = re.compile(r"\S+ \S+ (INFO|DEBUG) ")


@pytest.fixture
def tell(capfd: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says one fact of a story to whoever watches the tests, with or without `-s`."""

    def say(fact: str) -> None:
        with capfd.disabled():
            print(f"\n    {fact}", end="", flush=True)

    return say


@pytest.fixture(scope="session")
def system(rabbit_server: servers.Rabbit) -> Iterator[System]:
    """Five services, five databases, a virtual host; the stories take turns, each with a programme of its own."""
    home = Path(tempfile.mkdtemp(prefix="tailored-system-"))
    home.chmod(0o755)
    server = postgres.start(home)
    with servers.virtual_host(rabbit_server) as url:
        rabbit = broker.Broker(url, rabbit_server.management, "the tests' RabbitMQ")
        try:
            with System(home, broker.free_ports(1)[0], rabbit, databases(server)) as running:
                running.ready()
                yield running
        finally:
            server.stop()
            postgres.stop_at(home)
            shutil.rmtree(home)


@pytest.fixture
async def world(system: System, tell: Callable[[str], None]) -> AsyncIterator[World]:
    """A programme of this story's own in the running system, not begun."""
    await asyncio.to_thread(system.ready)
    number = next(numbers)
    tell(
        f"RabbitMQ {system.rabbit.version()} with {len(system.rabbit.queues())} queues; PostgreSQL {postgres.version()}"
    )
    tell("processes: " + ", ".join(f"{one.service} {one.pid}" for one in system.running))
    story = World(system.url, number, tell)
    yield story
    await story.client.close()
    tell("")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """A story that failed shows what the services had warned of."""
    report = yield
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and system:
        for log in sorted(system.home.glob("*.log")):
            warned = [
                line for line in log.read_text(errors="replace").splitlines() if not INFORMED.match(line)
            ]
            report.sections.append((log.name, "\n".join(warned[-60:])))
    return report
