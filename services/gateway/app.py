"""Wires the gateway."""

from fastapi import FastAPI
from shared.messaging.inprocess import Hub

from services.gateway import admin, api, excel_door, overview, signin
from services.gateway.handlers import on
from services.gateway.refusals import DoorRefused
from shared.service import Settings, create_app


def create(settings: Settings | None = None, hub: Hub | None = None) -> FastAPI:
    """The gateway of this environment."""
    routers = [api.router, admin.router, signin.router, overview.router, excel_door.router]
    app = create_app("gateway", on, routers, settings, hub)
    app.add_exception_handler(DoorRefused, api.door_refused)
    return app
