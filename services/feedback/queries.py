"""What feedback looks up to decide. Rows in, values out; nothing is decided here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import gathering, rules
from services.feedback.copies import InForce, Mentor, PlanVersion, Programme, Station
from services.feedback.evidence import Bar
from services.feedback.gathering import Around
from services.feedback.model import Gap, Rating
from services.feedback.origins import origin_of
from services.feedback.rules import Asked, Case, Seen
from shared.calendar import week_of
from shared.programmes.grammar import Evidence

SEEN = ("mentor_id", "competency", "trainee_id", "level", "week", "observed_on")


async def lock_programme(session: AsyncSession, programme_id: UUID) -> Programme | None:
    """Verdicts of one programme are made one after the other, whichever replica makes them."""
    return await session.get(Programme, programme_id, with_for_update=True)


async def in_force(session: AsyncSession, cohort_id: UUID, day: date) -> InForce | None:
    """The plan version by which the cohort is taught on a day; before the first one, the first."""
    rows = await session.scalars(
        select(InForce).where(InForce.cohort_id == cohort_id).order_by(col(InForce.effective_from))
    )
    versions = rows.all()
    begun = [version for version in versions if version.effective_from <= day]
    return (begun or versions[:1] or [None])[-1]  # type: ignore[list-item]


async def case_of(
    session: AsyncSession, cohort_id: UUID, day: date, *, with_ratings: bool = True
) -> Case | None:
    """Everything that a look on this day may know: ratings of days before it."""
    around = await gathering.around(session, [cohort_id])
    case = case_in(around, cohort_id, day)
    if case is None or not with_ratings:
        return case
    seen = await seen_of(session, cohort_id, around.plans[case.plan_id, case.plan_version], day)
    return replace(case, seen=seen, station=await stations(session), practised=await practised(session))


def case_in(around: Around, cohort_id: UUID, day: date) -> Case | None:
    """The same without ratings; None while the programme or a plan with requirements has not arrived."""
    cohort, force = around.cohorts[cohort_id], around.force(cohort_id, day)
    programme = around.programmes.get(cohort.programme_id)
    plan = around.plans.get((force.plan_id, force.plan_version)) if force else None
    if programme is None or force is None or plan is None or not plan.requirements:
        return None
    before = around.plans.get((plan.plan_id, plan.plan_version - 1)) if force.from_week > 1 else None
    moved = rules.revised(before.coverage, plan.coverage) if before else set()
    gaps = around.gaps[plan.plan_id, plan.plan_version]
    asked = requirements(plan, newest_answered(gaps), moved)
    thresholds = Evidence.model_validate(programme.evidence)
    return Case(
        cohort_id=cohort_id, programme_id=programme.programme_id, plan_id=plan.plan_id, plan_version=plan.plan_version,
        week=week_of(cohort.first_monday, day - timedelta(days=1)), asked=asked, seen=(), station={},
        bar=bar_of(thresholds, asked, plan.last_week),
        open_gaps={gap.competency: gap.gap_id for gap in gaps if gap.state == "open"},
        answers=around.answers(programme.programme_id, day),
    )  # fmt: skip


def newest_answered(gaps: Sequence[Gap]) -> dict[str, date]:
    """The last day of the evidence of each competency's gaps that have ended: what is newer may speak again."""
    newest: dict[str, date] = {}
    for gap in gaps:
        if gap.state != "open":
            newest[gap.competency] = max(gap.evidence_until, newest.get(gap.competency, gap.evidence_until))
    return newest


def bar_of(thresholds: Evidence, asked: Sequence[Asked], last_week: int) -> Bar:
    """The template's thresholds, shared by all competencies and all monthly looks of the plan."""
    return Bar(
        competencies=len(asked),
        looks=rules.looks_planned(min(one.due_week for one in asked), last_week),
        alpha=thresholds.alpha,
        tolerance=thresholds.tolerance,
        minimum_mentors=thresholds.minimum_mentors,
        minimum_stations=thresholds.minimum_stations,
    )


def requirements(plan: PlanVersion, newer_than: dict[str, date], moved: set[str]) -> tuple[Asked, ...]:
    """One for each competency: the highest level that a position asks, due when the last of them is."""
    highest: dict[str, dict[str, Any]] = {}
    due: dict[str, int] = {}
    for one in plan.requirements:
        code = one["competency"]
        due[code] = max(due.get(code, 0), one["due_week"])
        if code not in highest or one["level"] > highest[code]["level"]:
            highest[code] = one
    return tuple(
        Asked(code, float(one["level"]), due[code], newer_than.get(code), code in moved, origin_of(one))
        for code, one in sorted(highest.items())
    )


async def seen_of(session: AsyncSession, cohort_id: UUID, plan: PlanVersion, day: date) -> tuple[Seen, ...]:
    """Ratings with a level, of days before this one, in an order that does not depend on arrival."""
    wanted = (
        columns(*(getattr(Rating, name) for name in SEEN))
        .where(col(Rating.cohort_id) == cohort_id, col(Rating.plan_id) == plan.plan_id)
        .where(
            col(Rating.plan_version) == plan.plan_version,
            col(Rating.observed_on) < day,
            col(Rating.level).is_not(None),
        )
        .order_by(col(Rating.observed_on), col(Rating.rating_id))
    )
    return tuple(Seen(*row) for row in (await session.execute(wanted)).all())


async def stations(session: AsyncSession) -> dict[UUID, UUID]:
    """The station of every mentor."""
    rows = await session.execute(select(Mentor.mentor_id, Mentor.station_id))
    return {mentor: station for mentor, station in rows.all()}  # noqa: C416 - rows are not pairs to the type checker


async def practised(session: AsyncSession) -> dict[UUID, list[str]]:
    """What is practised at the station of every mentor whose station is known."""
    wanted = select(Mentor.mentor_id, Station.competencies).join(
        Station, col(Station.station_id) == Mentor.station_id
    )
    return dict((await session.execute(wanted)).all())


async def practising(session: AsyncSession, competency: str, day: date) -> list[UUID]:
    """Mentors present on a day, at a station where this is practised."""
    wanted = (
        select(Mentor.mentor_id)
        .join(Station, col(Station.station_id) == Mentor.station_id)
        .where(col(Station.competencies).contains([competency]))
        .where(col(Mentor.left_from).is_(None) | (col(Mentor.left_from) > day))
    )
    return list(await session.scalars(wanted))


async def due_ratings(
    session: AsyncSession, cohort_id: UUID, enterprise_id: UUID | None
) -> dict[tuple[str, int], int]:
    """Ratings with a level in or after the due week of their requirement, by competency and plan version."""
    kinds = (col(Rating.competency), col(Rating.plan_version), col(Rating.plan_id), col(Rating.week))
    wanted = (
        columns(*kinds, func.count(col(Rating.level)))
        .where(col(Rating.cohort_id) == cohort_id)
        .group_by(*kinds)
    )
    wanted = wanted.where(col(Rating.enterprise_id) == enterprise_id) if enterprise_id else wanted
    weeks: dict[tuple[UUID, int], dict[str, int]] = {}
    found: dict[tuple[str, int], int] = {}
    for competency, version, plan_id, week, n in (await session.execute(wanted)).all():
        if (plan_id, version) not in weeks:
            plan = await session.get(PlanVersion, (plan_id, version))
            asked = requirements(plan, {}, set()) if plan else ()
            weeks[plan_id, version] = {one.competency: one.due_week for one in asked}
        if week >= weeks[plan_id, version].get(competency, 10_001):
            found[competency, version] = found.get((competency, version), 0) + n
    return found
