"""Real PostgreSQL under the scheduler: every statement is a turn, and `clock_timestamp()` is virtual time.

One database holds both services, each in a schema of its own; a third schema hides the real clock.
"""

import asyncio
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.messaging import schema
from tests.simulation.clockwork import Gate, Killed

SERVICES = ("teller", "hearer")
CLOCK = """
CREATE SCHEMA simulation;
CREATE TABLE simulation.clock (at timestamptz NOT NULL);
INSERT INTO simulation.clock VALUES ('2030-01-01');
CREATE FUNCTION simulation.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
  AS 'SELECT at FROM simulation.clock';
"""
TABLES = """
CREATE TABLE effect (id bigserial PRIMARY KEY, handler text NOT NULL, what text NOT NULL, number int NOT NULL);
CREATE TABLE said (number int PRIMARY KEY, key text NOT NULL, version int);
CREATE TABLE version (key text PRIMARY KEY, number int NOT NULL);
INSERT INTO version VALUES ('a', 0), ('b', 0), ('c', 0)
"""
EMPTIED = ("inbox", "outbox", "outbox_rejected", "arrival", "failed_message", "handler_key", "effect", "said")
PASS = "UPDATE simulation.clock SET at = '2030-01-01'::timestamptz + $1 * interval '1 second'"
ASKED_BY_THE_DRIVER = (
    "set_config('jit'",
    "typeinfo_tree",
    "pg_catalog.version()",
    "standard_conforming_strings",
)
BLOCKED = "SELECT pid FROM unnest($1::int[]) AS pid WHERE cardinality(pg_blocking_pids(pid)) > 0"


def arguments(url: str) -> dict[str, Any]:
    parts = make_url(url)
    return {
        "user": parts.username, "password": parts.password, "port": parts.port or 5432, "database": parts.database,
        "host": parts.query.get("host") or parts.host,
    }  # fmt: skip


class Monitor:
    """A connection on a loop and thread of its own, asked while the simulated loop stands still."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection = self._do(asyncpg.connect(**arguments(url)))

    def _do(self, asked: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result(30)

    def fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._do(self._connection.fetch(query, *values))]

    def execute(self, script: str) -> None:
        self._do(self._connection.execute(script))

    def pass_time(self, now: float) -> None:
        self.fetch(PASS, now)

    def blocked(self, pids: list[int]) -> set[int]:
        return {pid for (pid,) in self.fetch(BLOCKED, pids)}

    def empty(self) -> None:
        """As new; rows go one by one, which is cheaper than TRUNCATE for so few."""
        script = "".join(f"DELETE FROM {service}.{table};" for service in SERVICES for table in EMPTIED)
        restart = "".join(f"ALTER SEQUENCE {service}.effect_id_seq RESTART;" for service in SERVICES)
        self.execute(
            f"{script}{restart} UPDATE teller.version SET number = 0; UPDATE simulation.clock SET at = '2030-01-01'"
        )

    def tidy(self) -> None:
        """What many runs leave behind."""
        self.execute(f"TRUNCATE {', '.join(f'{one}.{table}' for one in SERVICES for table in EMPTIED)}")

    def close(self) -> None:
        self._do(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def create(url: str) -> None:
    """The schemas and their tables."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        for statement in CLOCK.strip().split(";\n"):
            await connection.execute(text(statement))
        for service in SERVICES:
            await connection.execute(text(f"CREATE SCHEMA {service}"))
            await connection.execute(text(f"SET search_path = {service}, simulation, pg_catalog"))
            await connection.run_sync(
                lambda plain: schema.upgrade(Operations(MigrationContext.configure(plain)))
            )
            for statement in TABLES.split(";"):
                await connection.execute(text(statement))
    await engine.dispose()


class _Turns:
    """Stands before asyncpg's protocol: each statement waits for its turn, and is in flight until it has ended."""

    def __init__(self, real: Any, slot: "Slot") -> None:
        self._real, self._slot = real, slot

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def query(self, query: str, *rest: Any) -> Any:
        if query.startswith("COMMIT"):
            try:
                await self._slot.turn(query)
            except BaseException:  # the server rolls back what a dead process had not committed
                await self._fly(self._real.query("ROLLBACK;", *rest))
                raise
        elif query.startswith("BEGIN") and not self._slot.dead:
            with suppress(Killed):  # harmless: the next statement finds out, and the rollback is real
                await self._slot.turn(query)
        return await self._fly(self._real.query(query, *rest))

    async def bind_execute(self, state: Any, *rest: Any, **named: Any) -> Any:
        if not any(word in state.query for word in ASKED_BY_THE_DRIVER):
            await self._slot.turn(" ".join(state.query.split())[:60])
        return await self._fly(self._real.bind_execute(state, *rest, **named))

    async def prepare(self, *arguments: Any, **named: Any) -> Any:
        return await self._fly(self._real.prepare(*arguments, **named))

    async def close(self, *arguments: Any) -> Any:
        return await self._fly(self._real.close(*arguments))

    async def _fly(self, call: Any) -> Any:
        flying, mine = self._slot.gate.flying, self._real.get_server_pid()
        flying.add(mine)
        try:
            return await call
        finally:
            flying.discard(mine)


_who: ContextVar[str] = ContextVar("who", default="")


def _caller() -> str:
    """The name of this task; a commit runs in a task of its own, which inherits the name of its parent."""
    task = asyncio.current_task()
    if task and not task.get_name().startswith("Task-"):
        _who.set(task.get_name())
    return _who.get()


class Slot:
    """A process of the simulated system, as the database sees it: its connections outlive its incarnations."""

    def __init__(self, name: str, gate: Gate, url: str) -> None:
        self.name, self.gate, self.dead = name, gate, False
        self._url = url
        self._engines: dict[str, AsyncEngine] = {}
        self.connections: list[Any] = []

    async def turn(self, what: str) -> None:
        if self.dead:
            raise Killed(self.name)
        await self.gate.turn(f"{self.name}/{_caller()}", what)
        if self.dead:
            raise Killed(self.name)

    def engine(self, service: str) -> AsyncEngine:
        """Made once: what a real process does at its start is not what is simulated."""
        if service not in self._engines:
            self._engines[service] = create_async_engine(
                "postgresql+asyncpg://",
                async_creator=lambda: self._connect(service),
                pool_size=8,
                max_overflow=8,
            )
        return self._engines[service]

    async def _connect(self, service: str) -> Any:
        if self.dead:
            raise Killed(self.name)
        connecting = object()
        self.gate.flying.add(connecting)
        try:
            path = {
                "search_path": f"{service}, simulation, pg_catalog",
                "deadlock_timeout": "1ms",
                "jit": "off",
            }
            connection = await asyncpg.connect(**arguments(self._url), server_settings=path)
        finally:
            self.gate.flying.discard(connecting)
        connection._protocol = _Turns(connection._protocol, self)
        self.connections = [one for one in self.connections if not one.is_closed()] + [connection]
        return connection

    def reset(self, monitor: Monitor) -> None:
        """The server drops every connection of this process that is not in the middle of a statement."""
        idle = [
            one
            for one in self.connections
            if not one.is_closed() and one.get_server_pid() not in self.gate.flying
        ]
        monitor.fetch(
            "SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid",
            [one.get_server_pid() for one in idle],
        )
        self.gate.dying += idle

    def give_up_waiting(self, monitor: Monitor) -> None:
        """What waits for another's lock waits no longer."""
        pids = [one.get_server_pid() for one in self.connections if not one.is_closed()]
        waiting = [pid for pid in pids if pid in self.gate.stalled]
        monitor.fetch("SELECT pg_cancel_backend(pid) FROM unnest($1::int[]) AS pid", waiting)
        self.gate.stalled -= set(waiting)

    async def dispose(self) -> None:
        for engine in self._engines.values():
            await engine.dispose()
