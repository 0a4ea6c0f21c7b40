"""Audits the variances frozen for a cohort by its ratings: after a monthly look with twice as many as the last time, and when a coordinator asks. It may only doubt."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import queries, reml, tallying
from services.feedback.copies import Cohort
from services.feedback.mixed import Ints, Sheet
from services.feedback.protection import Coordinator, Staff, enough
from services.feedback.refusals import CohortUnknown
from services.feedback.rules import Case
from services.feedback.sentences_of_doubt import TITLES, doubt
from services.feedback.statistics import Assumption, VarianceAudit
from shared.messaging import Work, today
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["evidence"])
RULE = "reml/1"
Frozen = dict[str, tuple[float, float]]
TIMES = 2
"""So many times the due ratings of the last audit make another one worth its seconds of computing."""


async def audit_variances(cohort_id: UUID, day: date, work: Work) -> None:
    """By the ratings of the days before a look. A second run leaves the same."""
    async with work.transaction() as session:
        known = await _known(session, cohort_id, day)
    found = await asyncio.to_thread(audited, *known, day) if known else None
    async with work.finish() as session:
        if found:
            await session.merge(found)


async def is_worth_it(session: AsyncSession, case: Case) -> bool:
    """Whether the ratings of a look would tell an audit much more than the last one knew."""
    last = await newest(session, case.cohort_id)
    return (
        last is None
        or last.plan_version != case.plan_version
        or len(sheet_of(case).score) >= TIMES * last.ratings
    )


async def _known(session: AsyncSession, cohort_id: UUID, before: date) -> tuple[Case, Frozen] | None:
    case = await queries.case_of(session, cohort_id, before)
    return (case, frozen_of(await tallying.assumption(session, cohort_id))) if case else None


def audited(case: Case, frozen: Frozen, day: date) -> VarianceAudit | None:
    """None where ratings or mentors are too few to tell, or trainees so few that how they differ would be of single ones."""
    sheet = sheet_of(case)
    found = reml.audit(sheet, frozen) if enough(len(np.unique(sheet.trainee))) else []
    if not found:
        return None
    return VarianceAudit(
        cohort_id=case.cohort_id, made_on=day, plan_id=case.plan_id, plan_version=case.plan_version, rule=RULE,
        ratings=len(sheet.score), components=[{**one._asdict(), "doubtful": one.doubtful} for one in found],
    )  # fmt: skip


def sheet_of(case: Case) -> Sheet:
    """The due ratings as columns of codes."""
    due = {one.competency: one.due_week for one in case.asked}
    rows = [one for one in case.seen if one.week >= due.get(one.competency, one.week + 1)]
    return Sheet(
        _codes([one.trainee for one in rows]), _codes([one.mentor for one in rows]),
        _codes([one.competency for one in rows]), np.array([float(one.level) for one in rows]),
    )  # fmt: skip


def _codes(names: Sequence[Any]) -> Ints:
    places = {name: at for at, name in enumerate(sorted(set(names)))}
    return np.array([places[name] for name in names], dtype=np.int64)


def frozen_of(kept: Assumption) -> Frozen:
    """The least and the largest value of each variance that was frozen; there are several for mentors alone."""
    mentors = tallying.assumed(kept).mentors
    raters, own = [one.rater for one in mentors], [one.own for one in mentors]
    fixed = {name: (value, value) for name, value in kept.spread.items()}
    return {**fixed, "rater": (min(raters), max(raters)), "rater_competency": (min(own), max(own))}


@router.get("/cohorts/{cohort_id}/variances")
async def read_variances(cohort_id: UUID, _: Staff, transaction: Transaction) -> dict[str, Any]:
    """The newest audit of the variances under which the cohort is judged, and what of them it doubts."""
    await _must_be_known(transaction, cohort_id)
    return shown(cohort_id, await newest(transaction, cohort_id))


@router.post("/cohorts/{cohort_id}/variances")
async def audit_now(cohort_id: UUID, person: Coordinator, transaction: Transaction) -> dict[str, Any]:
    """One now, by all ratings so far."""
    await _must_be_known(transaction, cohort_id)
    day = await today(transaction)
    known = await _known(transaction, cohort_id, day + timedelta(days=1))
    found = await asyncio.to_thread(audited, *known, day) if known else None
    if found:
        await transaction.merge(found)
        await transaction.flush()
    return await read_variances(cohort_id, person, transaction)


async def newest(session: AsyncSession, cohort_id: UUID) -> VarianceAudit | None:
    wanted = (
        select(VarianceAudit)
        .where(VarianceAudit.cohort_id == cohort_id)
        .order_by(col(VarianceAudit.made_on).desc())
    )
    return (await session.scalars(wanted.limit(1))).first()


def shown(cohort_id: UUID, made: VarianceAudit | None) -> dict[str, Any]:
    """Standard deviations, since those are on the scale of the levels; `made_on` null where there is no audit yet."""
    parts = made.components if made else []
    return {
        "cohort_id": cohort_id, "made_on": made and made.made_on, "rule": made and made.rule,
        "plan_version": made and made.plan_version, "ratings": made.ratings if made else 0,
        "components": [
            {"name": one["name"], "title": TITLES[one["name"]], "doubtful": one["doubtful"],
             **{name: one[name] ** 0.5 for name in ("estimate", "low", "high")},
             "frozen": [value**0.5 for value in one["frozen"]]}
            for one in parts
        ],
        "doubts": [doubt(one) for one in parts if one["doubtful"]],
    }  # fmt: skip


async def _must_be_known(session: AsyncSession, cohort_id: UUID) -> None:
    if await session.get(Cohort, cohort_id) is None:
        raise CohortUnknown
