"""The whole system in one process: `python -m tailored.single --home .tailored --port 8000`.

Five services on an embedded PostgreSQL, an in-process hub between them, one HTTP port. It ends when its standard input
closes, so that a demo that is killed leaves nobody behind; PostgreSQL stops last.
"""

import argparse
import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared import migrations
from shared.settings import Settings
from shared.web import keypair
from tailored import postgres
from tailored.parent import end_with_parent
from tailored.postgres import DATABASES, Given, Postgres

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def databases(server: Postgres | Given) -> dict[str, str]:
    """A database per service, migrated to the newest schema; their addresses."""
    missing = asyncio.run(_create(server))
    urls = {name: server.url(name) for name in DATABASES}
    for name in DATABASES:
        if name in missing or _behind(server, name):
            migrations.upgrade(name, urls[name])
    return urls


async def _create(server: Postgres | Given) -> set[str]:
    import asyncpg  # type: ignore[import-untyped]  # noqa: PLC0415 - only where the server is ours

    connection = await asyncpg.connect(server.plain_url())
    try:
        there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        missing = set(DATABASES) - there
        for name in sorted(missing):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return missing


def _behind(server: Postgres | Given, name: str) -> bool:
    """Whether the schema of a service is older than its migrations, without waking alembic where it is not."""
    folder = migrations.SERVICES / name / "migrations" / "versions"
    known = {path.stem for path in folder.glob("*.py")}
    marker = server.data / f"migrated-{name}"
    stamp = ",".join(sorted(known))
    if marker.exists() and marker.read_text() == stamp:
        return False
    marker.write_text(stamp)
    return True


def keys(home: Path) -> tuple[str, str]:
    """The pair that signs and verifies identities, made once for this home; the private half is ours alone to read."""
    file = home / "keys.json"
    if not file.exists():
        private, public = keypair.make()
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as opened:
            json.dump({"private": private, "public": public}, opened)
    pair = json.loads(file.read_text())
    return pair["private"], pair["public"]


class Front:
    """One ASGI application: `/placement/...` goes to placement, everything without a service's name to the gateway."""

    def __init__(self, apps: dict[str, FastAPI]) -> None:
        """`apps` by the name of the service."""
        self.apps = apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request over unchanged."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        name = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        await self.apps.get(name, self.apps["gateway"])(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            async with self._running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except Exception as error:
            logging.getLogger("tailored").exception("start")
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            return
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def _running(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield


def build(urls: dict[str, str], pair: tuple[str, str], port: int) -> Front:
    """The five services, joined by one hub."""
    from shared.messaging.inprocess import Hub  # noqa: PLC0415

    hub = Hub()
    hub.expected = set(DATABASES)
    apps = {}
    for name in DATABASES:
        settings = Settings(
            database_url=urls[name],
            rabbitmq_url=None,
            environment="demo",
            verify_key=pair[1],
            signing_key=pair[0] if name == "gateway" else None,
            services_url=f"http://127.0.0.1:{port}",
            pool_size=4,
        )
        apps[name] = import_module(f"services.{name}.app").create(settings, hub)
    return Front(apps)


def main() -> None:
    """Run until told to stop."""
    import uvicorn  # noqa: PLC0415

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--home", type=Path, default=Path(".tailored"))
    arguments.add_argument("--port", type=int, default=8000)
    given = arguments.parse_args()
    given.home.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    end_with_parent()
    server = postgres.start(given.home)
    try:
        urls = databases(server)
        front = build(urls, keys(given.home), given.port)
        uvicorn.run(
            front,
            host="127.0.0.1",
            port=given.port,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=2,
        )
    finally:
        server.stop()


if __name__ == "__main__":
    main()
