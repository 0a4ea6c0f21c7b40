"""The recruitment service: `uvicorn --factory services.recruitment.app:create`."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.recruitment import api, handlers, pages
from shared.service import Settings, create_app

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """Wire the service."""
    return create_app("recruitment", handlers.on, [api.router, pages.router], settings, hub)
