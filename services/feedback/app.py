"""Wires feedback."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.feedback import api, indicators, pages, reading
from services.feedback.handlers import on
from shared.service import Settings, create_app

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """The service as its environment describes it."""
    return create_app("feedback", on, [api.router, reading.router, indicators.router, pages.router], settings, hub)
