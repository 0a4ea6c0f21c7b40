"""Whom a proposal would touch if it were approved today: cohorts, stints, teachers, credentials, agreements, hours."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import queries, rules, staffing, staggering
from services.curriculum.comparing import Shown, difference
from services.curriculum.drafting import Draft
from services.curriculum.graduates import Award, Learner
from services.curriculum.model import Plan, Revision
from services.curriculum.people import Teacher
from services.curriculum.planning import SETTINGS
from services.curriculum.publishing import next_version
from services.curriculum.seats import Rota
from services.curriculum.staffing import Staffed
from services.curriculum.staggering import Introduction
from shared.events.curriculum import PlanPublished
from shared.messaging import today


async def impact(
    session: AsyncSession, plan: Plan, base: PlanPublished, draft: Draft | None, revision_id: UUID
) -> Shown:
    """Everything that a voter should know of before voting."""
    after = next_version(base, draft, revision_id) if draft else base
    changed = {change.module for change in draft.changes} if draft else set()
    introduction = draft.introduction if draft else []
    cohorts = await _cohorts(session, plan.plan_id, after, await today(session), introduction)
    programme = await queries.programme_of(session, plan.programme_id)
    staffed = await _staffed(session, programme.college_id, after, changed, cohorts)
    moved = difference(base, after)["changes"] if draft else []
    shifted = {one["module"] for one in moved if one["weeks_before"] != one["weeks_after"]}
    return {
        "cohorts": cohorts,
        "trainees": sum(one["trainees"] for one in cohorts),
        "modules": sorted(changed),
        "weeks_moved": moved,
        "stints": await _stints(session, cohorts, shifted | changed),
        "teachers": [_named(one) for one in _once(fit.teacher for each in staffed for fit in each.own)],
        "staffing": [_staffed_shown(one) for one in staffed],
        "teachers_lacking": sum(one.lacking for one in staffed),
        "credentials": await _credentials(session, plan.plan_id, [one["cohort_id"] for one in cohorts]),
        "agreements": [programme.agreement_id] if programme.agreement_id else [],
        "enterprises": programme.enterprise_ids,
        "hours": _hours_by_setting(base, after),
    }


async def of(session: AsyncSession, revision: Revision) -> Shown:
    """The same of a revision as it stands."""
    plan = await queries.plan_of(session, revision.plan_id)
    base = await queries.version_of(session, plan.plan_id, revision.plan_version)
    draft = Draft.model_validate(revision.draft) if revision.draft else None
    return await impact(session, plan, base, draft, revision.revision_id)


async def _cohorts(
    session: AsyncSession,
    plan_id: UUID,
    after: PlanPublished,
    day: date,
    introduction: Iterable[Introduction],
) -> list[Shown]:
    """Running cohorts with the week of their move, by groups where that was chosen; those that have ended keep what they had."""
    by_groups = {one.cohort_id: one for one in introduction}
    found = []
    for cohort, force in await queries.cohorts_on(session, plan_id):
        possible = staggering.starts(
            after.phases, cohort.first_monday, rules.moves_in(after, cohort.first_monday, day)
        )
        if possible:
            rota = await session.get(Rota, cohort.cohort_id)
            groups = rota.groups if rota else {}
            asked = by_groups.get(cohort.cohort_id)
            found.append({
                "cohort_id": cohort.cohort_id, "title": cohort.title, "trainees": cohort.trainees,
                "plan_version": force.plan_version, "from_week": possible[0][0], "from_day": possible[0][1],
                "groups": {name: len(members) for name, members in sorted(groups.items())},
                "boundaries": [{"week": week, "day": on} for week, on in possible[1:]],
                "first": asked.first if asked else [], "later": staggering.later(asked, groups, possible),
                "chosen": asked.boundaries if asked else 1,
            })  # fmt: skip
    return found


async def _stints(session: AsyncSession, cohorts: list[Shown], modules: set[str]) -> Shown:
    """Weeks at the plant of these modules that still lie ahead, from our copy of the timetables."""
    weeks, visits = 0, 0
    for cohort in cohorts:
        rota = await session.get(Rota, cohort["cohort_id"])
        for week, module, trainees in rota.stints if rota else ():
            if week >= cohort["from_week"] and module in modules:
                weeks, visits = weeks + 1, visits + trainees
    return {"stints": weeks, "visits": visits}


async def _staffed(
    session: AsyncSession, college_id: UUID, after: PlanPublished, changed: set[str], cohorts: list[Shown]
) -> list[Staffed]:
    teachers = (await session.scalars(select(Teacher).where(col(Teacher.college_id) == college_id))).all()
    on = min((one["from_day"] for one in cohorts), default=await today(session))
    return staffing.staff_all(after.modules, changed, teachers, on)


def _staffed_shown(one: Staffed) -> Shown:
    return {
        "module": one.module,
        "needs_dual": one.needs_dual,
        "verdict": one.verdict,
        "ready": [_named(teacher) for teacher in one.ready],
        "assign": [_named(teacher) for teacher in one.assignable],
        "expired": [
            _named(fit.teacher) | {"until": fit.teacher.dual_until}
            for fit in one.own
            if fit.lacks_dual and fit.teacher.dual_until
        ],
        "second_first": [_named(teacher) for teacher in one.second_first],
        "qualify_first": [_named(fit.teacher) | {"missing": fit.missing} for fit in one.qualify_first],
    }


def _named(teacher: Teacher) -> Shown:
    return {"teacher_id": teacher.teacher_id, "name": teacher.name}


def _once(teachers: Iterable[Teacher]) -> list[Teacher]:
    return list({one.teacher_id: one for one in teachers}.values())


async def _credentials(session: AsyncSession, plan_id: UUID, cohort_ids: list[UUID]) -> Shown:
    """Credentials that stay as they are, and learners whose credential will name the new version."""
    awarded = select(func.count()).select_from(Award).where(col(Award.plan_id) == plan_id)
    still = (
        select(func.count())
        .select_from(Learner)
        .where(col(Learner.cohort_id).in_(cohort_ids), col(Learner.withdrew_on).is_(None))
    )
    return {
        "awarded_before": await session.scalar(awarded) or 0,
        "will_name_new_version": await session.scalar(still) or 0,
    }


def _hours_by_setting(base: PlanPublished, after: PlanPublished) -> Shown:
    return {
        setting: {
            when: round(sum(getattr(one.hours, setting) for one in version.modules), 2)
            for when, version in (("before", base), ("after", after))
        }
        for setting in SETTINGS
    }
