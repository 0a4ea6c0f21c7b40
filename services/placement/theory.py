"""The theory of a college's cohorts with its teachers, read from what placement knows. Nothing of it is stored."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.placement import queries
from services.placement.floor import FRIDAY
from services.placement.model import Cohort
from services.placement.staff import Secondment, Teacher
from services.placement.teaching import Course, Term, assign, courses_of, shown, terms


async def of_college(session: AsyncSession, college_id: UUID) -> list[Term]:
    """Every course of every cohort with a plan in force; nothing where the college has named no teacher."""
    teachers = (await session.scalars(select(Teacher).where(col(Teacher.college_id) == college_id))).all()
    if not teachers:
        return []
    wanted = select(Cohort).where(col(Cohort.college_id) == college_id, col(Cohort.plan_id).is_not(None))
    courses: list[Course] = []
    for cohort in (await session.scalars(wanted)).all():
        courses += courses_of(await queries.everything_about(session, cohort))
    away = await _away(session, [one.teacher_id for one in teachers])
    return list(terms(assign(courses, teachers, away)))


async def of_cohort(session: AsyncSession, cohort: Cohort) -> list[dict[str, Any]]:
    """Those of one cohort, in the order of their weeks."""
    mine = [
        term
        for term in await of_college(session, cohort.college_id)
        if term.course.cohort_id == cohort.cohort_id
    ]
    return [shown(term) for term in sorted(mine, key=lambda one: (one.first.monday, one.course.module))]


async def of_teacher(session: AsyncSession, teacher_id: UUID) -> list[dict[str, Any]]:
    """Those of one teacher, in the order of their weeks."""
    teacher = await session.get(Teacher, teacher_id)
    found = await of_college(session, teacher.college_id) if teacher else []
    mine = [term for term in found if term.teacher_id == teacher_id]
    return [shown(term) for term in sorted(mine, key=lambda one: (one.first.monday, one.course.module))]


async def _away(session: AsyncSession, teachers: list[UUID]) -> dict[UUID, set[date]]:
    """Mondays of the weeks in which a teacher is at a plant on any working day."""
    found: dict[UUID, set[date]] = defaultdict(set)
    wanted = select(Secondment).where(col(Secondment.teacher_id).in_(teachers))
    for one in (await session.scalars(wanted)).all():
        monday = one.first_day - timedelta(days=one.first_day.weekday())
        while monday <= one.last_day:
            if monday + FRIDAY >= one.first_day:
                found[one.teacher_id].add(monday)
            monday += timedelta(weeks=1)
    return found
