"""The servers of the benchmarks, set up as in production; a database and a virtual host of its own for each run."""

import asyncio
import secrets
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tailored import postgres as embedded
from tailored.broker import LocalRabbit, NoRabbit

DURABLE = {"fsync": "on", "synchronous_commit": "on"}
ROOMY = {"max_connections": "100", "shared_buffers": "256MB", "max_wal_size": "2GB", "work_mem": "4MB"}
STATED = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size")


@dataclass
class Room:
    """One run's own database and virtual host."""

    postgres: str
    amqp: str


class Ground:
    """A PostgreSQL and a RabbitMQ of our own; a benchmark that is terminated stops them as one that is interrupted."""

    def __init__(self, *, durable: bool = True, broker: bool = True) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        self.folder = Path(tempfile.mkdtemp(prefix="tailored-bench-"))
        self.folder.chmod(0o755)
        settings = DURABLE if durable else dict.fromkeys(DURABLE, "off")
        self.rabbit: LocalRabbit | None = None
        try:
            self.postgres = embedded.start(self.folder / "pg", **(ROOMY | settings))
            if broker:
                self.rabbit = LocalRabbit(self.folder / "rabbit")
        except BaseException as early:
            self.stop()
            if isinstance(early, NoRabbit):
                raise SystemExit(str(early)) from early
            raise

    @property
    def postgres_pid(self) -> int:
        pid = self.postgres.pid()
        assert pid
        return pid

    @property
    def rabbit_pid(self) -> int:
        assert self.rabbit
        return self.rabbit.running.pid

    async def facts(self) -> dict[str, Any]:
        """What of the servers bears on the figures."""
        connection = await asyncpg.connect(self.postgres.plain_url())
        found = {name: await connection.fetchval(f"SHOW {name}") for name in STATED}
        await connection.close()
        facts = {"postgresql": found.pop("server_version"), **found}
        if self.rabbit is None:
            return facts
        async with httpx.AsyncClient(base_url=self.rabbit.management_url) as management:
            overview = (await management.get("/api/overview")).json()
        return {**facts, "rabbitmq": overview["rabbitmq_version"], "queues": "quorum, one node"}

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The URL of a database that is gone afterwards."""
        name = f"bench_{secrets.token_hex(4)}"
        admin = await asyncpg.connect(self.postgres.plain_url())
        await admin.execute(f'CREATE DATABASE "{name}"')
        await admin.execute("CHECKPOINT")
        try:
            yield self.postgres.plain_url(name)
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            await admin.close()

    @asynccontextmanager
    async def room(self) -> AsyncIterator[Room]:
        """A database and a virtual host that are gone afterwards."""
        assert self.rabbit
        name = f"bench_{secrets.token_hex(4)}"
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        async with (
            self.database() as postgres,
            httpx.AsyncClient(base_url=self.rabbit.management_url, timeout=60) as management,
        ):
            await _until(management, f"/api/vhosts/{name}")
            (await management.put(f"/api/permissions/{name}/guest", json=everything)).raise_for_status()
            try:
                yield Room(postgres, self.rabbit.url + name)
            finally:
                await management.delete(f"/api/vhosts/{name}")

    def stop(self) -> None:
        if self.rabbit:
            self.rabbit.remove()
        embedded.stop_at(self.folder / "pg")
        shutil.rmtree(self.folder, ignore_errors=True)


async def _until(management: httpx.AsyncClient, path: str) -> None:
    """The management plugin answers a little later than the broker."""
    for _ in range(100):
        try:
            (await management.put(path)).raise_for_status()
        except httpx.HTTPError:
            await asyncio.sleep(0.2)
        else:
            return
    raise SystemExit("The broker's management does not answer.")
