"""The page of a college's teachers: what each teaches and still lacks for it, what each holds until when."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import assigning, lapsing, qualifications, queries
from services.curriculum.pages import checked
from services.curriculum.people import Teacher
from services.curriculum.staffing import fit, is_dual
from services.curriculum.teachable import taught
from services.curriculum.voting import Asked, Coordinator
from shared.errors import NotFound, Refused
from shared.events.base import Code, Text
from shared.events.plan_parts import PlanModule
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person, Role, require
from shared.web.page import render
from shared.web.posting import problem_of, tried

PAGE = "/curriculum/teachers"
router = APIRouter(prefix=PAGE, include_in_schema=False)


class Named(Asked):
    """Which qualification."""

    code: Code


OfTheCollege = Annotated[Person, require(Role.COORDINATOR, Role.TEACHER, Role.PANEL_COLLEGE, Role.MANAGER)]


@router.get("")
async def teachers_page(request: Request, person: OfTheCollege, transaction: Transaction) -> Response:
    """Every teacher of the college, with what speaks against an assignment."""
    return await _shown(request, person, transaction)


@router.post("")
async def add(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """A new teacher, by name and what they know."""
    form = await request.form()
    codes = [str(code) for code in form.getlist("competencies")]

    async def act() -> None:
        new = checked(assigning.NewTeacher, name=form.get("name"), competencies=codes)
        await assigning.add_teacher(new, person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, refused=refused)

    return await tried(transaction, act(), PAGE, again)


@router.post("/qualifications")
async def name_qualification(request: Request, person: Coordinator, transaction: Transaction) -> Response:
    """What a qualification is called in both languages."""
    form = await request.form()

    async def act() -> None:
        title = checked(Text, zh=form.get("zh"), en=form.get("en"))
        code = checked(Named, code=form.get("code")).code
        await qualifications.name_qualification(code, title, person, transaction)

    async def again(refused: Refused) -> Response:
        return await _shown(request, person, transaction, refused=refused)

    return await tried(transaction, act(), PAGE, again)


@router.post("/{teacher_id}/{act}")
async def change(
    teacher_id: UUID, act: str, request: Request, person: Coordinator, transaction: Transaction
) -> Response:
    """Assign, take off or qualify; a warning is shown, a refusal changes nothing."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        async with transaction.begin_nested():
            done = await _done(teacher_id, act, form, person, transaction)
    except Refused as refused:
        transaction.expire_all()
        return await _shown(request, person, transaction, refused=refused)
    if done.warnings:
        return await _shown(request, person, transaction, warnings=done.warnings)
    return RedirectResponse(PAGE, 303)


async def _done(
    teacher_id: UUID, act: str, form: dict[str, str], person: Person, transaction: AsyncSession
) -> assigning.Warned:
    if act == "assign":
        return await assigning.assign(teacher_id, form.get("module", ""), person, transaction)
    if act == "take-off":
        return await assigning.take_off(teacher_id, form.get("module", ""), person, transaction)
    if act == "qualify":
        until = checked(assigning.Until, until=form.get("until") or None)
        return await assigning.qualify(teacher_id, form.get("code", ""), until, person, transaction)
    raise NotFound(act)


async def _shown(
    request: Request,
    person: Person,
    transaction: AsyncSession,
    *,
    refused: Refused | None = None,
    warnings: list[Text] | None = None,
) -> Response:
    wanted = select(Teacher).order_by(col(Teacher.name), col(Teacher.teacher_id))
    wanted = wanted.where(Teacher.college_id == person.college_id) if person.college_id else wanted
    rows = (await transaction.scalars(wanted)).all()
    colleges = {one.college_id for one in rows} | ({person.college_id} if person.college_id else set())
    modules = {
        module.module: module for college in colleges for _, module in await taught(transaction, college)
    }
    day = await today(transaction)
    names = await queries.competency_titles(transaction)
    asked = sorted({code for module in modules.values() for code in module.contribution})
    return render(
        request,
        "teachers.html",
        person=person,
        status=refused.status if refused else 200,
        teachers=[_teacher(one, modules, day) for one in rows],
        modules=modules,
        competencies={code: names.get(code) for code in asked},
        qualifications=await _qualifications(transaction, colleges, rows, modules.values()),
        problem=problem_of(request, refused),
        warnings=warnings or [],
    )


async def _qualifications(
    session: AsyncSession,
    colleges: Iterable[UUID],
    teachers: Iterable[Teacher],
    modules: Iterable[PlanModule],
) -> dict[str, dict[str, str] | None]:
    """Every qualification that is held, asked for or named, with its name where there is one."""
    named: dict[str, dict[str, str]] = {}
    for college in colleges:
        named |= await queries.qualification_titles(session, college)
    held = {code for one in teachers for code in one.qualifications}
    codes = held | {code for module in modules for code in module.qualifications} | named.keys()
    return {code: named.get(code) for code in sorted(codes)}


def _teacher(teacher: Teacher, modules: dict[str, PlanModule], day: date) -> dict[str, Any]:
    fits = {name: fit(modules[name], teacher, day) for name in teacher.modules if name in modules}
    return {
        "teacher_id": teacher.teacher_id,
        "name": teacher.name,
        "dual": is_dual(teacher, day),
        "until": teacher.dual_until,
        "ends_soon": teacher.dual_until is not None and day >= teacher.dual_until - lapsing.NOTICE,
        "competencies": teacher.competencies,
        "modules": [
            {"module": name, "title": modules[name].title if name in modules else None, "fit": fits.get(name)}
            for name in teacher.modules
        ],
        "held": [
            {"code": name, "until": date.fromisoformat(until) if until else None,
             "ended": name not in teacher.held(day),
             "ends_soon": until is not None and day >= date.fromisoformat(until) - lapsing.NOTICE}
            for name, until in sorted(teacher.qualifications.items())
        ],
    }  # fmt: skip
