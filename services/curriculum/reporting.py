"""What goes out on paper or as a workbook: the approval form of a revision, the attainment report of a cohort."""

import io
from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import attainment, graduating, printing, publishing, queries, quoting, voting
from services.curriculum.graduates import Mark
from services.curriculum.model import Cohort, InForce, Signal
from services.curriculum.planning import SETTINGS
from services.curriculum.refusals import MarksRefused
from services.curriculum.voting import Asked
from shared.errors import Forbidden
from shared.events.base import Code
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import CauseKind
from shared.messaging import today
from shared.service import Transaction
from shared.spawned import run_spawned
from shared.web.identity import Person, Role, SignedIn, require
from shared.web.language import language_of, speaking
from shared.web.page import environment_of

router = APIRouter(prefix="/curriculum/v1", tags=["reports"])
Teaching = Annotated[Person, require(Role.TEACHER, Role.COORDINATOR)]
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Marked(Asked):
    """Marks of 100 of one trainee, by module."""

    trainee_id: UUID
    marks: dict[Code, Annotated[float, Field(ge=0, le=100)]] = Field(min_length=1, max_length=400)


class MarkSheet(Asked):
    """Who got what. A later mark replaces the earlier one."""

    results: list[Marked] = Field(min_length=1, max_length=1000)
    marked_on: date | None = None


async def _paper(request: Request, template: str, name: str, **values: Any) -> Response:
    """A template as PDF, drawn in a process of its own."""
    with speaking(language_of(request)):
        body = environment_of("curriculum").get_template(f"papers/{template}").render(**values)
    made = await run_spawned(printing.pdf, body)
    return Response(made, media_type=PDF, headers=_named(f"{name}.pdf"))


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


@router.get("/revisions/{revision_id}/form.pdf")
async def print_form(
    revision_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    """The approval form with a stamp box for each side."""
    shown = await voting.read_revision(revision_id, person, transaction)
    programme = await queries.programme_of(transaction, shown["programme_id"])
    shown |= {"evidence": quoting.for_paper(shown["evidence"], programme.enterprise_ids)}
    names = await queries.competency_titles(transaction)
    day = await today(transaction)
    return await _paper(
        request,
        "approval.html",
        f"revision-{revision_id}",
        revision=shown,
        names=names,
        settings=SETTINGS,
        day=day,
    )


@router.post("/cohorts/{cohort_id}/marks", status_code=201)
async def record_marks(
    cohort_id: UUID, sheet: MarkSheet, person: Teaching, transaction: Transaction
) -> dict[str, int]:
    await graduating.cohort_of(transaction, cohort_id, person)
    day = sheet.marked_on or await today(transaction)
    here = set(await graduating.present(transaction, cohort_id))
    plans = await publishing.taught_on(transaction, await _forces(transaction, cohort_id), day, here)
    for one in sheet.results:
        if one.trainee_id not in here:
            raise MarksRefused(f"{one.trainee_id} is not in this cohort", field="trainee_id")
        plan = plans[one.trainee_id]
        known = {module.module for module in plan.modules}
        if strange := sorted(one.marks.keys() - known):
            raise MarksRefused(
                f"no module of plan version {plan.plan_version}: {', '.join(strange)}", field="marks"
            )
        for module, points in one.marks.items():
            await transaction.merge(
                Mark(
                    cohort_id=cohort_id, trainee_id=one.trainee_id, module=module, points=points,
                    plan_version=plan.plan_version, marked_on=day,
                )
            )  # fmt: skip
    return {"trainees": len(sheet.results), "marks": sum(len(one.marks) for one in sheet.results)}


async def _plan_of(session: AsyncSession, cohort_id: UUID, on: date) -> PlanPublished:
    """The version by which the cohort was taught on that day; before its first week the first."""
    forces = await _forces(session, cohort_id)
    then = [one for one in forces if one.effective_from <= on] or forces[:1]
    return await queries.version_of(session, then[-1].plan_id, then[-1].plan_version)


async def _forces(session: AsyncSession, cohort_id: UUID) -> Sequence[InForce]:
    forces = await queries.in_force(session, cohort_id)
    if not forces:
        raise MarksRefused("no plan has been in force for this cohort")
    return forces


async def _reported(
    session: AsyncSession, cohort_id: UUID, person: Person
) -> tuple[Cohort, PlanPublished, attainment.Report]:
    if person.has(Role.TRAINEE, Role.MENTOR):
        raise Forbidden
    cohort, _ = await graduating.cohort_of(session, cohort_id, person)
    plan = await _plan_of(session, cohort_id, await today(session))
    marks: dict[UUID, dict[str, float]] = {}
    under: dict[tuple[UUID, str], PlanPublished] = {}
    versions = {plan.plan_version: plan}
    wanted = select(Mark).where(Mark.cohort_id == cohort_id).order_by(col(Mark.trainee_id), col(Mark.module))
    for mark in await session.scalars(wanted):
        marks.setdefault(mark.trainee_id, {})[mark.module] = mark.points
        if mark.plan_version not in versions:
            versions[mark.plan_version] = await queries.version_of(session, plan.plan_id, mark.plan_version)
        under[mark.trainee_id, mark.module] = versions[mark.plan_version]
    return cohort, plan, attainment.report(plan, marks, under)


@router.get("/cohorts/{cohort_id}/attainment")
async def read_attainment(cohort_id: UUID, person: SignedIn, transaction: Transaction) -> dict[str, Any]:
    _, plan, found = await _reported(transaction, cohort_id, person)
    return {
        "plan_id": plan.plan_id,
        "plan_version": plan.plan_version,
        "trainees": len(found.by_trainee),
        "competencies": [vars(one) | {"verdict": one.verdict} for one in found.competencies],
        "modules": found.modules,
        "unmarked": found.unmarked,
    }


@router.get("/cohorts/{cohort_id}/attainment.pdf")
async def print_attainment(
    cohort_id: UUID, request: Request, person: SignedIn, transaction: Transaction
) -> Response:
    cohort, plan, found = await _reported(transaction, cohort_id, person)
    short = select(Signal).where(Signal.plan_id == plan.plan_id, Signal.kind == CauseKind.GAP)
    gaps = [
        one.evidence | {"outcome": one.outcome}
        for one in await transaction.scalars(short)
        if one.evidence.get("cohort_id") == str(cohort_id)
    ]
    values = {"cohort": cohort, "plan": plan, "report": found, "gaps": gaps, "reached": attainment.REACHED}
    names, day = await queries.competency_titles(transaction), await today(transaction)
    return await _paper(request, "attainment.html", f"attainment-{cohort_id}", names=names, day=day, **values)


@router.get("/cohorts/{cohort_id}/attainment.xlsx")
async def export_attainment(cohort_id: UUID, person: SignedIn, transaction: Transaction) -> Response:
    _, plan, found = await _reported(transaction, cohort_id, person)
    names = await queries.competency_titles(transaction)
    return Response(
        _workbook(plan, found, names), media_type=XLSX, headers=_named(f"attainment-{cohort_id}.xlsx")
    )


def _workbook(plan: PlanPublished, found: attainment.Report, names: dict[str, dict[str, str]]) -> bytes:
    """Three sheets: competencies, modules, trainees by their id."""
    book = import_module("openpyxl").Workbook()
    first = book.active
    first.title = "能力 competencies"
    first.append(
        [
            "code",
            "能力",
            "competency",
            "level 等级",
            "attainment 达成度",
            "lowest 最低",
            "reached 达标率",
            "n",
            "rests on 依据",
        ]
    )
    for one in found.competencies:
        title = names.get(one.competency, {"zh": one.competency, "en": one.competency})
        rests = ", ".join(f"{each.module} {each.part:.0%}" for each in one.support)
        first.append([
            one.competency, title["zh"], title["en"], one.level, one.attainment, one.lowest, one.reached, one.trainees, rests
        ])  # fmt: skip
    second = book.create_sheet("课程 modules")
    second.append(["module", "课程", "title", "mean mark 平均分"])
    for module in plan.modules:
        second.append([module.module, module.title.zh, module.title.en, found.modules[module.module]])
    third = book.create_sheet("学员 trainees")
    codes = [one.competency for one in found.competencies]
    third.append(["trainee", *codes])
    for who, reached in found.by_trainee.items():
        third.append([str(who), *(reached.get(code) for code in codes)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
