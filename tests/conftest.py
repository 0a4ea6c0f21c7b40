"""Fixtures that every test may use: real servers, a database and a broker's virtual host for each test."""

import asyncio
import gc
import importlib
import json
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, settings
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from starlette.datastructures import State

from shared.database import engine_on
from shared.events.base import Event
from shared.messaging.runtime import OBJECTS_BETWEEN_LOOKS
from shared.messaging.tables import Outbox
from shared.settings import Settings
from tests import servers
from tests.empty_databases import EMPTY, at, on_server, template

settings.register_profile(
    "untimed", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")  # a test says what is right, never how long it took
ROOT = Path(__file__).parents[1]
Sessions = async_sessionmaker[AsyncSession]


def pytest_collection_finish() -> None:
    """Garbage is looked for as seldom as in a service, and never among what stays for all tests."""
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 10, 10)
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left_open() -> Iterator[None]:
    """What a file's tests leave unclosed fails there: a collection at the end of a worker is heard by nobody."""
    yield
    gc.collect(1)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    return servers.postgres()


@pytest.fixture(scope="session")
def rabbit_server() -> servers.Rabbit:
    return servers.rabbitmq()


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


@pytest.fixture(scope="session")
def engines() -> dict[str, AsyncEngine]:
    """One for each database: its connections end with a test, the statements that it has compiled stay."""
    return {}


@pytest.fixture
async def database(
    database_url: Callable[[str], Awaitable[str]], engines: dict[str, AsyncEngine]
) -> AsyncIterator[Callable[[str], Awaitable[Sessions]]]:
    """`await database("curriculum")` -> sessions on a fresh, migrated database of that service."""
    mine = []

    async def make(service: str) -> Sessions:
        url = await database_url(service)
        mine.append(engines.setdefault(url, engine_on(url)))
        return async_sessionmaker(mine[-1], expire_on_commit=False)

    yield make
    for engine in mine:
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


@pytest.fixture(scope="session")
def apps() -> dict[str, FastAPI]:
    """One for each database: to make one takes longer than most tests."""
    return {}


@pytest.fixture
async def client(
    sessions: Sessions, service: str, settings_for: Callable[..., Settings], apps: dict[str, FastAPI]
) -> AsyncIterator[AsyncClient]:
    """A client of the service's app on the test's database; nothing is relayed, `said(sessions)` reads the outbox."""
    url = sessions.kw["bind"].url.render_as_string(hide_password=False)
    if url not in apps:
        apps[url] = importlib.import_module(f"services.{service}.app").create(settings_for(url))
    app = apps[url]
    as_made = State(dict(app.state._state))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tailored.test") as client:
        client.app = app  # type: ignore[attr-defined]
        yield client
    app.state = as_made
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


@pytest.fixture
def delivery_limit(rabbit: str, rabbit_server: servers.Rabbit) -> Callable[[int], Awaitable[None]]:
    """`await delivery_limit(2)`: what comes back to its queue more often is given up by the broker."""

    async def limit(times: int) -> None:
        policy = {"pattern": ".*", "apply-to": "queues", "definition": {"delivery-limit": times}}
        async with httpx.AsyncClient(base_url=rabbit_server.management) as management:
            answer = await management.put(f"/api/policies/{rabbit.rpartition('/')[2]}/limit", json=policy)
            answer.raise_for_status()

    return limit


__all__ = ["UUID", "known_events"]
