"""One running system for all stories: five services in one process, joined by the hub, on databases of their own."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest_asyncio

from tailored.postgres import DATABASES
from tailored.single import build
from tests.empty_databases import at, on_server, template
from tests.programmes.front import System


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system(postgres_server: str, signing_keys: tuple[str, str]) -> AsyncIterator[System]:
    """Everything runs, all roles of each service; a story talks to it over HTTP only."""
    names = {service: f"programmes_{service}_{secrets.token_hex(4)}" for service in DATABASES}
    for service, name in names.items():
        ready = await template(postgres_server, service)
        await on_server(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{ready}"')
    front = build({service: at(postgres_server, name) for service, name in names.items()}, signing_keys, 0)
    async with AsyncExitStack() as stack:
        for app in front.apps.values():
            await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx.ASGITransport(front)
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://tailored.test", timeout=120)
        )
        yield System(client, signing_keys[0])
    await on_server(
        postgres_server, *(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names.values())
    )
