"""Wires the gateway."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.gateway import admin, api, excel_door, overview, signin
from services.gateway.handlers import on
from services.gateway.refusals import DoorRefused
from shared.service import Settings, create_app
from shared.web import personas

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """The gateway of this environment; it does not start with personas outside the demo."""
    settings = settings or Settings()
    personas.check(settings)
    routers = [api.router, admin.router, signin.router, overview.router, excel_door.router]
    app = create_app("gateway", on, routers, settings, hub)
    app.add_exception_handler(DoorRefused, api.door_refused)
    return app
