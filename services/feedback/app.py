"""Wires feedback."""

from typing import TYPE_CHECKING

from fastapi import FastAPI

from services.feedback import (
    api,
    commenting,
    contesting,
    doubting,
    employment,
    indicators,
    pages,
    pages_comments,
    pages_contests,
    pages_employment,
    pages_steps,
    pages_vignettes,
    practice,
    reach,
    reading,
    reporting,
    steps,
    telling,
    trending,
    vignettes,
)
from services.feedback.handlers import on
from shared.service import Settings, create_app

if TYPE_CHECKING:
    from shared.messaging.inprocess import Hub


def create(settings: Settings | None = None, hub: "Hub | None" = None) -> FastAPI:
    """The service as its environment describes it."""
    routers = [
        api.router,
        doubting.router,
        reporting.router,
        contesting.router,
        reading.router,
        telling.router,
        trending.router,
        practice.router,
        indicators.router,
    ]
    routers += [reach.router, vignettes.router, steps.router, commenting.router, employment.router]
    routers += [pages.router, pages_vignettes.router, pages_steps.router, pages_contests.router]
    routers += [pages_comments.router, pages_employment.router]
    return create_app("feedback", on, routers, settings, hub)
