"""Who teaches the theory of a cohort: fairly, within the hours of a week, and nobody while at a plant. Pure.

Weeks are the smallest unit here: in one week a teacher may have several courses, one after the other, as long as their
hours fit into it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from services.placement.known import Known
from services.placement.staff import Teacher
from shared.events.base import Text

HOURS_A_WEEK = 20.0
"""Hours that one teacher teaches in a week at most. Configuration of this product."""


@dataclass(frozen=True)
class Course:
    """The theory of one module in one cohort: its weeks, and the hours of each."""

    cohort_id: UUID
    module: str
    title: Text
    weeks: tuple[tuple[int, date], ...]
    hours: float
    plan_version: int


@dataclass(frozen=True)
class Lesson:
    """A course in one week; nobody where no teacher of the module is free."""

    course: Course
    week: int
    monday: date
    teacher_id: UUID | None


@dataclass(frozen=True)
class Term:
    """Weeks on end in which a course has the same teacher."""

    course: Course
    teacher_id: UUID | None
    first: Lesson
    last: Lesson


def courses_of(known: Known) -> Iterator[Course]:
    """The modules with theory of the plan in force; one without weeks is not on the timetable."""
    for module in known.plan.modules if known.plan else ():
        weeks = range(module.first_week or 1, (module.last_week or 0) + 1)
        if module.hours.theory and module.first_week and weeks:
            placed = tuple((week, known.monday(week)) for week in weeks)
            hours, version = module.hours.theory / len(weeks), known.cohort.plan_version or 0
            yield Course(known.cohort.cohort_id, module.module, module.title, placed, hours, version)


def assign(
    courses: Iterable[Course], teachers: Iterable[Teacher], away: Mapping[UUID, set[date]]
) -> list[Lesson]:
    """Courses in the order of their first weeks; each takes who can stay longest, of these who has taught least so far."""
    teachers = sorted(teachers, key=lambda one: one.teacher_id)
    load: dict[UUID, float] = defaultdict(float)
    busy: dict[tuple[UUID, date], float] = defaultdict(float)
    found = []
    for course in sorted(courses, key=lambda one: (one.weeks[0][1], one.cohort_id, one.module)):
        able = [one.teacher_id for one in teachers if course.module in one.modules]
        free = {
            teacher: [_free(teacher, monday, course, busy, away) for _, monday in course.weeks]
            for teacher in able
        }
        current: UUID | None = None
        for at, (week, monday) in enumerate(course.weeks):
            current = _next(current, free, at, load)
            if current:
                load[current] += course.hours
                busy[current, monday] += course.hours
            found.append(Lesson(course, week, monday, current))
    return found


def _free(
    teacher: UUID,
    monday: date,
    course: Course,
    busy: Mapping[tuple[UUID, date], float],
    away: Mapping[UUID, set[date]],
) -> bool:
    taught = busy.get((teacher, monday), 0.0) + course.hours
    return monday not in away.get(teacher, ()) and taught <= max(HOURS_A_WEEK, course.hours)


def _next(
    current: UUID | None, free: Mapping[UUID, list[bool]], at: int, load: Mapping[UUID, float]
) -> UUID | None:
    """Whoever teaches it goes on; else who can stay longest from here on, then who has taught least."""
    if current and free[current][at]:
        return current
    able = [teacher for teacher in free if free[teacher][at]]
    return min(able, key=lambda one: (free[one][at:].count(False), load.get(one, 0), one), default=None)


def terms(lessons: Iterable[Lesson]) -> Iterator[Term]:
    """Weeks on end of one course and teacher as one."""
    for (course, teacher), run in groupby(lessons, key=lambda one: (one.course, one.teacher_id)):
        weeks = list(run)
        yield Term(course, teacher, weeks[0], weeks[-1])


def shown(term: Term) -> dict[str, object]:
    """A term for a page or a program."""
    return {
        "cohort_id": term.course.cohort_id,
        "module": term.course.module,
        "module_title": term.course.title.model_dump(),
        "teacher_id": term.teacher_id,
        "first_week": term.first.week,
        "last_week": term.last.week,
        "first_monday": term.first.monday,
        "last_monday": term.last.monday,
        "hours_a_week": round(term.course.hours, 1),
        "plan_version": term.course.plan_version,
    }
