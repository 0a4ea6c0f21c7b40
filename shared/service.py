"""Builds the one process a service runs: HTTP, listener, relay, scheduler, worker, as its roles say."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from shared import observability, problems
from shared.database import sessions_of
from shared.messaging import Listener
from shared.settings import Settings
from shared.web import frame

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub

__all__ = ["Settings", "Transaction", "create_app", "sessions_of"]


async def _transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions.begin() as session:
        yield session


# scope="function": the commit comes before the response, so that a 201 is never told of a transaction that then fails.
Transaction = Annotated[AsyncSession, Depends(_transaction, scope="function")]


def create_app(
    name: str,
    on: Listener,
    routers: Iterable[APIRouter],
    settings: Settings | None = None,
    hub: "Hub | None" = None,
) -> FastAPI:
    """Wire a service. Everything it needs is made here and handed down from here."""
    settings = settings or Settings()
    sessions = sessions_of(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        from shared.messaging.runtime import Runtime  # noqa: PLC0415 - the broker's libraries only where they run

        runtime = Runtime(on, sessions, settings, hub)
        app.state.runtime = runtime
        await runtime.start()
        try:
            yield
        finally:
            await runtime.stop()
            await sessions.kw["bind"].dispose()

    app = FastAPI(
        title=f"Tailored: {name}", version="1", lifespan=lifespan, openapi_url=f"/{name}/openapi.json"
    )
    app.state.name = name
    app.state.settings = settings
    app.state.sessions = sessions
    app.state.listener = on
    app.state.runtime = None
    problems.install(app)
    frame.install(app)
    observability.install(app, name)
    _tell_health(app)
    from shared.operating import router_for  # noqa: PLC0415 - it needs Transaction from here

    for router in (*routers, router_for(name)) if settings.has("http") else ():
        app.include_router(router)
    return app


def _tell_health(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def alive() -> dict[str, str]:
        """The process answers; broker and database are no part of this."""
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def ready() -> JSONResponse:
        """Whether every part that this process plays can do its work now."""
        parts = await app.state.runtime.parts() if app.state.runtime else {"runtime": "not started"}
        good = all(state == "ok" for state in parts.values())
        return JSONResponse({"ready": good, "parts": parts}, status_code=200 if good else 503)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return observability.metrics()
