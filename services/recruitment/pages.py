"""The screens of recruitment: intakes, and every outcome with its reason."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.recruitment import api, deciding, queries
from services.recruitment.queries import intake_of, shown
from shared.service import Transaction
from shared.web.identity import SignedIn
from shared.web.page import render

router = APIRouter(prefix="/recruitment", include_in_schema=False)
ROWS = 100


@router.get("/intakes")
async def intakes_page(request: Request, person: SignedIn, transaction: Transaction) -> Response:
    """Every recruitment round with its counts."""
    intakes = await api.list_intakes(person, transaction)
    programmes = {str(one.programme_id): one for one in await api.list_programmes(person, transaction)}
    return render(request, "intakes.html", person=person, intakes=intakes, programmes=programmes)


@router.get("/intakes/{intake_id}")
async def intake_page(
    intake_id: UUID,
    request: Request,
    person: SignedIn,
    transaction: Transaction,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """One round: who was selected, who was not, and why."""
    intake = shown(await intake_of(transaction, intake_id))
    programme = await queries.programme_of(transaction, UUID(intake["programme_id"]))
    outcomes = await deciding.list_outcomes(intake_id, person, transaction)
    values: dict[str, Any] = {
        "intake": intake,
        "programme": programme,
        "states": await queries.counts(transaction, intake_id, person),
        "outcomes": outcomes[(page - 1) * ROWS : page * ROWS],
        "found": len(outcomes),
        "page": page,
        "pages": max(1, -(-len(outcomes) // ROWS)),
    }
    return render(request, "intake.html", person=person, **values)
