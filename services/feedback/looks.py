"""What feedback does later: the monthly look at all ratings, and promises that fall due."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from services.feedback import (
    attributing,
    comparing,
    doubting,
    pooling,
    promises,
    protection,
    queries,
    rules,
    rules_of_asking,
    rules_of_effect,
    tallying,
    tasks,
)
from services.feedback.auditing import audit_mentors
from services.feedback.copies import Cohort
from services.feedback.doubting import audit_variances
from services.feedback.model import Effect, Gap, PromiseState, Verdict
from services.feedback.rules import Case, Found
from services.feedback.tally import Spread
from shared.events.feedback import EffectMeasured, GapClosed, GapConfirmed, MoreRatingsNeeded, PromiseChecked
from shared.ids import uuid7
from shared.messaging import Job, Listener, Timer, today

__all__ = ["check_promise_when_due", "look_at_ratings_of_month", "on"]

on = Listener("feedback")
on.job(audit_mentors)
on.job(audit_variances)
FIGURES = ("ratings", "trainees", "mentors", "stations", "uncorrected_mean", "estimate", "low", "high", "p", "threshold",
           "e_value")  # fmt: skip


@on.due
async def look_at_ratings_of_month(
    cohort_id: UUID, day: date, session: AsyncSession
) -> list[GapConfirmed | MoreRatingsNeeded | EffectMeasured | GapClosed]:
    """The first day of a month: everything observed before it decides. Sets the timer of the next look."""
    cohort = await session.get_one(Cohort, cohort_id)
    programme = await queries.lock_programme(session, cohort.programme_id)
    following = rules.first_of_next_month(day)
    session.add(Timer.at(following, look_at_ratings_of_month, cohort_id, following))
    case = await of_record(session, cohort, day) if programme else None
    if case is None:
        return []
    found = rules.judge(case)
    session.add_all(_verdict(case, one, day) for one in found)
    if await doubting.is_worth_it(session, case):
        session.add_all(Job.to(audit, cohort_id, day) for audit in (audit_mentors, audit_variances))
    said = await _say(session, case, found, day)
    open_now = {one.competency: one.gap_id for one in said if isinstance(one, GapConfirmed)}
    with_these = replace(case, open_gaps={**case.open_gaps, **open_now})
    return [*said, *await _measure(session, cohort, with_these, found, day)]


async def of_record(session: AsyncSession, cohort: Cohort, day: date) -> Case | None:
    """A look by the ratings of the days before it: the same whenever it is made, and by any replica."""
    case = await queries.case_of(session, cohort.cohort_id, day)
    kept = await tallying.assumption(session, cohort.cohort_id)
    if case is None:
        return None
    own = replace(case, spread=Spread(**kept.spread), assumed=tallying.assumed(kept), rule=kept.rule)
    return await pooling.pooled(session, cohort, own, day)


async def _say(
    session: AsyncSession, case: Case, found: list[Found], day: date
) -> list[GapConfirmed | MoreRatingsNeeded]:
    said: list[GapConfirmed | MoreRatingsNeeded] = []
    for one in found:
        said += await attributing.kept(session, case, rules.confirm(case, one, uuid7()), day, day)
        practising = (
            await queries.practising(session, one.asked.competency, day) if one.answer == "ask" else []
        )
        question = rules_of_asking.ask(case, one, practising, day)
        if question:
            theirs = await tasks.trainees_of(session, case.cohort_id, question.mentor_id, day)
            trainee = rules_of_asking.whom(case, question.also_rate or question.competency, theirs)
            said.append(question.model_copy(update={"trainee_id": trainee}))
    return said


async def _measure(
    session: AsyncSession, cohort: Cohort, case: Case, found: list[Found], day: date
) -> list[EffectMeasured | GapClosed | GapConfirmed]:
    groups = await comparing.groups_of(session, cohort, case, day)
    pair = groups or await comparing.comparison_of(session, cohort, case, day)
    if pair is None:
        return []
    measured, mentors, trainees = rules_of_effect.measure(pair, uuid7(), protection.least())
    if not rules_of_effect.is_known(pair, measured):
        return []
    session.add(Effect.from_event(measured, day, mentors, trainees))
    answered = select(Gap).where(
        Gap.plan_id == pair.plan_id, Gap.state == "answered", Gap.answered_by_version == pair.to_version
    )
    gaps = {gap.gap_id: gap for gap in await session.scalars(answered.order_by(Gap.competency))}
    closed = rules_of_effect.close([(gap.gap_id, gap.competency) for gap in gaps.values()], measured)
    for one in closed:
        gaps[one.gap_id].apply(one)
    again = await _reopened(session, case, found, closed, measured.rule, day)
    return [measured, *closed, *again]


async def _reopened(
    session: AsyncSession, case: Case, found: list[Found], closed: list[GapClosed], rule: str, day: date
) -> list[GapConfirmed]:
    by_name = {one.asked.competency: one for one in found}
    said: list[GapConfirmed] = []
    for one in closed:
        gap = rules_of_effect.reopen(case, by_name[one.competency], one, uuid7(), rule)
        said += await attributing.kept(session, case, gap, day, day)
    return said


def _verdict(case: Case, found: Found, day: date) -> Verdict:
    finding = found.finding
    figures = {name: getattr(finding, name) for name in FIGURES} if finding else {}
    if finding and finding.link:
        figures |= {"link_mentor_id": finding.link.mentor, "link_competency": finding.link.competency}
    return Verdict(
        cohort_id=case.cohort_id, looked_on=day, competency=found.asked.competency, plan_id=case.plan_id,
        plan_version=case.plan_version, due_week=found.asked.due_week, answer=found.answer, reason=found.reason,
        rule=case.rule, required=found.asked.level, looks=case.bar.looks, cohorts=1 + len(case.cohorts), **figures,
    )  # fmt: skip


@on.due
async def check_promise_when_due(promise_id: UUID, session: AsyncSession) -> PromiseChecked | None:
    """The day after the date that the agreement names: kept or broken."""
    promise = await session.get(PromiseState, promise_id, with_for_update=True)
    return await promises.check(session, promise, await today(session)) if promise else None
