"""The page of stints at the plant: who goes where to learn what, and what each brought back."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries, teaching
from services.curriculum.model import Programme
from services.curriculum.pages import checked
from services.curriculum.pages_teachers import OfTheCollege
from services.curriculum.people import Teacher
from services.curriculum.voting import Coordinator
from shared.errors import Refused
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person
from shared.web.page import render
from shared.web.posting import problem_of, tried

PAGE = "/curriculum/secondments"
router = APIRouter(prefix=PAGE, include_in_schema=False)


@router.get("")
async def secondments_page(request: Request, person: OfTheCollege, transaction: Transaction) -> Response:
    """Every stint of the college's teachers, the newest first."""
    return await _shown(request, person, transaction)


@router.post("")
async def plan(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """A teacher goes to a plant of a programme."""
    sent = await request.form()
    form: dict[str, Any] = {name: value for name, value in sent.items() if value}
    form["programme_id"], _, form["enterprise_id"] = str(form.pop("where", "")).partition("/")
    form["goals"] = sent.getlist("goals")

    async def act() -> None:
        await teaching.plan_secondment(checked(teaching.NewSecondment, **form), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, refused, form)

    return await tried(transaction, act(), PAGE, again)


@router.post("/{secondment_id}/report")
async def report(
    secondment_id: UUID, request: Request, person: teaching.TeacherOrCoordinator, transaction: Transaction
) -> Response:
    """What was learnt, and the level that the plant now asks of a competency, where it moved."""
    sent = await request.form()
    form: dict[str, Any] = {name: value for name in ("reported_on", "comment") if (value := sent.get(name))}
    form["learnt"] = sent.getlist("learnt")
    form["requirements"] = [
        {"competency": name.removeprefix("level-"), "level": value}
        for name, value in sent.items()
        if name.startswith("level-") and value
    ]

    async def act() -> None:
        await teaching.report_secondment(secondment_id, checked(teaching.Report, **form), person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, refused)

    return await tried(transaction, act(), PAGE, again)


async def _shown(
    request: Request,
    person: Person,
    transaction: AsyncSession,
    refused: Refused | None = None,
    given: dict[str, Any] | None = None,
) -> Response:
    of_college = select(Teacher).order_by(col(Teacher.name), col(Teacher.teacher_id))
    programmes = select(Programme).order_by(col(Programme.programme_id))
    if person.college_id:
        of_college = of_college.where(Teacher.college_id == person.college_id)
        programmes = programmes.where(Programme.college_id == person.college_id)
    return render(
        request,
        "secondments.html",
        person=person,
        status=refused.status if refused else 200,
        secondments=(await teaching.list_secondments(person, transaction))[::-1],
        teachers={one.teacher_id: one for one in await transaction.scalars(of_college)},
        programmes={one.programme_id: one for one in await transaction.scalars(programmes)},
        names=await queries.competency_titles(transaction),
        day=await today(transaction),
        given=dict.fromkeys(teaching.NewSecondment.model_fields) | (given or {}),
        problem=problem_of(request, refused),
    )
