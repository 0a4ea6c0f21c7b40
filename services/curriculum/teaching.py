"""Teachers, their secondments and who is dual-qualified, over HTTP."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlmodel import col, select

from services.curriculum import lapsing, practice, views
from services.curriculum.model import Programme
from services.curriculum.people import Secondment, Teacher
from services.curriculum.refusals_people import SecondmentRefused, SecondmentUnknown, TeacherUnknown
from services.curriculum.voting import Asked, Coordinator
from shared.events.base import Code, Requirement
from shared.events.curriculum import SecondmentPlanned, SecondmentReported, TeacherQualified
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.programmes import schemes
from shared.programmes.grammar import Template
from shared.service import Transaction
from shared.web.identity import Person, Role, SignedIn, require

router = APIRouter(prefix="/curriculum/v1", tags=["teachers"])
TeacherOrCoordinator = Annotated[Person, require(Role.TEACHER, Role.COORDINATOR)]


class NewSecondment(Asked):
    """A stint at a plant, with learning goals."""

    secondment_id: UUID = Field(default_factory=uuid7)
    teacher_id: UUID
    enterprise_id: UUID
    workshop_id: UUID | None = None
    programme_id: UUID | None = None
    first_day: date
    last_day: date
    goals: list[Code] = Field(min_length=1, max_length=30)


class Report(Asked):
    """What a teacher brings back."""

    learnt: list[Code] = Field(max_length=30)
    requirements: list[Requirement] = Field(default_factory=list, max_length=50)
    reported_on: date | None = None
    comment: str | None = Field(default=None, max_length=2000)


@router.get("/teachers")
async def list_teachers(person: SignedIn, transaction: Transaction) -> list[views.Shown]:
    wanted = select(Teacher).order_by(col(Teacher.teacher_id))
    if person.enterprise_id:
        return []
    wanted = wanted.where(Teacher.college_id == person.college_id) if person.college_id else wanted
    return [
        row.model_dump(exclude={"dual_from", "dual_until"})
        | {"dual": {"from": row.dual_from, "until": row.dual_until} if row.dual_from else None}
        for row in await transaction.scalars(wanted)
    ]


@router.get("/teachers/share")
async def read_share(person: SignedIn, transaction: Transaction, on: date | None = None) -> views.Shown:
    day = on or await today(transaction)
    rows = (await transaction.scalars(select(Teacher))).all()
    mine = [row for row in rows if person.college_id in (None, row.college_id)]
    dual = sum(
        bool(row.dual_from and row.dual_until and row.dual_from <= day <= row.dual_until) for row in mine
    )
    return {"dual": dual, "all": len(mine), "share": dual / len(mine) if mine else None, "on": day}


@router.post("/secondments", status_code=201)
async def plan_secondment(new: NewSecondment, person: Coordinator, transaction: Transaction) -> Secondment:
    teacher = await transaction.get(Teacher, new.teacher_id)
    if teacher is None or person.college_id not in (None, teacher.college_id):
        raise TeacherUnknown(str(new.teacher_id))
    if new.last_day < new.first_day:
        raise SecondmentRefused("last_day lies before first_day", "结束日早于开始日", field="last_day")
    rule = await _rule(transaction, new.programme_id)
    if rule and len(set(new.goals)) < rule.least_goals:
        raise SecondmentRefused(
            f"at least {rule.least_goals} goals", f"至少 {rule.least_goals} 个目标", field="goals"
        )
    theirs = (
        await transaction.scalars(select(Secondment).where(Secondment.teacher_id == new.teacher_id))
    ).all()
    if any(one.first_day <= new.last_day and new.first_day <= one.last_day for one in theirs):
        raise SecondmentRefused(
            "the teacher is at a plant in these days already", "该教师此期间已在企业实践", field="first_day"
        )
    secondment = Secondment(**new.model_dump())
    transaction.add(secondment)
    emit(transaction, SecondmentPlanned.model_validate(new.model_dump()))
    return secondment


@router.get("/secondments")
async def list_secondments(person: SignedIn, transaction: Transaction) -> list[Secondment]:
    """Those at one's own enterprise, or of one's own college's teachers."""
    wanted = select(Secondment).order_by(col(Secondment.first_day), col(Secondment.secondment_id))
    if person.enterprise_id:
        wanted = wanted.where(Secondment.enterprise_id == person.enterprise_id)
    if person.college_id:
        own = select(Teacher.teacher_id).where(Teacher.college_id == person.college_id)
        wanted = wanted.where(col(Secondment.teacher_id).in_(own))
    return list(await transaction.scalars(wanted))


@router.post("/secondments/{secondment_id}/report")
async def report_secondment(
    secondment_id: UUID, report: Report, person: TeacherOrCoordinator, transaction: Transaction
) -> Secondment:
    wanted = select(Secondment).where(Secondment.secondment_id == secondment_id).with_for_update()
    secondment = await transaction.scalar(wanted)
    own = secondment is not None and secondment.teacher_id == person.person_id
    if secondment is None or not (own or person.has(Role.COORDINATOR)):
        raise SecondmentUnknown(str(secondment_id))
    if secondment.reported_on:
        raise SecondmentRefused("it has been reported already", "已提交过报告")
    now = await today(transaction)
    day = report.reported_on or now
    if day < secondment.first_day:
        raise SecondmentRefused("it has not begun", "实践尚未开始", field="reported_on")
    if day > now:
        raise SecondmentRefused("the day of the report lies ahead", "报告日期晚于今天", field="reported_on")
    secondment.reported_on, secondment.learnt, secondment.comment = day, list(report.learnt), report.comment
    rule = await _rule(transaction, secondment.programme_id)
    opens = report.requirements if rule is None or rule.report_opens_revision else []
    kept = secondment.model_dump(include={"secondment_id", "teacher_id", "programme_id"})
    emit(transaction, SecondmentReported(**kept, reported_on=day, learnt=report.learnt, requirements=opens))
    await _qualify(transaction, secondment.teacher_id, rule, day)
    return secondment


async def _rule(transaction: Transaction, programme_id: UUID | None) -> schemes.Secondment | None:
    programme = await transaction.get(Programme, programme_id) if programme_id else None
    return Template.model_validate(programme.template).secondment if programme else None


async def _qualify(
    transaction: Transaction, teacher_id: UUID, rule: schemes.Secondment | None, day: date
) -> None:
    """A teacher with enough recent days at a plant is dual-qualified until these days are no longer recent."""
    await transaction.flush()
    reported = select(Secondment).where(
        Secondment.teacher_id == teacher_id, col(Secondment.reported_on).is_not(None)
    )
    stints = [(one.first_day, min(one.last_day, day)) for one in await transaction.scalars(reported)]
    until = practice.dual_until(stints, day, *practice.asked_by(rule))
    teacher = await transaction.get(Teacher, teacher_id)
    if until is None or teacher is None:
        return
    before = teacher.ends()
    still = teacher.dual_until is not None and teacher.dual_until >= day - timedelta(days=1)
    teacher.dual_from = teacher.dual_from if still and teacher.dual_from else day
    teacher.dual_until = max(until, teacher.dual_until or until)
    said = teacher.model_dump(include={"teacher_id", "college_id", "dual_from", "dual_until"})
    emit(transaction, TeacherQualified.model_validate(said))
    lapsing.watch(transaction, teacher, before, day)
