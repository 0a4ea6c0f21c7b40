"""Fixtures that every test may use: real servers, a database and a broker's virtual host for each test."""

import asyncio
import hashlib
import importlib
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool

from shared import migrations
from shared.events.base import Event
from shared.messaging.tables import Outbox
from shared.settings import Settings
from tests import servers

ROOT = Path(__file__).parents[1]
Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture(scope="session")
def postgres_server() -> str:
    return servers.postgres()


@pytest.fixture(scope="session")
def rabbit_server() -> servers.Rabbit:
    return servers.rabbitmq()


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


@pytest.fixture(scope="session")
def used_databases(postgres_server: str) -> Iterator[dict[str, list[str]]]:
    """Per service the databases that no test uses now: the next test empties one, which is cheaper than a copy."""
    free: dict[str, list[str]] = defaultdict(list)
    yield free
    names = [name for of_service in free.values() for name in of_service]
    drops = [f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names]
    if drops:
        with ThreadPoolExecutor(1) as aside:
            aside.submit(asyncio.run, on_server(postgres_server, *drops)).result()


@pytest.fixture
async def database_url(
    postgres_server: str, used_databases: dict[str, list[str]]
) -> AsyncIterator[Callable[[str], Awaitable[str]]]:
    """`await database_url("curriculum")` -> the URL of an empty, migrated database of that service."""
    mine: list[tuple[str, str]] = []

    async def make(service: str) -> str:
        if used_databases[service]:
            name = used_databases[service].pop()
            await on_server(at(postgres_server, name), EMPTY)
        else:
            name = f"test_{service}_{secrets.token_hex(6)}"
            ready = await template(postgres_server, service)
            await on_server(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{ready}"')
        mine.append((service, name))
        return at(postgres_server, name)

    yield make
    for service, name in mine:
        used_databases[service].append(name)


@pytest.fixture
async def database(
    database_url: Callable[[str], Awaitable[str]],
) -> AsyncIterator[Callable[[str], Awaitable[Sessions]]]:
    """`await database("curriculum")` -> sessions on a fresh, migrated database of that service."""
    engines = []

    async def make(service: str) -> Sessions:
        engine = create_async_engine(await database_url(service))
        engines.append(engine)
        return async_sessionmaker(engine, expire_on_commit=False)

    yield make
    for engine in engines:
        await engine.dispose()


@pytest.fixture
def service(request: pytest.FixtureRequest) -> str:
    """The service that a test is about: the folder it lies in."""
    return request.path.relative_to(ROOT / "tests").parts[0]


@pytest.fixture
async def sessions(database: Callable[[str], Awaitable[Sessions]], service: str) -> Sessions:
    return await database(service)


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture(scope="session")
def signing_keys() -> tuple[str, str]:
    """A pair of keys (private, public) as JSON, for tokens in tests."""
    from joserfc.jwk import OKPKey

    pair = OKPKey.generate_key("Ed25519")
    return json.dumps(pair.as_dict(private=True)), json.dumps(pair.as_dict(private=False))


@pytest.fixture
def settings_for(signing_keys: tuple[str, str]) -> Callable[..., Settings]:
    """`settings_for(database_url, **more)` -> the settings of a process in the demo environment."""

    def make(url: str, **more: Any) -> Settings:
        private, public = signing_keys
        fixed = {"environment": "demo", "verify_key": public, "signing_key": private, "pool_size": 2}
        return Settings(database_url=url, **{**fixed, **more})

    return make


@pytest.fixture
async def client(
    sessions: Sessions, service: str, settings_for: Callable[..., Settings]
) -> AsyncIterator[AsyncClient]:
    """A client of the service's app on the test's database; nothing is relayed, `said(sessions)` reads the outbox."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    app = importlib.import_module(f"services.{service}.app").create(settings_for(url))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tailored.test") as client:
        client.app = app  # type: ignore[attr-defined]
        yield client
    await app.state.sessions.kw["bind"].dispose()


@pytest.fixture
def token_for(signing_keys: tuple[str, str]) -> Callable[..., dict[str, str]]:
    """`token_for("panel-college", college_id=...)` -> the headers of a person with that role."""
    from shared.web import identity

    def headers(role: str, **fields: Any) -> dict[str, str]:
        side = {
            "panel-college": identity.Side("college"),
            "panel-enterprise": identity.Side("enterprise"),
        }.get(role)
        given = {
            "person_id": uuid4(),
            "name": role,
            "side": side,
            "college_id": None,
            "enterprise_id": None,
            **fields,
        }
        roles = frozenset({identity.Role(role)})
        person = identity.Person(**{"roles": roles, **given})
        return {"Authorization": f"Bearer {identity.issue(person, signing_keys[0])}"}

    return headers


def known_events() -> dict[str, type[Event]]:
    found, waiting = {}, [Event]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            found.setdefault(kind.type_name(), kind)
    return found


@pytest.fixture
def said() -> Callable[[Sessions], Awaitable[list[Event]]]:
    """`await said(sessions)` -> the events now in the outbox, in the order in which they were said."""

    async def read(sessions: Sessions) -> list[Event]:
        kinds = known_events()
        async with sessions() as session:
            rows = (await session.scalars(select(Outbox).order_by(Outbox.sequence))).all()
        return [kinds[row.type].model_validate_json(row.body) for row in rows]

    return read


@pytest.fixture
def rabbit(rabbit_server: servers.Rabbit) -> Iterator[str]:
    """The AMQP URL of a virtual host of this test's own."""
    name = f"test-{secrets.token_hex(6)}"
    assert rabbit_server.management, f"set {servers.MANAGEMENT} beside {servers.RABBITMQ}"
    with httpx.Client(base_url=rabbit_server.management, timeout=30) as management:
        deadline = 60
        while True:
            try:
                management.put(f"/api/vhosts/{name}").raise_for_status()
                break
            except httpx.TransportError:
                deadline -= 1
                if not deadline:
                    raise
                import time

                time.sleep(1)
        management.put(
            f"/api/permissions/{name}/guest", json={"configure": ".*", "write": ".*", "read": ".*"}
        ).raise_for_status()
        yield rabbit_server.url + name
        management.delete(f"/api/vhosts/{name}")


__all__ = ["UUID", "known_events"]
