"""The embedded PostgreSQL after a SIGKILL, while what was killed still stands in the table of processes."""

import asyncio
import os
import signal
from contextlib import suppress

import asyncpg
import pytest

from tailored import postgres
from tailored.demo_memory import family
from tailored.demo_system import Running


async def answer(server: postgres.Postgres) -> int:
    connection = await asyncpg.connect(server.plain_url())
    try:
        return await connection.fetchval("SELECT 1")
    finally:
        await connection.close()


async def test_a_killed_postgres_is_started_again_though_nobody_has_collected_it(tmp_path):
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    first = postgres.start(home)
    pid = first.pid()
    assert pid
    for each in family(pid):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
    second = postgres.start(home)
    try:
        assert second.pid() != pid
        assert await answer(second) == 1
    finally:
        second.stop()
        postgres.stop_at(home)
        first.process.wait()


async def test_a_system_that_ends_before_it_is_ready_is_not_waited_for(tmp_path):
    system = Running("http://127.0.0.1:1", "tailored.no_such_module", [], tmp_path / "system.log")

    async def never() -> None:
        await asyncio.Event().wait()

    system.start()
    with pytest.raises(ValueError, match="No module named"):
        await system.ready(never())
    system.stop()
