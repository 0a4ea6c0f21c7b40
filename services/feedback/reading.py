"""What people and programs can read: ratings in counts, verdicts, gaps."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import func
from sqlalchemy import select as columns
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import auditing, doubting, queries, rules, sentences, tasks
from services.feedback.copies import Cohort, Member, Mentor, PlanVersion, Station
from services.feedback.model import Gap, Rating, Verdict
from services.feedback.origins import NOT_RECORDED, Origin
from services.feedback.protection import Panels, enough, only_of
from services.feedback.refusals import CohortUnknown, GapUnknown
from services.feedback.rules_of_effect import TOO_FEW
from shared.events.feedback import Attribution
from shared.service import Transaction

router = APIRouter(prefix="/feedback/v1", tags=["evidence"])
NOT_SHOWN = {"cohort_id", "looked_on", "plan_id", "looks", "link_mentor_id", "link_competency"}
FIGURES = ("uncorrected_mean", "uncorrected_short", "estimate", "low", "high", "p", "e_value")


@router.get("/ratings")
async def count_ratings(
    cohort_id: UUID,
    person: Panels,
    transaction: Transaction,
    competency: str | None = None,
    plan_version: int | None = None,
) -> dict[str, Any]:
    await _cohort(transaction, cohort_id)
    level = col(Rating.level)
    kinds = (col(Rating.competency), col(Rating.plan_version))
    wanted = columns(
        *kinds, func.count(level), func.count().filter(level.is_(None)), func.max(Rating.observed_on),
        func.count(func.distinct(Rating.trainee_id)), func.count(func.distinct(Rating.mentor_id)),
    ).where(col(Rating.cohort_id) == cohort_id)  # fmt: skip
    wanted = wanted.where(col(Rating.competency) == competency) if competency else wanted
    wanted = wanted.where(col(Rating.plan_version) == plan_version) if plan_version else wanted
    enterprise = only_of(person)
    wanted = wanted.where(col(Rating.enterprise_id) == enterprise) if enterprise else wanted
    rows = (await transaction.execute(wanted.group_by(*kinds).order_by(*kinds))).all()
    names = ("competency", "plan_version", "ratings", "not_seen", "latest_observed_on", "trainees", "mentors")
    due = await queries.due_ratings(transaction, cohort_id, enterprise)
    by: list[dict[str, Any]] = [
        {**dict(zip(names, row, strict=True)), "due": due.get((row[0], row[1]), 0)} for row in rows
    ]
    return {
        "cohort_id": cohort_id, "ratings": sum(one["ratings"] for one in by), "by": by,
        "due": sum(one["due"] for one in by),
        "not_seen": sum(one["not_seen"] for one in by),
        "latest_observed_on": max((one["latest_observed_on"] for one in by), default=None),
    }  # fmt: skip


@router.get("/verdicts")
async def read_verdicts(
    cohort_id: UUID, person: Panels, transaction: Transaction, looked_on: date | None = None
) -> dict[str, Any]:
    cohort = await _cohort(transaction, cohort_id)
    await _must_have_trainees(transaction, cohort_id, only_of(person))
    newest = select(func.max(Verdict.looked_on)).where(Verdict.cohort_id == cohort_id)
    shown = await transaction.scalar(newest.where(Verdict.looked_on <= looked_on) if looked_on else newest)
    wanted = select(Verdict).where(Verdict.cohort_id == cohort_id, Verdict.looked_on == shown)
    rows = (await transaction.scalars(wanted.order_by(col(Verdict.competency)))).all() if shown else []
    first = rows[0] if rows else None
    names = await tasks.titles(transaction, [row.competency for row in rows])
    gaps = await _gaps_by_competency(transaction, first) if first else {}
    links = await _links(transaction, rows, only_of(person))
    origins = await _origins(transaction, first) if first else {}
    return {
        "cohort_id": cohort_id, "title": cohort.title, "looked_on": shown,
        "plan_id": first and first.plan_id, "plan_version": first and first.plan_version,
        "looks": first and first.looks, "rule": first and first.rule, "cohorts": first.cohorts if first else 1,
        "next_look_on": rules.first_of_next_month(shown or cohort.first_monday),
        "audit": await _audit(transaction, cohort_id) if only_of(person) is None else None,
        "competencies": [
            {
                **_shown(row, names[row.competency], gaps.get(row.competency)), "link": links.get(row.competency),
                **origins.get(row.competency, NOT_RECORDED)._asdict(),
            }
            for row in rows
        ],
    }  # fmt: skip


@router.get("/verdicts/history")
async def read_history(
    cohort_id: UUID, competency: str, person: Panels, transaction: Transaction
) -> list[dict[str, Any]]:
    await _must_have_trainees(transaction, cohort_id, only_of(person))
    wanted = select(Verdict).where(Verdict.cohort_id == cohort_id, Verdict.competency == competency)
    rows = (await transaction.scalars(wanted.order_by(col(Verdict.looked_on)))).all()
    return [{"looked_on": row.looked_on, **_shown(row, {}, None)} for row in rows]


@router.get("/gaps")
async def list_gaps(
    person: Panels,
    transaction: Transaction,
    programme_id: UUID | None = None,
    cohort_id: UUID | None = None,
    state: str | None = None,
) -> list[dict[str, Any]]:
    wanted = select(Gap).order_by(col(Gap.confirmed_on).desc(), col(Gap.gap_id))
    for column, value in ((Gap.programme_id, programme_id), (Gap.cohort_id, cohort_id), (Gap.state, state)):
        wanted = wanted.where(column == value) if value is not None else wanted
    enterprise = only_of(person)
    if enterprise:
        wanted = wanted.where(col(Gap.cohort_id).in_(_cohorts_with(enterprise)))
    gaps = (await transaction.scalars(wanted)).all()
    names = await tasks.titles(transaction, [gap.competency for gap in gaps])
    return [_gap(gap, names[gap.competency], enterprise) for gap in gaps]


@router.get("/gaps/{gap_id}")
async def read_gap(gap_id: UUID, person: Panels, transaction: Transaction) -> dict[str, Any]:
    gap = await transaction.get(Gap, gap_id)
    if gap is None:
        raise GapUnknown
    try:
        await _must_have_trainees(transaction, gap.cohort_id, only_of(person))
    except CohortUnknown as hidden:
        raise GapUnknown from hidden
    names = await tasks.titles(transaction, [gap.competency])
    people = func.count(func.distinct(Rating.trainee_id))
    week = select(Rating.week, func.avg(Rating.level), func.count(col(Rating.level)), people).where(
        Rating.cohort_id == gap.cohort_id, Rating.competency == gap.competency, col(Rating.level).is_not(None)
    )
    rows = (await transaction.execute(week.group_by(col(Rating.week)).order_by(col(Rating.week)))).all()
    curve = [
        {"week": number, "mean": round(float(mean), 3), "n": n} for number, mean, n, of in rows if enough(of)
    ]
    audited = doubting.shown(gap.cohort_id, await doubting.newest(transaction, gap.cohort_id))
    return {**_gap(gap, names[gap.competency], only_of(person)), "curve": curve, "doubts": audited["doubts"]}


async def _audit(session: AsyncSession, cohort_id: UUID) -> dict[str, Any] | None:
    """How far the many-facet Rasch model agrees on the severities; those of single mentors are told to themselves alone."""
    found = await auditing.newest(session, cohort_id)
    shown = {"looked_on", "ratings", "agreement"}
    return {**found.model_dump(include=shown), "mentors": len(found.mentors)} if found else None


async def _cohort(session: AsyncSession, cohort_id: UUID) -> Cohort:
    cohort = await session.get(Cohort, cohort_id)
    if cohort is None:
        raise CohortUnknown
    return cohort


def _cohorts_with(enterprise_id: UUID) -> Any:
    return select(Member.cohort_id).where(Member.enterprise_id == enterprise_id)


async def _must_have_trainees(session: AsyncSession, cohort_id: UUID, enterprise_id: UUID | None) -> None:
    mine = (
        _cohorts_with(enterprise_id).where(Member.cohort_id == cohort_id).limit(1) if enterprise_id else None
    )
    if mine is not None and await session.scalar(mine) is None:
        raise CohortUnknown


async def _gaps_by_competency(session: AsyncSession, of: Verdict) -> dict[str, Gap]:
    wanted = select(Gap).where(Gap.plan_id == of.plan_id, Gap.plan_version == of.plan_version)
    return {gap.competency: gap for gap in await session.scalars(wanted.order_by(col(Gap.confirmed_on)))}


async def _origins(session: AsyncSession, of: Verdict) -> dict[str, Origin]:
    """Who set each level of the plan version that was judged, when and how."""
    plan = await session.get(PlanVersion, (of.plan_id, of.plan_version))
    asked = queries.requirements(plan, {}, set()) if plan else ()
    return {one.competency: one.origin for one in asked}


async def _links(
    session: AsyncSession, rows: Sequence[Verdict], enterprise: UUID | None
) -> dict[str, dict[str, Any]]:
    """The rating that would link a competency's mentors to the others; an enterprise reads only which of its own mentors."""
    names = await tasks.titles(session, [row.link_competency for row in rows if row.link_competency])
    found = {}
    for row in rows:
        mentor = await session.get(Mentor, row.link_mentor_id) if row.link_mentor_id else None
        if mentor is None or row.link_competency is None:
            continue
        open_to = enterprise is None or mentor.enterprise_id == enterprise
        station = await session.get(Station, mentor.station_id) if open_to else None
        found[row.competency] = {
            "mentor_id": mentor.mentor_id if open_to else None, "station": station.title if station else None,
            "competency": row.link_competency, "title": names[row.link_competency],
        }  # fmt: skip
    return found


def _shown(row: Verdict, title: dict[str, str], gap: Gap | None) -> dict[str, Any]:
    mean = row.uncorrected_mean
    whole = {
        **row.model_dump(exclude=NOT_SHOWN), "title": title,
        "uncorrected_short": mean is not None and mean < row.required, "suppressed": False,
        "why": sentences.of_verdict(row), "gap_id": gap and gap.gap_id, "gap_state": gap and gap.state,
    }  # fmt: skip
    if row.ratings and not enough(row.trainees):
        answer = {} if row.answer == "not-due" else {"answer": "not-shown", "reason": TOO_FEW}
        whole |= {**dict.fromkeys(FIGURES), **answer, "suppressed": True, "why": sentences.TOO_FEW_PEOPLE}
    return whole


def _gap(gap: Gap, title: dict[str, str], enterprise: UUID | None) -> dict[str, Any]:
    """An enterprise reads of workshops its own alone."""
    before = {**NOT_RECORDED._asdict(), "due_week": None}  # gaps of earlier releases do not say it
    said = {**before, **gap.evidence, **gap.model_dump(exclude={"evidence"})}
    kept = [Attribution.model_validate(one) for one in said.get("sources", [])]
    sources = [one.shown_to(enterprise).model_dump(mode="json") for one in kept]
    return {**said, "sources": sources, "title": title}
