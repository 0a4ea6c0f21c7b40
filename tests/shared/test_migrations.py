"""Containers of several releases start on one database, at once and in any order."""

import asyncio
import os
import secrets
import subprocess
import sys

import asyncpg
import pytest

from shared import migrations
from tests.conftest import ROOT
from tests.empty_databases import at, on_server

COMMAND = [sys.executable, "-m", "alembic", "-c", "services/placement/pyproject.toml", "upgrade", "head"]


@pytest.fixture
async def empty(postgres_server):
    name = f"test_migrations_{secrets.token_hex(4)}"
    await on_server(postgres_server, f'CREATE DATABASE "{name}"')
    yield at(postgres_server, name)
    await on_server(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


async def stands_at(url: str, then: str | None = None) -> str:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        if then:
            await connection.execute("UPDATE alembic_version SET version_num = $1", then)
        return await connection.fetchval("SELECT version_num FROM alembic_version")
    finally:
        await connection.close()


async def test_containers_that_start_together_bring_an_empty_database_up_once(empty):
    environment = {**os.environ, "DATABASE_URL": empty}
    started = [subprocess.Popen(COMMAND, cwd=ROOT, env=environment, stderr=subprocess.PIPE) for _ in range(3)]
    ended = [(one.communicate()[1].decode(), one.returncode) for one in started]

    assert [code for _, code in ended] == [0, 0, 0], ended


async def test_a_release_that_comes_back_leaves_the_newer_schema_as_it_is(empty, caplog):
    await asyncio.to_thread(migrations.upgrade, "placement", empty)
    await stands_at(empty, then="9999_of_a_later_release")
    await asyncio.to_thread(migrations.upgrade, "placement", empty)

    assert await stands_at(empty) == "9999_of_a_later_release"
    assert "9999_of_a_later_release" in caplog.text


@pytest.mark.parametrize("service", ["gateway", "recruitment", "curriculum", "placement", "feedback"])
async def test_every_service_says_by_the_newest_function(empty, service):
    """Without these settings a plan of an empty outbox is used on a full one, or each call is planned anew."""
    await asyncio.to_thread(migrations.upgrade, service, empty)
    connection = await asyncpg.connect(empty.replace("+asyncpg", ""))
    try:
        settings = await connection.fetchval("SELECT proconfig FROM pg_proc WHERE proname = 'say'")
    finally:
        await connection.close()
    assert sorted(settings) == [
        "enable_bitmapscan=off",
        "enable_seqscan=off",
        "plan_cache_mode=force_generic_plan",
    ]
