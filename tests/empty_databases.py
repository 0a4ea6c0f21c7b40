"""Databases that tests may fill: copied from one that the real migrations made, and emptied for the next test."""

import asyncio
import hashlib
import secrets
from pathlib import Path

import asyncpg
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared import migrations

ROOT = Path(__file__).parents[1]


async def on_server(url: str, *statements: str) -> None:
    parts = make_url(url)
    connection = await asyncpg.connect(
        user=parts.username, password=parts.password, port=parts.port or 5432, database=parts.database,
        host=parts.query.get("host") or parts.host,
    )  # fmt: skip
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def schema_of(service: str) -> str:
    """A name for the schema that a service's migrations make: the same files, the same template database."""
    files = sorted((ROOT / "services" / service / "migrations").rglob("*.py"))
    files += [
        ROOT / "shared/messaging/schema.py",
        ROOT / "shared/messaging/tables.py",
        ROOT / "shared/migrations.py",
    ]
    said = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]
    return f"template_{service}_{said}"


def at(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def template(server: str, service: str) -> str:
    """The database that tests of a service are copied from, made once by running its real migrations."""
    name = schema_of(service)
    parts = make_url(server)
    connection = await asyncpg.connect(
        user=parts.username, password=parts.password, port=parts.port or 5432, database=parts.database,
        host=parts.query.get("host") or parts.host,
    )  # fmt: skip
    try:
        await connection.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
            making = f"{name}_{secrets.token_hex(3)}"
            await connection.execute(f'CREATE DATABASE "{making}"')
            if service == "shared":
                await bare(at(server, making))
            else:
                await asyncio.to_thread(migrations.upgrade, service, at(server, making))
            await connection.execute(f'ALTER DATABASE "{making}" RENAME TO "{name}"')
    finally:
        await connection.close()
    return name


async def bare(url: str) -> None:
    """Delivery's own tables and nothing else."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    from shared.messaging import schema

    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(lambda plain: schema.upgrade(Operations(MigrationContext.configure(plain))))
    await engine.dispose()


EMPTY = """
DO $$
DECLARE one text; filled text[] := '{}'; holds boolean;
BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR one IN SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema') AND tablename NOT IN ('alembic_version', 'shard')
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO holds;
    IF holds THEN filled := filled || one; END IF;
  END LOOP;
  IF filled <> '{}' THEN
    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' RESTART IDENTITY CASCADE';
  END IF;
END $$
"""
"""Leaves what the migrations made: delivery's shards are the only rows among it, and nothing changes them."""
