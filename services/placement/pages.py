"""The screens of placement: the board of workshops and weeks, and the timetable of a cohort."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.placement import api, drafting, queries, timetable_api, working
from services.placement.access import Viewer
from services.placement.by_week import By
from services.placement.papers import DraftRow
from shared.errors import Refused
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role
from shared.web.language import language_of
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
    by: By = "station",
) -> Response:
    """Who is where, week by week: by station with its room, by group, or by trainee."""
    cohorts = await api.list_cohorts(transaction, person)
    board = None
    if cohorts:
        last = from_week + WEEKS - 1
        board = await timetable_api.read_board(transaction, person, from_week, last, cohort_id, by)
    draft = await _draft(transaction, board["cohort_id"], person) if board else None
    values: dict[str, Any] = {
        "cohorts": cohorts,
        "board": board,
        "draft": draft,
        "moved": {str(one["stint_id"]): one["to"] for one in draft["changes"]} if draft else {},
        "from_week": from_week,
        "step": WEEKS,
        "by": by,
        "colours": _colours(board) if board else {},
        "day": await today(transaction),
    }
    return render(request, "board.html", person=person, **values)


def _colours(board: dict[str, Any]) -> dict[str, str]:
    """A colour for each workshop that the rows name."""
    stints = [one for row in board.get("rows", []) for cell in row["cells"] for one in cell["stints"]]
    shops = sorted({str(one["workshop_id"]) for one in stints})
    return {shop: "abcd"[at % 4] for at, shop in enumerate(shops)}


@router.get("/cohorts/{cohort_id}")
async def cohort_page(
    cohort_id: UUID, request: Request, person: Viewer, transaction: Transaction
) -> Response:
    """The timetable of one cohort by group, or why there is none yet."""
    return await show_cohort(request, person, transaction, cohort_id)


@router.get("/cohorts/{cohort_id}/search")
async def search_part(
    cohort_id: UUID, request: Request, person: Viewer, transaction: Transaction
) -> Response:
    """How far the search is; when it has ended, the whole page is to be shown anew."""
    search = await working.read_search(cohort_id, transaction, person)
    answer = render(request, "search.html", person=person, search=search, cohort_id=cohort_id)
    if search["state"] == "none":
        answer.headers["HX-Refresh"] = "true"
    return answer


async def show_cohort(
    request: Request,
    person: Person,
    transaction: Transaction,
    cohort_id: UUID,
    refused: Refused | None = None,
) -> Response:
    """The page; with the draft for who may change it, and with what was refused."""
    shown = await timetable_api.read_timetable(cohort_id, transaction, person)
    values: dict[str, Any] = {
        "cohort": await queries.cohort_of(transaction, cohort_id),
        "draft": await _draft(transaction, cohort_id, person) if shown["timetable_version"] else None,
        "search": await working.read_search(cohort_id, transaction, person),
        "cohort_id": cohort_id,
        "stations": {str(one["station_id"]): one["station"] for one in shown["stints"]},
        "refused": words_of(refused, language_of(request)) if refused else None,
    }
    return render(
        request, "cohort.html", person=person, status=409 if refused else 200, shown=shown, **values
    )


async def _draft(transaction: Transaction, cohort_id: UUID, person: Person) -> dict[str, Any] | None:
    row = await transaction.get(DraftRow, cohort_id)
    if row is None or not person.has(Role.COORDINATOR):
        return None
    known, situation = await drafting.loaded(transaction, cohort_id)
    return drafting.compared(known, situation, row)


def words_of(refused: Refused, language: str) -> str:
    """A refusal as one line: what, which, what to do, and its code."""
    return f"{refused.title(language)} {refused.detail} {refused.what_to_do(language)} ({refused.code})"
