"""Teachers and what they may teach, over HTTP: who is assigned to a module, and what they hold until when."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import lapsing
from services.curriculum.comparing import Shown
from services.curriculum.people import Teacher
from services.curriculum.queries import qualification_titles
from services.curriculum.refusals_people import TeacherUnfit, TeacherUnknown
from services.curriculum.rule_packs import Consequence
from services.curriculum.staffing import objections
from services.curriculum.teachable import taught
from services.curriculum.voting import Asked, Coordinator
from shared.errors import Invalid
from shared.events.base import Code, Text
from shared.events.curriculum import TeacherAssigned
from shared.ids import uuid7
from shared.messaging import emit, today
from shared.service import Transaction
from shared.web.identity import Person

router = APIRouter(prefix="/curriculum/v1/teachers", tags=["teachers"])
Named = Annotated[Code, Path()]
MOST_MODULES = 50


class NewTeacher(Asked):
    """A teacher of the college. Sent again with the same id, it replaces what was said; dual status stays."""

    teacher_id: UUID = Field(default_factory=uuid7)
    college_id: UUID | None = None
    name: str = Field(min_length=1, max_length=100)
    modules: list[Code] = Field(default_factory=list, max_length=MOST_MODULES)
    competencies: list[Code] = Field(default_factory=list, max_length=100)
    qualifications: dict[Code, date | None] = Field(
        default_factory=dict, max_length=50, description="what is held, until which day; null: without end"
    )


class Until(Asked):
    """The last day of a qualification; none where it does not end."""

    until: date | None = None


class Warned(BaseModel):
    """A teacher, and what speaks against the assignments that were made all the same."""

    teacher: Shown
    warnings: list[Text]


@router.post("", status_code=201)
async def add_teacher(new: NewTeacher, person: Coordinator, transaction: Transaction) -> Shown:
    college_id = person.college_id or new.college_id
    if college_id is None:
        raise Invalid("whose teacher is it?", field="college_id")
    teacher = await transaction.get(Teacher, new.teacher_id, with_for_update=True)
    if teacher is None:
        teacher = Teacher(
            teacher_id=new.teacher_id, college_id=college_id, name="", modules=[], competencies=[]
        )
        transaction.add(teacher)
    _check_own(teacher, person)
    fresh = [name for name in new.modules if name not in teacher.modules]
    teacher.name, teacher.competencies = new.name, new.competencies
    await _hold(transaction, teacher, new.qualifications)
    warnings = await check(transaction, teacher, fresh)
    _teaches(transaction, teacher, new.modules)
    await transaction.flush()
    return teacher.model_dump() | {"warnings": warnings}


@router.put("/{teacher_id}/modules/{module}")
async def assign(teacher_id: UUID, module: Named, person: Coordinator, transaction: Transaction) -> Warned:
    """This teacher teaches the module from now on; refused or warned about as the pack of its plan says."""
    teacher = await teacher_of(transaction, teacher_id, person)
    warnings = await check(transaction, teacher, [module])
    if module not in teacher.modules:
        _teaches(transaction, teacher, [*teacher.modules, module])
    return Warned(teacher=teacher.model_dump(), warnings=warnings)


@router.delete("/{teacher_id}/modules/{module}")
async def take_off(teacher_id: UUID, module: Named, person: Coordinator, transaction: Transaction) -> Warned:
    teacher = await teacher_of(transaction, teacher_id, person)
    _teaches(transaction, teacher, [name for name in teacher.modules if name != module])
    return Warned(teacher=teacher.model_dump(), warnings=[])


@router.put("/{teacher_id}/qualifications/{code}")
async def qualify(
    teacher_id: UUID, code: Named, given: Until, person: Coordinator, transaction: Transaction
) -> Warned:
    """Held until this day; a day that has passed says that it is held no longer."""
    teacher = await teacher_of(transaction, teacher_id, person)
    await _hold(transaction, teacher, {**teacher.qualifications, code: given.until})
    return Warned(teacher=teacher.model_dump(), warnings=[])


async def teacher_of(session: AsyncSession, teacher_id: UUID, person: Person) -> Teacher:
    """A teacher of the person's college, locked; unknown where it is another's."""
    teacher = await session.get(Teacher, teacher_id, with_for_update=True)
    if teacher is None:
        raise TeacherUnknown(str(teacher_id))
    _check_own(teacher, person)
    return teacher


async def _hold(
    session: AsyncSession, teacher: Teacher, qualifications: Mapping[Code, date | str | None]
) -> None:
    """The whole list, each time; what ends is watched."""
    before = teacher.ends()
    teacher.hold(qualifications)
    lapsing.watch(session, teacher, before, await today(session))


def _teaches(session: AsyncSession, teacher: Teacher, modules: list[Code]) -> None:
    """The whole list, each time, here and for whoever plans by it."""
    if len(modules) > MOST_MODULES:
        raise Invalid(f"at most {MOST_MODULES} modules each", field="modules")
    teacher.modules = modules
    said = TeacherAssigned(teacher_id=teacher.teacher_id, college_id=teacher.college_id, modules=modules)
    emit(session, said)


def _check_own(teacher: Teacher, person: Person) -> None:
    if person.college_id not in {None, teacher.college_id}:
        raise TeacherUnknown(str(teacher.teacher_id))


async def check(session: AsyncSession, teacher: Teacher, names: list[Code]) -> list[Text]:
    """The warnings about these assignments; refused where a pack of the college's plans refuses one."""
    on, warnings = await today(session), []
    called = await qualification_titles(session, teacher.college_id)
    for pack, module in await taught(session, teacher.college_id) if names else ():
        if module.module not in names:
            continue
        for follows, words in objections(module, teacher, on, pack.teachers, called):
            if follows is Consequence.REFUSE:
                raise TeacherUnfit(f"{words.en} / {words.zh} ({pack.teachers.source})", field="modules")
            warnings.append(words)
    return warnings
