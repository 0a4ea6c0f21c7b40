"""Whom a mentor is asked to look at this week, and on what."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import queries, steps
from services.feedback.copies import Cohort, CompetencyName, Member, Mentor, PlanVersion, Station, Timetable
from services.feedback.model import Rating
from services.feedback.refusals import MentorUnknown
from shared.calendar import week_of


async def of_mentor(session: AsyncSession, mentor_id: UUID, day: date) -> dict[str, Any]:
    """The page of one week: trainees with this mentor, the competencies seen here, what is rated already."""
    mentor = await session.get(Mentor, mentor_id)
    if mentor is None:
        raise MentorUnknown
    monday = day - timedelta(days=day.weekday())
    station = await session.get(Station, mentor.station_id)
    found: list[dict[str, Any]] = []
    for timetable in (await session.scalars(select(Timetable).order_by(col(Timetable.cohort_id)))).all():
        for stint in stints_on(timetable, mentor, monday):
            found += await _trainees_of(session, timetable, stint, mentor, station, monday)
    return {
        "mentor_id": str(mentor_id), "day": day.isoformat(), "week_of": monday.isoformat(),
        "station": station.title if station else None, "tasks": found,
    }  # fmt: skip


def stints_on(timetable: Timetable, mentor: Mentor, monday: date) -> list[dict[str, Any]]:
    """Stints of that week which name this mentor, or which name none and are at the mentor's station."""
    return [
        stint
        for stint in timetable.stints
        if stint["monday"] == monday.isoformat()
        and (
            str(mentor.mentor_id) in stint["mentor_ids"]
            or (not stint["mentor_ids"] and stint["station_id"] == str(mentor.station_id))
        )
    ]


async def asked_of(session: AsyncSession, mentor_id: UUID, trainee_id: UUID, day: date) -> list[str] | None:
    """What this mentor may rate of this trainee; None where the trainee was never with this mentor until that day."""
    mentor = await session.get(Mentor, mentor_id)
    cohorts = select(Cohort).join(Member, col(Member.cohort_id) == Cohort.cohort_id)
    mine = cohorts.where(Member.trainee_id == trainee_id).order_by(col(Cohort.first_monday).desc())
    for cohort in (await session.scalars(mine)).all() if mentor else ():
        timetable = await session.get(Timetable, cohort.cohort_id)
        groups = groups_of(timetable, trainee_id) if timetable else set()
        if (
            timetable
            and mentor
            and any(
                stint["group"] in groups and stint["monday"] <= day.isoformat() and with_mentor(stint, mentor)
                for stint in timetable.stints
            )
        ):
            plan = await plan_on(session, cohort.cohort_id, day)
            return [one.competency for one in queries.requirements(plan, {}, set())] if plan else []
    return None


def with_mentor(stint: dict[str, Any], mentor: Mentor) -> bool:
    """At the mentor's station, or naming the mentor."""
    return str(mentor.mentor_id) in stint["mentor_ids"] or stint["station_id"] == str(mentor.station_id)


def groups_of(timetable: Timetable, trainee_id: UUID) -> set[str]:
    """The groups that a trainee moves with."""
    return {one["group"] for one in timetable.groups if str(trainee_id) in one["trainee_ids"]}


async def plan_on(session: AsyncSession, cohort_id: UUID, day: date) -> PlanVersion | None:
    """The plan version in force for a cohort on a day."""
    force = await queries.in_force(session, cohort_id, day)
    return await session.get(PlanVersion, (force.plan_id, force.plan_version)) if force else None


async def _trainees_of(
    session: AsyncSession, timetable: Timetable, stint: dict[str, Any], mentor: Mentor, station: Station | None,
    monday: date,
) -> list[dict[str, Any]]:  # fmt: skip
    plan = await plan_on(session, timetable.cohort_id, monday)
    cohort = await session.get_one(Cohort, timetable.cohort_id)
    practised = set(station.competencies) if station else set()
    for module in plan.modules if plan else []:
        practised |= set(module["contribution"]) if module["module"] == stint["module"] else set()
    asked = (
        [one for one in queries.requirements(plan, {}, set()) if one.competency in practised] if plan else []
    )
    codes = [one.competency for one in asked if one.due_week <= week_of(cohort.first_monday, monday)] or [
        one.competency for one in asked
    ]
    ids = [
        UUID(one)
        for group in timetable.groups
        if group["group"] == stint["group"]
        for one in group["trainee_ids"]
    ]
    wanted = select(Member).where(Member.cohort_id == timetable.cohort_id, col(Member.trainee_id).in_(ids))
    members = (await session.scalars(wanted.order_by(col(Member.college_number)))).all()
    names = await titles(session, codes)
    by_steps = await steps.agreed(session, cohort.programme_id, monday + timedelta(days=6))
    done = await _rated(session, mentor.mentor_id, monday)
    return [
        {
            "cohort_id": str(timetable.cohort_id), "trainee_id": str(one.trainee_id), "group": stint["group"],
            "college_number": one.college_number, "enterprise_number": one.enterprise_number,
            "competencies": [
                {
                    "competency": code, "title": names[code], "rated": (one.trainee_id, code) in done,
                    "last_level": done.get((one.trainee_id, code)), "steps": by_steps.get(code, []),
                }
                for code in codes
            ],
        }
        for one in members
        if one.withdrew_on is None or one.withdrew_on > monday
    ]  # fmt: skip


async def trainees_of(
    session: AsyncSession, cohort_id: UUID, mentor_id: UUID | None, day: date
) -> list[UUID]:
    """Trainees of a cohort who are with a mentor from this week on: those of the first week that has any."""
    timetable = await session.get(Timetable, cohort_id)
    mentor = await session.get(Mentor, mentor_id) if mentor_id else None
    if timetable is None or mentor is None:
        return []
    monday = (day - timedelta(days=day.weekday())).isoformat()
    stints = sorted(
        (one for one in timetable.stints if one["monday"] >= monday and with_mentor(one, mentor)),
        key=lambda one: one["monday"],
    )
    groups = {one["group"] for one in stints if one["monday"] == stints[0]["monday"]}
    return [
        UUID(who) for group in timetable.groups if group["group"] in groups for who in group["trainee_ids"]
    ]


async def titles(session: AsyncSession, codes: list[str]) -> dict[str, dict[str, str]]:
    """What competencies are called; the code itself where nobody has said."""
    rows = await session.scalars(select(CompetencyName).where(col(CompetencyName.code).in_(codes)))
    named = {one.code: one.title for one in rows}
    return {code: named.get(code, {"zh": code, "en": code}) for code in codes}


async def _rated(session: AsyncSession, mentor_id: UUID, monday: date) -> dict[tuple[UUID, str], int | None]:
    wanted = select(Rating.trainee_id, Rating.competency, Rating.level).where(
        Rating.mentor_id == mentor_id,
        Rating.observed_on >= monday,
        Rating.observed_on < monday + timedelta(days=7),
    )
    rows = (await session.execute(wanted.order_by(col(Rating.rating_id)))).all()
    return {(trainee, competency): level for trainee, competency, level in rows}
