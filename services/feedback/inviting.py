"""Asks mentors for the vignettes that are open to them: when a cohort starts, then every two weeks while it runs."""

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import queries
from services.feedback.copies import Cohort, Mentor, PlanVersion, Programme
from services.feedback.looks import on
from services.feedback.model import Rating
from services.feedback.rules_of_vignettes import EVERY, all_alike, asking, term_of
from services.feedback.statistics import Vignette, VignetteAnswer, VignetteAsking
from shared.events.feedback import VignettesAsked
from shared.messaging import Timer, today

A_YEAR = 52


@on.due
async def ask_for_vignettes(cohort_id: UUID, session: AsyncSession) -> list[VignettesAsked]:
    """Sets the timer of the next asking, until the cohort's plan is over; two cohorts of a programme do not ask twice."""
    cohort, day = await session.get_one(Cohort, cohort_id), await today(session)
    if day <= await _last_day(session, cohort):
        session.add(Timer.at(day + EVERY, ask_for_vignettes, cohort_id))
    programme = await queries.lock_programme(session, cohort.programme_id)
    said = await _due(session, programme, day) if programme else []
    for one in said:
        await session.merge(VignetteAsking.from_event(one))
    return said


async def _last_day(session: AsyncSession, cohort: Cohort) -> date:
    force = await queries.in_force(session, cohort.cohort_id, cohort.first_monday)
    plan = await session.get(PlanVersion, (force.plan_id, force.plan_version)) if force else None
    return cohort.first_monday + timedelta(weeks=plan.last_week if plan else A_YEAR)


async def _due(session: AsyncSession, programme: Programme, day: date) -> list[VignettesAsked]:
    term = term_of(day)
    had = await askings(session, programme.programme_id, term)
    open_now = await missing(session, programme, term)
    alike = await never_varying(session, [mentor.mentor_id for mentor, _ in open_now])
    said = []
    for mentor, n in open_now:
        wanted = asking(had.get(mentor.mentor_id), day, alike=mentor.mentor_id in alike)
        if wanted:
            said.append(VignettesAsked(
                mentor_id=mentor.mentor_id, enterprise_id=mentor.enterprise_id, programme_id=programme.programme_id,
                term=term, open=n, times=wanted.times, reason=wanted.reason, asked_on=day,
            ))  # fmt: skip
    return said


async def askings(session: AsyncSession, programme_id: UUID, term: str) -> dict[UUID, tuple[int, date]]:
    """How often each mentor was asked this term, and when last."""
    wanted = select(VignetteAsking).where(
        VignetteAsking.programme_id == programme_id, VignetteAsking.term == term
    )
    return {one.mentor_id: (one.times, one.asked_on) for one in await session.scalars(wanted)}


async def missing(session: AsyncSession, programme: Programme, term: str) -> list[tuple[Mentor, int]]:
    """Mentors present who have not rated every open vignette of this term, with how many they have not."""
    open_now = list(
        await session.scalars(
            select(Vignette.vignette_id).where(
                Vignette.programme_id == programme.programme_id, col(Vignette.withdrawn_on).is_(None)
            )
        )
    )
    theirs = [UUID(one) for one in programme.enterprise_ids]
    present = select(Mentor).where(col(Mentor.enterprise_id).in_(theirs), col(Mentor.left_from).is_(None))
    done = select(VignetteAnswer.mentor_id, func.count()).where(
        VignetteAnswer.term == term, col(VignetteAnswer.vignette_id).in_(open_now)
    )
    counts = dict((await session.execute(done.group_by(col(VignetteAnswer.mentor_id)))).all())
    mentors = (await session.scalars(present.order_by(col(Mentor.mentor_id)))).all()
    left = [(mentor, len(open_now) - counts.get(mentor.mentor_id, 0)) for mentor in mentors]
    return [(mentor, n) for mentor, n in left if n > 0]


async def never_varying(session: AsyncSession, mentors: Collection[UUID]) -> set[UUID]:
    """Those whose ratings are all alike."""
    wanted = select(
        Rating.mentor_id, func.count(col(Rating.level)), func.count(func.distinct(Rating.level))
    ).where(col(Rating.mentor_id).in_(mentors), col(Rating.level).is_not(None))
    rows = await session.execute(wanted.group_by(col(Rating.mentor_id)))
    return {mentor for mentor, ratings, different in rows.all() if all_alike(ratings, different)}
