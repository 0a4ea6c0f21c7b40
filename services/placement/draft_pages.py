"""Moving a stint by hand on pages: choose where, see what changes, publish or go back. No dragging is needed."""

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from services.placement import drafting, queries
from services.placement.access import Coordinator
from services.placement.pages import show_cohort
from shared.service import Transaction
from shared.web.page import render
from shared.web.posting import tried

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
    body = drafting.Move(stint_id=stint_id, station_id=UUID(station), week=int(week))
    act = drafting.move(cohort_id, body, transaction, person)
    again = partial(show_cohort, request, person, transaction, cohort_id)
    return await tried(transaction, act, f"/placement/cohorts/{cohort_id}", again)


@router.post("/draft")
async def end_draft(
    cohort_id: UUID,
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    do: Annotated[str, Form(pattern="^(publish|discard|undo)$")],
) -> Response:
    """Publish it, throw it away, or begin one that goes back to the version before."""
    done = {"publish": drafting.publish, "discard": drafting.discard, "undo": drafting.undo}[do]
    again = partial(show_cohort, request, person, transaction, cohort_id)
    act = done(cohort_id, transaction, person)
    return await tried(transaction, act, f"/placement/cohorts/{cohort_id}", again)
