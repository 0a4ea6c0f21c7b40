"""The page of what became of graduates, one cohort beside another."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback import employment, employment_picture
from services.feedback.pages import cohorts_of
from services.feedback.protection import Protection, Staff
from shared.service import Transaction
from shared.web.page import render

router = APIRouter(prefix="/feedback", include_in_schema=False)


@router.get("/employment")
async def employment_page(
    request: Request, person: Staff, transaction: Transaction, cohort_id: UUID | None = None,
    compared_with: UUID | None = None,
) -> Response:  # fmt: skip
    """Retention with its interval, what happened first, time to working unaided; the newest cohort of which anything is known."""
    cohorts = await cohorts_of(transaction, person)
    chosen = cohort_id or next(iter([one.cohort_id for one in cohorts]), None)
    found = await employment.read_employment(chosen, person, transaction, compared_with) if chosen else None
    groups = [found["cohort"], found["compared"]] if found else []
    values: dict[str, Any] = {
        "choices": {one.cohort_id: one.title for one in cohorts}, "chosen": chosen, "found": found,
        "least": Protection().feedback_minimum_n, "picture": employment_picture,
        "groups": [one for one in groups if one],
        "curves": [one for one in map(employment_picture.drawn, groups) if one],
        "risks": employment_picture.risks(found["cohort"]) if found and found["cohort"]["followed"] is not None else [],
    }  # fmt: skip
    return render(request, "employment.html", person=person, **values)
