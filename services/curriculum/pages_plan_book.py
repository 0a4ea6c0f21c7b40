"""The first version of a plan from a workbook, and any version as one."""

from asyncio import to_thread
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response, UploadFile

from services.curriculum import api, pages, parties, plan_book, planning, queries
from services.curriculum.refusals import PlanBookBroken
from services.curriculum.voting import Coordinator
from shared.errors import Forbidden
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.identity import Person, SignedIn
from shared.web.posting import tried

router = APIRouter(prefix="/curriculum", include_in_schema=False)
LARGEST = 4_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/plans/{plan_id}/plan.xlsx")
async def take_version(
    plan_id: UUID, person: SignedIn, transaction: Transaction, version: int | None = None
) -> Response:
    """A version as the workbook that another plan can begin with."""
    await parties.visible_plan(transaction, plan_id, person)
    plan = await queries.version_of(transaction, plan_id, version)
    codes = [one.competency for one in plan.requirements]
    names = await queries.competency_titles(transaction)
    book = await to_thread(plan_book.written, plan.modules, plan.phases, codes, names)
    return _file(book, f"plan-v{plan.plan_version}")


@router.get("/programmes/{programme_id}/plan.xlsx")
async def take_form(programme_id: UUID, person: Coordinator, transaction: Transaction) -> Response:
    """The empty form: the phases of the programme's template, a column for each competency that its positions ask for."""
    programme = await queries.programme_of(transaction, programme_id)
    if not parties.sees(programme, person):
        raise Forbidden
    phases = planning.phases_of(Template.model_validate(programme.template))
    codes = [one.competency for one in await api.required(transaction, programme)]
    names = await queries.competency_titles(transaction)
    return _file(await to_thread(plan_book.written, [], phases, codes, names), "plan")


@router.post("/plans")
async def publish_book(
    request: Request,
    person: Coordinator,
    transaction: Transaction,
    programme_id: Annotated[UUID, Form()],
    book: UploadFile,
) -> Response:
    """Version 1 of the programme's plan; with a fault in the workbook nothing is published."""
    again = partial(pages.plans_shown, request, person, transaction)
    return await tried(transaction, _publish(programme_id, book, person, transaction), pages.PLANS, again)


async def _publish(programme_id: UUID, book: UploadFile, person: Person, transaction: Transaction) -> None:
    body = await book.read(LARGEST + 1)
    if len(body) > LARGEST:
        raise PlanBookBroken("larger than 4 MB / 超过 4 MB", field="book")
    new = pages.checked(api.NewPlan, modules=await to_thread(plan_book.read, body))
    await api.publish_plan(programme_id, new, person, transaction)


def _file(body: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "no-store"}
    return Response(body, media_type=XLSX, headers=headers)
