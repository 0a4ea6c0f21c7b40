"""Moving a stint by hand on pages: choose where, see what changes, publish or go back. No dragging is needed."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from services.placement import drafting, queries
from services.placement.access import Coordinator
from services.placement.pages import show_cohort
from shared.errors import Refused
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render

router = APIRouter(prefix="/placement/cohorts/{cohort_id}", include_in_schema=False)


@router.get("/stints/{stint_id}/move")
async def move_page(
    cohort_id: UUID, stint_id: UUID, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """Every place that breaks no rule, with its free seats."""
    known, _ = await drafting.loaded(transaction, cohort_id)
    stint = drafting.stint_of(known, stint_id)
    values: dict[str, Any] = {
        "stint": stint,
        "station": drafting.title(known, stint.station_id),
        "options": await drafting.read_options(cohort_id, stint_id, transaction, person),
        "cohort": await queries.cohort_of(transaction, cohort_id),
    }
    return render(request, "move.html", person=person, **values)


@router.post("/stints/{stint_id}/move")
async def move(
    cohort_id: UUID,
    stint_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    place: Annotated[str, Form(pattern=r"^[0-9a-f-]{36} [0-9]{1,3}$")],
) -> Response:
    """Into the draft."""
    station, week = place.split()

    async def act() -> None:
        body = drafting.Move(stint_id=stint_id, station_id=UUID(station), week=int(week))
        await drafting.move(cohort_id, body, transaction, person)

    return await _tried(request, person, transaction, cohort_id, act)


@router.post("/draft")
async def end_draft(
    cohort_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    do: Annotated[str, Form(pattern="^(publish|discard|undo)$")],
) -> Response:
    """Publish it, throw it away, or begin one that goes back to the version before."""

    async def act() -> None:
        done = {"publish": drafting.publish, "discard": drafting.discard, "undo": drafting.undo}[do]
        await done(cohort_id, transaction, person)

    return await _tried(request, person, transaction, cohort_id, act)


async def _tried(
    request: Request,
    person: Person,
    transaction: Transaction,
    cohort_id: UUID,
    act: Callable[[], Awaitable[None]],
) -> Response:
    try:
        async with transaction.begin_nested():
            await act()
    except Refused as refused:
        transaction.expire_all()
        return await show_cohort(request, person, transaction, cohort_id, refused)
    return RedirectResponse(f"/placement/cohorts/{cohort_id}", 303)
