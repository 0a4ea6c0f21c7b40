"""What mentors are told of their own ratings: how severe, with what error, and whether they vary. Nobody else's."""

from math import isnan
from statistics import fmean, pstdev
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import auditing, evidence, queries, rules, sentences
from services.feedback.copies import Cohort, Mentor, Programme
from services.feedback.model import Rating
from services.feedback.protection import Asker, must_be_self
from services.feedback.refusals import MentorUnknown
from services.feedback.rules import Case
from services.feedback.rules_of_vignettes import all_alike
from shared.messaging import today
from shared.service import Transaction
from shared.web.identity import Person

router = APIRouter(prefix="/feedback/v1", tags=["ratings"])


@router.get("/mentors/{mentor_id}/report")
async def report_of_mentor(mentor_id: UUID, person: Asker, transaction: Transaction) -> dict[str, Any]:
    """Own figures only: for that mentor and the coordinator, never for the employer."""
    await must_be_theirs(transaction, person, mentor_id)
    mine = select(Rating.level).where(Rating.mentor_id == mentor_id, col(Rating.level).is_not(None))
    levels = [level for level in await transaction.scalars(mine) if level is not None]
    case = await _newest_case(transaction, mentor_id)
    found = severity(case, mentor_id) if case else None
    told: dict[str, Any] = {
        "mentor_id": mentor_id, "ratings": len(levels), "mean": round(fmean(levels), 3) if levels else None,
        "severity": None, "se": None, "fit": None, "spread": round(pstdev(levels), 3) if levels else None,
        "varies": not all_alike(len(levels), len(set(levels))),
    }  # fmt: skip
    if found and told["varies"]:
        told |= {name: round(value, 3) for name, value in found._asdict().items()}
    told["rasch"] = await _audited(transaction, case.cohort_id, mentor_id) if case else None
    return {**told, "words": sentences.of_report(told["severity"], told["se"], varies=told["varies"])}


async def _audited(session: AsyncSession, cohort_id: UUID, mentor_id: UUID) -> dict[str, Any] | None:
    """What the many-facet Rasch audit of the last look says of the same ratings; None where it could not compare them."""
    audit = await auditing.newest(session, cohort_id)
    mine = audit.mentors.get(str(mentor_id)) if audit else None
    return {"looked_on": audit.looked_on, **mine} if audit and mine else None


async def must_be_theirs(session: AsyncSession, person: Person, mentor_id: UUID) -> None:
    """A mentor's own; a coordinator's where the college has a programme with the mentor's enterprise."""
    must_be_self(person, mentor_id)
    mentor = await session.get(Mentor, mentor_id)
    if mentor is None:
        raise MentorUnknown
    if person.person_id != mentor_id and person.college_id:
        shared = select(Programme.programme_id).where(
            Programme.college_id == person.college_id,
            col(Programme.enterprise_ids).contains([str(mentor.enterprise_id)]),
        )
        if (await session.scalars(shared.limit(1))).first() is None:
            raise MentorUnknown


async def _newest_case(session: AsyncSession, mentor_id: UUID) -> Case | None:
    """The newest cohort that this mentor rated, with everyone's ratings of it."""
    cohort = await newest_rated(session, mentor_id)
    return await queries.case_of(session, cohort.cohort_id, await today(session)) if cohort else None


async def newest_rated(session: AsyncSession, mentor_id: UUID) -> Cohort | None:
    """The newest cohort that this mentor rated: the one by which the severity is told."""
    rated = select(Rating.cohort_id).where(Rating.mentor_id == mentor_id, col(Rating.level).is_not(None))
    newest = (
        select(Cohort)
        .where(col(Cohort.cohort_id).in_(rated))
        .order_by(col(Cohort.first_monday).desc(), col(Cohort.cohort_id))
        .limit(1)
    )
    return (await session.scalars(newest)).first()


class Scored(NamedTuple):
    """Levels (positive = severe), their error, and how far off the ratings lie beside everybody's (1 = as far as usual)."""

    severity: float
    se: float
    fit: float


def severity(case: Case, mentor_id: UUID) -> Scored | None:
    """Among all who rated the same; None where nothing links them."""
    due = {one.competency: one.due_week for one in case.asked}
    seen = [one for one in case.seen if one.competency in due and one.week >= due[one.competency]]
    mentors = sorted({one.mentor for one in seen})
    if mentor_id not in mentors:
        return None
    codes = {competency: code for code, competency in enumerate(sorted(due))}
    ratings = rules.columns(seen, mentors, codes)
    fitted = evidence.fit(ratings, len(mentors), len(codes))
    at = mentors.index(mentor_id)
    expected = fitted.estimate[ratings.competency] - fitted.severity[ratings.mentor]
    off = (ratings.level - expected) ** 2
    usual = float(np.nanmean(off)) if np.isfinite(off).any() else 0.0
    found = Scored(
        float(fitted.severity[at]), float(fitted.severity_error[at]),
        float(np.nanmean(off[ratings.mentor == at])) / usual if usual else 1.0,
    )  # fmt: skip
    return None if any(map(isnan, found)) else found


async def lock_mentor(session: AsyncSession, mentor_id: UUID) -> None:
    """One act of a mentor at a time."""
    await session.get(Mentor, mentor_id, with_for_update=True)
