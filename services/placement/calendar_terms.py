"""The term calendar over HTTP: terms of a college and the public holidays become its weeks without teaching."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, model_validator
from sqlalchemy import delete
from sqlmodel import col

from services.placement.access import Coordinator
from services.placement.api import Body
from services.placement.model import Cohort
from services.placement.papers import Holiday
from services.placement.reconsidering import ask
from services.placement.terms import weeks_without_teaching
from shared.errors import Invalid
from shared.service import Transaction

router = APIRouter(prefix="/placement/v1", tags=["calendars"])


class YearNotKnown(Invalid):
    """The public holidays of that year are not known yet."""

    code = "E-PLC-424"
    zh = "该年度的法定节假日安排尚未公布。"
    remedy = "Name the weeks yourself with PUT /placement/v1/holidays."
    remedy_zh = "请用 PUT /placement/v1/holidays 自行给出假期周。"


class Term(Body):
    """First and last day of teaching."""

    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> "Term":
        if self.last_day < self.first_day:
            raise ValueError("last_day lies before first_day")
        return self


class Terms(Body):
    """All terms of a college. A week with fewer teaching days than `least_days` is not counted as a teaching week."""

    college_id: UUID
    terms: list[Term] = Field(min_length=1, max_length=20)
    least_days: int = Field(default=3, ge=1, le=5)


@router.put("/terms")
async def keep_terms(body: Terms, transaction: Transaction, _: Coordinator) -> list[dict[str, Any]]:
    """The weeks without teaching that follow, kept in place of those before; `PUT holidays` may still change them."""
    terms = [(term.first_day, term.last_day) for term in body.terms]
    weeks = weeks_without_teaching(terms, _works, body.least_days)
    await transaction.execute(delete(Holiday).where(col(Holiday.college_id) == body.college_id))
    transaction.add_all(Holiday(college_id=body.college_id, monday=monday) for monday, _ in weeks)
    await ask(transaction, col(Cohort.college_id) == body.college_id)
    return [{"monday": monday, "teaching_days": days} for monday, days in weeks]


def _works(day: date) -> bool:
    from chinese_calendar import is_workday  # noqa: PLC0415 - only this request needs it

    try:
        return bool(is_workday(day))
    except NotImplementedError as unknown:
        raise YearNotKnown(str(day.year), field="terms") from unknown
