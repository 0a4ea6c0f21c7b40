"""Finds the cohorts whose comparison tells whether a new plan version helped."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.feedback import rules
from services.feedback.copies import Cohort, InForce, PlanVersion
from services.feedback.model import Effect
from services.feedback.queries import requirements, seen_of
from services.feedback.rules import Case, Seen
from services.feedback.rules_of_effect import Comparison, Staggered, Told
from services.feedback.statistics import Vignette, VignetteAnswer


async def comparison_of(session: AsyncSession, cohort: Cohort, case: Case, day: date) -> Comparison | None:
    """The earlier cohort under an older version, in the teaching weeks that both have passed; None once it is measured."""
    if any(one.moved for one in case.asked):
        return None  # it was taught under both versions itself
    earlier = (
        select(Cohort, PlanVersion)
        .join(InForce, col(InForce.cohort_id) == Cohort.cohort_id)
        .join(
            PlanVersion,
            (col(PlanVersion.plan_id) == InForce.plan_id)
            & (col(PlanVersion.plan_version) == InForce.plan_version),
        )
        .where(Cohort.programme_id == cohort.programme_id, col(Cohort.first_monday) < cohort.first_monday)
        .where(InForce.plan_id == case.plan_id, InForce.plan_version < case.plan_version)
        .order_by(col(Cohort.first_monday).desc(), col(InForce.plan_version).desc())
    )
    after = await session.get_one(PlanVersion, (case.plan_id, case.plan_version))
    for other, before in (await session.execute(earlier)).all():
        changed = rules.revised(before.coverage, after.coverage) & {one.competency for one in case.asked}
        due = due_of(before, after)
        theirs = _within(await seen_of(session, other.cohort_id, before, date.max), due, 10_000)
        last = max((one.week for one in theirs), default=0)
        if not changed or not last or await _measured(session, case, other, before):
            continue
        week = min(last, case.week)
        return Comparison(
            programme_id=cohort.programme_id, plan_id=case.plan_id, from_version=before.plan_version,
            to_version=case.plan_version, cohort_before=other.cohort_id, cohort_after=cohort.cohort_id, week=week,
            revised=tuple(sorted(changed)), before=_within(theirs, due, week), after=_within(case.seen, due, week),
            complete=case.week > last, told=await _told(session, cohort, day),
        )  # fmt: skip
    return None


async def _told(session: AsyncSession, cohort: Cohort, day: date) -> tuple[Told, ...]:
    """Of each mentor and common case the newest answer before this cohort began, and the newest since, before a day."""
    wanted = (
        select(VignetteAnswer, Vignette)
        .join(Vignette, col(Vignette.vignette_id) == VignetteAnswer.vignette_id)
        .where(Vignette.programme_id == cohort.programme_id, VignetteAnswer.answered_on < day)
        .order_by(col(VignetteAnswer.answered_on))
    )
    newest = {
        (of.vignette_id, said.mentor_id, later := said.answered_on >= cohort.first_monday): Told(
            of.vignette_id, said.mentor_id, of.competency, later, said.level - of.agreed
        )
        for said, of in (await session.execute(wanted)).all()
    }
    return tuple(newest[key] for key in sorted(newest))


async def groups_of(session: AsyncSession, cohort: Cohort, case: Case, day: date) -> Staggered | None:
    """The groups of this cohort that got its version first against those that followed; None where all got it at once."""
    wanted = (
        select(InForce).where(InForce.cohort_id == cohort.cohort_id).order_by(col(InForce.effective_from))
    )
    forces = (await session.scalars(wanted)).all()
    at = next((at for at, one in enumerate(forces) if one.plan_version == case.plan_version), 0)
    force = forces[at]
    if not at or force.later_week is None:
        return None
    before = await session.get(PlanVersion, (forces[at - 1].plan_id, forces[at - 1].plan_version))
    after = await session.get_one(PlanVersion, (case.plan_id, case.plan_version))
    if before is None or await _measured(session, case, cohort, before):
        return None
    changed = rules.revised(before.coverage, after.coverage) & {one.competency for one in case.asked}
    seen = [*await seen_of(session, cohort.cohort_id, before, day), *case.seen]
    parts = by_group(seen, {UUID(one) for one in force.later}, force.from_week, force.later_week)
    if not changed or not all(parts):
        return None
    return Staggered(
        programme_id=cohort.programme_id, plan_id=case.plan_id, from_version=before.plan_version,
        to_version=case.plan_version, cohort_before=cohort.cohort_id, cohort_after=cohort.cohort_id,
        week=min(case.week, force.later_week - 1), revised=tuple(sorted(changed)), before=parts[0], after=parts[1],
        rest_before=parts[2], rest_after=parts[3], complete=case.week >= force.later_week,
    )  # fmt: skip


def by_group(
    seen: Sequence[Seen], later: Collection[UUID], first_week: int, later_week: int
) -> list[tuple[Seen, ...]]:
    """First groups before and meanwhile, later groups before and meanwhile; what is rated after all have it says nothing."""
    return [
        tuple(one for one in seen if (one.trainee in later) == rest and weeks[0] <= one.week < weeks[1])
        for rest in (False, True)
        for weeks in ((0, first_week), (first_week, later_week))
    ]


def due_of(before: PlanVersion, after: PlanVersion) -> dict[str, int]:
    """From which week on a competency is compared: that of the older version, which both cohorts know."""
    weeks = {one.competency: one.due_week for one in requirements(after, {}, set())}
    return {**weeks, **{one.competency: one.due_week for one in requirements(before, {}, set())}}


def _within(seen: Sequence[Seen], due: dict[str, int], last: int) -> tuple[Seen, ...]:
    return tuple(one for one in seen if due.get(one.competency, 10_001) <= one.week <= last)


async def _measured(session: AsyncSession, case: Case, other: Cohort, before: PlanVersion) -> bool:
    done = select(Effect.effect_id).where(
        Effect.plan_id == case.plan_id, Effect.from_version == before.plan_version,
        Effect.to_version == case.plan_version, Effect.cohort_before == other.cohort_id,
        Effect.cohort_after == case.cohort_id,
    )  # fmt: skip
    return (await session.scalar(done)) is not None
