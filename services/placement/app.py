"""The placement service: `uvicorn --factory services.placement.app:create`."""

import contextlib
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI

from services.placement import (
    api,
    calendar_api,
    calendar_terms,
    crew_api,
    drafting,
    exporting,
    record,
    rota_api,
    timetable_api,
    working,
)
from services.placement.handlers import on
from shared.service import Settings, create_app

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """One process of the service."""
    return create_app(
        "placement",
        on,
        [
            api.router,
            calendar_api.router,
            calendar_terms.router,
            crew_api.router,
            drafting.router,
            exporting.router,
            record.router,
            rota_api.router,
            timetable_api.router,
            working.router,
            *_pages(),
        ],
        settings,
        hub,
    )


def _pages() -> list[APIRouter]:
    with contextlib.suppress(ImportError):
        from services.placement import calendar_pages, draft_pages, pages, rota_pages  # noqa: PLC0415

        return [pages.router, draft_pages.router, calendar_pages.router, rota_pages.router]
    return []
