"""The screens of placement: the board of workshops and weeks, and the timetable of a cohort."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.placement import api, queries
from services.placement.access import Viewer
from shared.messaging import today
from shared.service import Transaction
from shared.web.page import render

router = APIRouter(prefix="/placement", include_in_schema=False)
WEEKS = 9


@router.get("/board")
async def board_page(
    request: Request,
    person: Viewer,
    transaction: Transaction,
    cohort_id: UUID | None = None,
    from_week: Annotated[int, Query(ge=1, le=400)] = 1,
) -> Response:
    """Who is where, week by week, and for how many there is room."""
    cohorts = await api.list_cohorts(transaction, person)
    board = None
    if cohorts:
        board = await api.read_board(transaction, person, from_week, from_week + WEEKS - 1, cohort_id)
    values: dict[str, Any] = {
        "cohorts": cohorts,
        "board": board,
        "from_week": from_week,
        "step": WEEKS,
        "day": await today(transaction),
    }
    return render(request, "board.html", person=person, **values)


@router.get("/cohorts/{cohort_id}")
async def cohort_page(
    cohort_id: UUID, request: Request, person: Viewer, transaction: Transaction
) -> Response:
    """The timetable of one cohort by group, or why there is none yet."""
    shown = await api.read_timetable(cohort_id, transaction, person)
    cohort = await queries.cohort_of(transaction, cohort_id)
    return render(request, "cohort.html", person=person, shown=shown, cohort=cohort)
