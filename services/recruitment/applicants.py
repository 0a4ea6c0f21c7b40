"""Takes applications into the tables, one or thousands: every bad one is found before any is saved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, insert, select

from services.recruitment.model import (
    Applicant,
    Application,
    ApplicationState,
    Intake,
    IntakeState,
    Programme,
)
from services.recruitment.refusals import IntakeNotOpen
from shared.events.base import Code, Text
from shared.events.enterprise import EmployeeNominated
from shared.ids import uuid7

FactValue = bool | float | str | list[float]


class NewApplication(BaseModel, extra="forbid", allow_inf_nan=False):
    """A person and the facts that eligibility and score ask for."""

    application_id: UUID = Field(default_factory=uuid7)
    applicant_id: UUID | None = None
    name: str = Field(default="", max_length=200)
    person_number: str | None = Field(default=None, min_length=1, max_length=64)
    enterprise_id: UUID | None = None
    employee_id: UUID | None = None
    enterprise_number: Code | None = None
    status: Code | None = None
    hired_on: date | None = None
    born_on: date | None = None
    direction: Code | None = None
    preference: int = Field(default=1, ge=1, le=100)
    facts: dict[Code, FactValue] = Field(default_factory=dict, max_length=50)


class Problem(BaseModel):
    """What is wrong with one cell or row, and what to do."""

    row: int
    column: str | None = None
    value: str | None = None
    what: Text
    remedy: Text


CORRECT = Text(zh="请改正该值后重新提交。", en="Correct this value and send it again.")
REMOVE = Text(zh="请删除重复的行。", en="Remove the row that is there twice.")
LEAVE_OUT = Text(zh="此人已申请，请删除该行。", en="This person has applied already: leave the row out.")


def problems_of(row: int, broken: ValidationError) -> list[Problem]:
    """What pydantic found, cell by cell."""
    return [
        Problem(
            row=row,
            column=".".join(map(str, error["loc"])) or None,
            value=str(error["input"])[:100] if not isinstance(error["input"], dict) else None,
            what=Text(zh=f"内容不符合要求：{error['msg']}", en=error["msg"]),
            remedy=CORRECT,
        )
        for error in broken.errors(include_url=False)
    ]


Rows = Sequence[tuple[int, NewApplication]]


def repeats(rows: Rows, seen: dict[tuple[str, object], int] | None = None) -> list[Problem]:
    """Persons and ids that appear twice in one list, or in the parts of it that `seen` remembers."""
    found: list[Problem] = []
    seen = {} if seen is None else seen
    for row, new in rows:
        for column in ("application_id", "applicant_id", "person_number", "employee_id"):
            value = getattr(new, column)
            if value is None:
                continue
            first = seen.setdefault((column, value), row)
            if first != row:
                what = Text(zh=f"与第 {first} 行重复", en=f"the same as in row {first}")
                found.append(Problem(row=row, column=column, value=str(value), what=what, remedy=REMOVE))
    return found


def application_of(nominated: EmployeeNominated, application_id: UUID) -> NewApplication:
    """An employee put forward by the enterprise applies with the facts that came along."""
    facts: dict[str, FactValue] = dict(nominated.marks)
    if nominated.performance is not None:
        facts["performance"] = nominated.performance
    return NewApplication(
        application_id=application_id,
        enterprise_id=nominated.enterprise_id,
        employee_id=nominated.employee_id,
        status="employee",
        hired_on=nominated.hired_on,
        born_on=nominated.born_on,
        direction=nominated.direction,
        facts=facts,
    )


def open_for_applications(intake: Intake, on: date) -> None:
    """An intake takes applications until its closing day is over."""
    if intake.state != IntakeState.OPEN:
        raise IntakeNotOpen(f"state {intake.state}", field="intake_id", state=intake.state)
    if on > intake.closes_on:
        raise IntakeNotOpen(f"closed on {intake.closes_on}, today is {on}", field="intake_id")


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind an application, and whether they are met for the first time."""

    id: UUID
    new: bool


async def check(session: AsyncSession, intake: Intake, programme: Programme, rows: Rows) -> list[Problem]:
    """What is wrong with these rows among themselves and against what is known."""
    return repeats(rows) + await known_already(session, intake, programme, rows)


async def take(session: AsyncSession, intake: Intake, programme: Programme, rows: Rows) -> list[Problem]:
    """Save these applications, or none of them and say what is wrong with which."""
    persons = await _persons(session, programme.college_id, [new for _, new in rows])
    found = repeats(rows) + await _known(session, intake, programme, rows, persons)
    if found or not rows:
        return found
    unknown = [
        _person(new, who, programme.college_id) for _, new in rows if (who := persons[new.application_id]).new
    ]
    if unknown:
        await session.execute(insert(Applicant), unknown)
    applications = [_application(intake, programme, new, persons[new.application_id].id) for _, new in rows]
    await session.execute(insert(Application), applications)
    return []


async def known_already(
    session: AsyncSession, intake: Intake, programme: Programme, rows: Rows
) -> list[Problem]:
    """Who has applied before, and enterprises that take no part."""
    persons = await _persons(session, programme.college_id, [new for _, new in rows])
    return await _known(session, intake, programme, rows, persons)


async def _known(
    session: AsyncSession, intake: Intake, programme: Programme, rows: Rows, persons: dict[UUID, Who]
) -> list[Problem]:
    found: list[Problem] = []
    theirs = [person.id for person in persons.values() if not person.new]
    there = select(Application.applicant_id).where(
        Application.intake_id == intake.intake_id, col(Application.applicant_id).in_(theirs)
    )
    applied = set(await session.scalars(there))
    ids = [new.application_id for _, new in rows]
    taken = select(Application.application_id).where(col(Application.application_id).in_(ids))
    used = set(await session.scalars(taken))
    for row, new in rows:
        if persons[new.application_id].id in applied or new.application_id in used:
            who = new.person_number or str(new.applicant_id or new.employee_id or new.application_id)
            what = Text(
                zh="该人或该编号已在此批次申请", en="this person or id has applied to this intake already"
            )
            found.append(Problem(row=row, value=who, what=what, remedy=LEAVE_OUT))
        enterprise = str(_enterprise(intake, programme, new))
        if enterprise not in programme.enterprise_ids:
            what = Text(zh="该企业不参与此项目", en="this enterprise does not take part in the programme")
            found.append(
                Problem(row=row, column="enterprise_id", value=enterprise, what=what, remedy=CORRECT)
            )
    return found


def _enterprise(intake: Intake, programme: Programme, new: NewApplication) -> UUID:
    return new.enterprise_id or intake.enterprise_id or UUID(programme.enterprise_ids[0])


def _application(
    intake: Intake, programme: Programme, new: NewApplication, applicant_id: UUID
) -> dict[str, Any]:
    """The row of an application; thousands are written at once, faster than one object each."""
    status = "employee" if new.employee_id else programme.template["learner_status"]
    return {
        "application_id": new.application_id,
        "intake_id": intake.intake_id,
        "applicant_id": applicant_id,
        "enterprise_id": _enterprise(intake, programme, new),
        "enterprise_number": new.enterprise_number,
        "preference": new.preference,
        "status": new.status or status,
        "hired_on": new.hired_on,
        "direction": new.direction,
        "facts": new.model_dump(mode="json", include={"facts"})["facts"],
        "state": ApplicationState.SUBMITTED,
        "failed": [],
    }


def _person(new: NewApplication, who: Who, college_id: UUID) -> dict[str, Any]:
    return {
        "applicant_id": who.id,
        "college_id": college_id,
        **new.model_dump(include={"name", "person_number", "employee_id", "born_on"}),
    }


async def _persons(
    session: AsyncSession, college_id: UUID, news: Sequence[NewApplication]
) -> dict[UUID, Who]:
    """The person behind each application: found by id, by number at this college or at work, or new."""
    by_id = await _found(session, "applicant_id", [new.applicant_id for new in news], college_id)
    by_number = await _found(session, "person_number", [new.person_number for new in news], college_id)
    by_work = await _found(session, "employee_id", [new.employee_id for new in news], college_id)
    persons: dict[UUID, Who] = {}
    for new in news:
        known = (
            by_id.get(new.applicant_id) or by_number.get(new.person_number) or by_work.get(new.employee_id)
        )
        persons[new.application_id] = Who(known or new.applicant_id or uuid7(), known is None)
    return persons


async def _found(
    session: AsyncSession, name: str, values: Sequence[Any], college_id: UUID
) -> dict[Any, UUID]:
    wanted = [value for value in values if value is not None]
    if not wanted:
        return {}
    column = getattr(Applicant, name)
    rows = select(column, Applicant.applicant_id).where(col(column).in_(wanted))
    if name == "person_number":
        rows = rows.where(Applicant.college_id == college_id)
    return dict((await session.execute(rows)).all())
