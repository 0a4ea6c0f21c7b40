"""Publishing a version, and putting it in force for cohorts: at a boundary for those that run, from week 1 for new ones."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import planning, queries, rules, staggering
from services.curriculum.changing import with_changes
from services.curriculum.drafting import Draft
from services.curriculum.laying import lay_again
from services.curriculum.model import Cohort, InForce, Plan, PlanVersion, Revision
from services.curriculum.seats import Rota
from services.curriculum.staggering import Introduction, Later
from shared.events.curriculum import PlanInForce, PlanPublished
from shared.messaging import known


async def keep_version(session: AsyncSession, published: PlanPublished, on: date) -> None:
    """A version is written once."""
    session.add(
        PlanVersion(
            plan_id=published.plan_id,
            plan_version=published.plan_version,
            body=published.model_dump(mode="json"),
            content_hash=published.content_hash,
            revision_id=published.revision_id,
            published_on=on,
        )
    )
    await session.flush()
    await known(session, "plan", published.plan_id)


def put_in_force(
    session: AsyncSession,
    cohort_id: UUID,
    plan_id: UUID,
    plan_version: int,
    start: tuple[int, date],
    later: Later | None = None,
) -> PlanInForce:
    """From this week on, this version; the groups that follow keep the one before until theirs."""
    in_force = PlanInForce(
        cohort_id=cohort_id,
        plan_id=plan_id,
        plan_version=plan_version,
        from_week=start[0],
        effective_from=start[1],
        later=later.trainees if later else [],
        later_week=later and later.week,
        later_from=later and later.day,
    )
    session.add(InForce(**in_force.model_dump(exclude={"later"}), later=[str(one) for one in in_force.later]))
    return in_force


async def publish_revision(
    session: AsyncSession, plan: Plan, revision: Revision, on: date
) -> list[PlanPublished | PlanInForce]:
    """The next version, as approved, and the weeks from which running cohorts are taught by it."""
    before = await queries.version_of(session, plan.plan_id)
    signals = await queries.signals_of(session, revision.revision_id)
    draft = Draft.model_validate(revision.draft)
    after = next_version(before, draft, revision.revision_id)
    template = await queries.template_of(session, plan)
    published = planning.compose(
        plan_id=plan.plan_id,
        plan_version=plan.latest_version + 1,
        programme_id=plan.programme_id,
        title=before.title,
        phases=before.phases,
        modules=after.modules,
        requirements=rules.raised(before, signals, on).requirements,
        weeks_of_practice=template.evidence.weeks_of_practice,
        revision_id=revision.revision_id,
    )
    await keep_version(session, published, on)
    plan.apply(published)
    revision.new_version = published.plan_version
    return [published, *await _move_cohorts(session, published, on, draft.introduction)]


def next_version(before: PlanPublished, draft: Draft, revision_id: UUID) -> PlanPublished:
    """The modules as the draft has them, laid over the weeks again."""
    after = with_changes(before.modules, draft.changes)
    return before.model_copy(
        update={"modules": lay_again(before.phases, before.modules, after), "revision_id": revision_id}
    )


async def _move_cohorts(
    session: AsyncSession, published: PlanPublished, on: date, introduction: Sequence[Introduction]
) -> list[PlanInForce]:
    by_groups = {one.cohort_id: one for one in introduction}
    said = []
    for cohort, force in await queries.cohorts_on(session, published.plan_id):
        start = rules.moves_in(published, cohort.first_monday, on)
        if start and force.plan_version < published.plan_version:
            start = max(start, (force.from_week, force.effective_from))
            possible = staggering.starts(published.phases, cohort.first_monday, start)
            rota = await session.get(Rota, cohort.cohort_id)
            later = staggering.later(by_groups.get(cohort.cohort_id), rota.groups if rota else {}, possible)
            said.append(put_in_force(session, cohort.cohort_id, plan_id=published.plan_id,
                                     plan_version=published.plan_version, start=start, later=later))  # fmt: skip
    return said


async def first_plan_of(session: AsyncSession, cohort: Cohort, formed_from: list[UUID]) -> PlanInForce | None:
    """A new cohort gets the latest version from week 1; one formed from running cohorts keeps what they have."""
    if await queries.in_force(session, cohort.cohort_id):
        return None
    await queries.alone_with(session, cohort.programme_id)
    start = (1, cohort.first_monday)
    for origin in formed_from:
        if had := await queries.in_force(session, origin):
            return put_in_force(session, cohort.cohort_id, had[-1].plan_id, had[-1].plan_version, start)
    for plan in await queries.plans_of_programme(session, cohort.programme_id):
        return put_in_force(session, cohort.cohort_id, plan.plan_id, plan.latest_version, start)
    return None


async def taught_by(session: AsyncSession, plan_id: UUID, version: int) -> list[tuple[Cohort, InForce]]:
    """Cohorts for which exactly this version is or will be in force, and since when."""
    wanted = (
        select(Cohort, InForce)
        .join(InForce, col(InForce.cohort_id) == Cohort.cohort_id)
        .where(InForce.plan_id == plan_id, InForce.plan_version == version)
        .order_by(col(Cohort.first_monday), col(Cohort.cohort_id))
    )
    return [(cohort, force) for cohort, force in await session.execute(wanted)]


async def taught_on(
    session: AsyncSession, forces: Sequence[InForce], on: date, trainees: Iterable[UUID]
) -> dict[UUID, PlanPublished]:
    """The version by which each of them was taught on that day: a group may follow later than the others."""
    newest = {who: ([one for one in forces if one.begins(who) <= on] or forces[:1])[-1] for who in trainees}
    versions = {
        key: await queries.version_of(session, *key)
        for key in {(one.plan_id, one.plan_version) for one in newest.values()}
    }
    return {who: versions[one.plan_id, one.plan_version] for who, one in newest.items()}
