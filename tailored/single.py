"""The whole system in one process: `python -m tailored.single --home .tailored --port 8000`.

Five services on an embedded PostgreSQL, an in-process hub between them, one HTTP port. It ends when its standard input
closes, so that a demo that is killed leaves nobody behind; PostgreSQL stops last.
"""

import argparse
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.settings import Settings
from tailored import postgres
from tailored.databases import databases, keys
from tailored.parent import end_with_parent
from tailored.postgres import DATABASES

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


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
    # uvicorn raises the signal that ended it once more: by default that would be the end of us, and not of PostgreSQL
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
