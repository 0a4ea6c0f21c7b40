"""Indicators from other services' events: retention, independence, dual qualification, selection, promises."""

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Integer, cast, func
from sqlalchemy import select as columns
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import careers, outcomes, practice, promises
from services.feedback.copies import Cohort, DualTeacher, Employment, Member, Programme, Selection
from services.feedback.model import PromiseState, Rating
from services.feedback.protection import Panels, Staff, enough, only_of
from shared.messaging import today
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["indicators"])
DAYS_A_MONTH = 365.25 / 12
INDEPENDENT = 4


@router.get("/indicators")
async def read_indicators(
    _: Staff, transaction: Transaction, programme_id: UUID | None = None, cohort_id: UUID | None = None
) -> dict[str, Any]:
    day = await today(transaction)
    cohorts = select(Cohort.cohort_id)
    cohorts = cohorts.where(Cohort.programme_id == programme_id) if programme_id else cohorts
    cohorts = cohorts.where(Cohort.cohort_id == cohort_id) if cohort_id else cohorts
    chosen = list(await transaction.scalars(cohorts))
    return {
        "on": day,
        "retention": await _retention(transaction, chosen, day),
        "first_change": await careers.first_changes(transaction, chosen, day),
        "independence": await _independence(transaction, chosen),
        "dual_qualified": await _dual(transaction, day),
        "selection": await _selection(transaction, programme_id),
        "skill": await _skill(transaction, chosen),
        "attendance": await practice.attended(transaction, chosen),
        "incidents": await practice.incidents_by_month(transaction, chosen),
    }


async def _retention(session: AsyncSession, cohorts: list[UUID], day: date) -> dict[str, Any]:
    trainees = select(Member.trainee_id).where(col(Member.cohort_id).in_(cohorts))
    wanted = columns(col(Employment.hired_on), col(Employment.left_on)).where(
        col(Employment.trainee_id).in_(trainees), col(Employment.hired_on).is_not(None)
    )
    rows = [(hired, left) for hired, left in (await session.execute(wanted)).all() if hired]
    if not enough(len(rows)):
        return {"employed": None, "left": None, "points": [], "suppressed": bool(rows)}
    counts = {
        "employed": sum(left is None for _, left in rows),
        "left": sum(left is not None for _, left in rows),
    }
    months = [((left or day) - hired).days / DAYS_A_MONTH for hired, left in rows]
    curve = outcomes.kaplan_meier(months, [left is not None for _, left in rows])
    points = [
        {"months": at, "at_risk": sum(month >= at for month in months), **_interval(curve, at)}
        for at in (12, 24, 36)
    ]
    return {
        **counts,
        "points": points,
        "mean_months_of_36": outcomes.restricted_mean(curve, 36),
        "suppressed": False,
    }


def _interval(curve: outcomes.Curve, at: float) -> dict[str, float]:
    return dict(zip(("survival", "low", "high"), curve.at(at), strict=True))


async def _independence(session: AsyncSession, cohorts: list[UUID]) -> dict[str, Any]:
    """Weeks from the start to the first rating "unaided, to standard", for each trainee and competency."""
    first = func.min(Rating.week).filter(col(Rating.level) >= INDEPENDENT)
    wanted = (
        columns(col(Rating.trainee_id), first, func.max(Rating.week))
        .where(col(Rating.cohort_id).in_(cohorts), col(Rating.level).is_not(None))
        .group_by(col(Rating.trainee_id), col(Rating.competency))
    )
    rows = (await session.execute(wanted)).all()
    if not enough(len({trainee for trainee, *_ in rows})):
        return {"n": len(rows), "median_weeks": None, "p90_weeks": None, "suppressed": bool(rows)}
    curve = outcomes.kaplan_meier(
        [alone or last for _, alone, last in rows], [alone is not None for _, alone, _ in rows]
    )
    weeks = {"median_weeks": curve.quantile(0.5), "p90_weeks": curve.quantile(0.9)}
    return {"n": len(rows), **weeks, "suppressed": False}


async def _dual(session: AsyncSession, day: date) -> dict[str, Any]:
    rows = (await session.scalars(select(DualTeacher))).all()
    dual = sum(one.dual_from <= day <= one.dual_until for one in rows)
    return {"dual": dual, "teachers": len(rows), "share": dual / len(rows) if rows else None, "on": day}


async def _selection(session: AsyncSession, programme_id: UUID | None) -> list[dict[str, Any]]:
    wanted = select(Selection).order_by(col(Selection.intake_id))
    wanted = wanted.where(Selection.programme_id == programme_id) if programme_id else wanted
    rows = await session.scalars(wanted)
    return [
        {**one.model_dump(), "rate": one.selected / one.applicants if one.applicants else None}
        for one in rows
    ]


async def _skill(session: AsyncSession, cohorts: list[UUID]) -> list[dict[str, Any]]:
    """Of the last rating of each trainee in each competency: the share that is unaided, to standard."""
    last = (
        select(Rating.competency, Rating.level)
        .ext(distinct_on(col(Rating.trainee_id), col(Rating.competency)))
        .where(col(Rating.cohort_id).in_(cohorts), col(Rating.level).is_not(None))
        .order_by(
            col(Rating.trainee_id),
            col(Rating.competency),
            col(Rating.observed_on).desc(),
            col(Rating.rating_id),
        )
        .subquery()
    )
    share = func.avg(cast(last.c.level >= INDEPENDENT, Integer))
    rows = await session.execute(select(last.c.competency, share, func.count()).group_by(last.c.competency))
    found = sorted(rows.all())
    return [
        {"competency": code, "share_at_level": float(part) if enough(n) else None, "n": n}
        for code, part, n in found
    ]


@router.get("/promises")
async def list_promises(
    person: Panels,
    transaction: Transaction,
    agreement_id: UUID | None = None,
    programme_id: UUID | None = None,
) -> list[dict[str, Any]]:
    wanted = select(PromiseState).order_by(col(PromiseState.due_on), col(PromiseState.promise_id))
    enterprise = only_of(person)
    wanted = wanted.where(PromiseState.enterprise_id == enterprise) if enterprise else wanted
    wanted = wanted.where(PromiseState.agreement_id == agreement_id) if agreement_id else wanted
    if programme_id:
        of_programme = select(Programme.agreement_id).where(Programme.programme_id == programme_id)
        wanted = wanted.where(col(PromiseState.agreement_id).in_(of_programme))
    day = await today(transaction)
    return [await promises.shown(transaction, one, day) for one in (await transaction.scalars(wanted)).all()]
