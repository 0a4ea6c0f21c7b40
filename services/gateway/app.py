"""Wires the gateway."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.gateway import (
    access_codes,
    accounts,
    admin,
    api,
    excel_door,
    ingress,
    overview,
    pages,
    pages_code,
    pages_command_line,
    pages_excel,
    pages_people,
    pages_provider,
    pages_sources,
    pages_trace,
    pages_try,
    signin,
)
from services.gateway.handlers import on
from services.gateway.provider import Oidc, Provider
from services.gateway.words import DoorRefused
from shared.service import Settings, create_app
from shared.web import personas

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """The gateway of this environment; it does not start with personas outside the demo."""
    settings = settings or Settings()
    personas.check(settings)
    provider = Provider(Oidc())
    provider.oidc.check()
    routers = [
        api.router,
        admin.router,
        access_codes.router,
        accounts.router,
        signin.router,
        overview.router,
        excel_door.router,
    ]
    routers += [
        pages.router,
        pages_code.router,
        pages_command_line.router,
        pages_provider.router,
        pages_people.router,
        pages_trace.router,
        pages_excel.router,
        pages_sources.router,
        pages_try.router,
    ]
    app = create_app("gateway", on, routers, settings, hub)
    app.state.provider = provider
    app.add_exception_handler(DoorRefused, api.door_refused)
    if settings.rabbitmq_url and hub is None and settings.has("consumer"):
        _open_ingress(app, settings.rabbitmq_url)
    return app


def _open_ingress(app: FastAPI, url: str) -> None:
    """The AMQP door is open as long as the app runs."""
    around = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with around(app):
            listening = asyncio.create_task(ingress.run(url, app.state.sessions), name="ingress")
            yield
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    app.router.lifespan_context = lifespan
