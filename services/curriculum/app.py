"""The curriculum service: `uvicorn --factory services.curriculum.app:create`."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.curriculum import (
    api,
    handlers,
    pages,
    pages_cohort,
    pages_frameworks,
    pages_module,
    pages_occupations,
    pages_ordinance,
    pages_plan_book,
    pages_seats,
    pages_secondments,
    pages_teachers,
    pages_versions,
)
from shared.service import Settings, create_app

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """Wire the service."""
    screens = [
        pages.router,
        pages_module.router,
        pages_seats.router,
        pages_secondments.router,
        pages_teachers.router,
        pages_occupations.router,
        pages_frameworks.router,
        pages_plan_book.router,
        pages_cohort.router,
        pages_versions.router,
        pages_ordinance.router,
    ]
    return create_app("curriculum", handlers.on, [*api.routers, *screens], settings, hub)
