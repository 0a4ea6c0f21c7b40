"""The embedded PostgreSQL after a SIGKILL, while what was killed still stands in the table of processes."""

import asyncio
import os
import signal
import subprocess
import sys
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


LOOKS = "import pathlib, sys; from tailored import postgres; sys.exit(not postgres.runs_at(pathlib.Path(sys.argv[1])))"
WITHOUT_PTRACE = (
    ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace") if os.geteuid() == 0 else ()
)


def test_a_server_is_seen_to_run_by_root_in_a_container_too_which_may_not_look_into_processes_of_others(
    tmp_path,
):
    tmp_path.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    look = [*WITHOUT_PTRACE, sys.executable, "-c", LOOKS, str(home)]
    server = postgres.start(home)
    try:
        assert subprocess.run(look, check=False).returncode == 0
    finally:
        server.stop()
    assert subprocess.run(look, check=False).returncode == 1
    postgres.stop_at(home)


async def test_a_system_that_ends_before_it_is_ready_is_not_waited_for(tmp_path):
    system = Running("http://127.0.0.1:1", "tailored.no_such_module", [], tmp_path / "system.log")

    async def never() -> None:
        await asyncio.Event().wait()

    system.start()
    with pytest.raises(ValueError, match="No module named"):
        await system.ready(never())
    system.stop()
