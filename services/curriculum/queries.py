"""What is asked of the database more than once."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum.model import (
    Cohort,
    Framework,
    InForce,
    Plan,
    PlanVersion,
    Programme,
    Revision,
    Signal,
    Step,
    Vote,
)
from services.curriculum.people import Qualification, Secondment
from services.curriculum.refusals import PlanUnknown, ProgrammeUnknown, RevisionUnknown
from services.curriculum.rule_packs import Pack, pack_of
from services.curriculum.seats import Seat
from services.curriculum.transitions import OPEN, State
from shared.errors import NotYetKnown
from shared.events.curriculum import PlanPublished, SecondmentReported
from shared.events.plan_parts import CauseKind
from shared.programmes.grammar import Approval, Template


async def plan_of(session: AsyncSession, plan_id: UUID, *, lock: bool = False) -> Plan:
    """The plan; locked, so that its versions and revisions follow one another."""
    wanted = select(Plan).where(Plan.plan_id == plan_id)
    plan = await session.scalar(wanted.with_for_update() if lock else wanted)
    if plan is None:
        raise PlanUnknown(str(plan_id))
    return plan


async def plan_heard_of(session: AsyncSession, plan_id: UUID) -> Plan:
    """The same for an event, which may be early."""
    try:
        return await plan_of(session, plan_id, lock=True)
    except PlanUnknown:
        raise NotYetKnown("plan", plan_id) from None


async def version_of(session: AsyncSession, plan_id: UUID, number: int | None = None) -> PlanPublished:
    """A version of a plan, the latest if none is named."""
    wanted = select(PlanVersion).where(PlanVersion.plan_id == plan_id)
    wanted = wanted.where(PlanVersion.plan_version == number) if number else wanted
    row = await session.scalar(wanted.order_by(col(PlanVersion.plan_version).desc()).limit(1))
    if row is None:
        raise PlanUnknown(f"{plan_id} version {number}" if number else str(plan_id))
    return PlanPublished.model_validate(row.body)


async def programme_of(session: AsyncSession, programme_id: UUID) -> Programme:
    programme = await session.get(Programme, programme_id)
    if programme is None:
        raise ProgrammeUnknown(str(programme_id))
    return programme


async def template_of(session: AsyncSession, plan: Plan) -> Template:
    """The template of the programme that a plan belongs to."""
    return Template.model_validate((await programme_of(session, plan.programme_id)).template)


async def approval_of(session: AsyncSession, plan_id: UUID) -> Approval:
    """How a revision of this plan is decided."""
    return (await template_of(session, await plan_of(session, plan_id))).approval


async def pack_of_plan(session: AsyncSession, plan_id: UUID) -> Pack:
    """The rules that every version of this plan keeps."""
    return pack_of((await template_of(session, await plan_of(session, plan_id))).plan_rules)


async def seats_of(session: AsyncSession, revision_id: UUID) -> Sequence[Seat]:
    """Votes handed on, added voters, excluded ones and copies, in order."""
    wanted = select(Seat).where(Seat.revision_id == revision_id).order_by(col(Seat.at), col(Seat.person_id))
    return (await session.scalars(wanted)).all()


async def plans_of_enterprise(session: AsyncSession, enterprise_id: UUID) -> Sequence[Plan]:
    """The plans that an enterprise takes part in, locked in one order."""
    wanted = (
        select(Plan)
        .join(Programme, col(Programme.programme_id) == Plan.programme_id)
        .where(col(Programme.enterprise_ids).contains([str(enterprise_id)]))
        .order_by(col(Plan.plan_id))
        .with_for_update(of=Plan)
    )
    return (await session.scalars(wanted)).all()


async def plans_of_programme(session: AsyncSession, programme_id: UUID) -> Sequence[Plan]:
    wanted = (
        select(Plan).where(Plan.programme_id == programme_id).order_by(col(Plan.plan_id)).with_for_update()
    )
    return (await session.scalars(wanted)).all()


async def plans_seen_by(session: AsyncSession, reported: SecondmentReported) -> Sequence[Plan]:
    """The plans of the programme; a secondment programme teaches nobody itself: those of the plant's programmes."""
    if reported.programme_id is None:
        return ()
    if own := await plans_of_programme(session, reported.programme_id):
        return own
    secondment = await session.get(Secondment, reported.secondment_id)
    return await plans_of_enterprise(session, secondment.enterprise_id) if secondment else ()


async def revision_of(session: AsyncSession, revision_id: UUID, *, lock: bool = False) -> Revision:
    """The revision; with `lock` its plan is locked first, then it is read anew."""
    revision = await session.get(Revision, revision_id)
    if revision is None:
        raise RevisionUnknown(str(revision_id))
    if lock:
        await plan_of(session, revision.plan_id, lock=True)
        await session.refresh(revision, with_for_update=True)
    return revision


async def revision_behind(session: AsyncSession, plan_id: UUID, version: int) -> Revision | None:
    """The revision that a version carries out."""
    wanted = select(Revision).where(Revision.plan_id == plan_id, Revision.new_version == version)
    found: Revision | None = await session.scalar(wanted)
    return found


async def open_revision(session: AsyncSession, plan_id: UUID) -> Revision | None:
    """The one open revision of a plan."""
    wanted = select(Revision).where(Revision.plan_id == plan_id, col(Revision.state).in_(OPEN))
    found: Revision | None = await session.scalar(wanted.with_for_update())
    return found


async def signals_of(session: AsyncSession, revision_id: UUID) -> Sequence[Signal]:
    """The causes of a revision, in one order."""
    wanted = select(Signal).where(Signal.revision_id == revision_id).order_by(col(Signal.cause_id))
    return (await session.scalars(wanted)).all()


async def waiting_signals(session: AsyncSession, plan_id: UUID) -> Sequence[Signal]:
    """What came while a revision was being voted on."""
    wanted = select(Signal).where(
        Signal.plan_id == plan_id, col(Signal.revision_id).is_(None), col(Signal.outcome).is_(None)
    )
    return (await session.scalars(wanted.order_by(col(Signal.cause_id)))).all()


async def answered(session: AsyncSession, plan_id: UUID) -> dict[str, int]:
    """Competency -> the last version that a revision raised it in."""
    wanted = (
        select(Signal, Revision.new_version)
        .join(Revision, col(Revision.revision_id) == Signal.revision_id)
        .where(Signal.plan_id == plan_id, Revision.state == State.PUBLISHED)
    )
    found: dict[str, int] = {}
    for signal, version in await session.execute(wanted):
        for name in signal.asks:
            found[name] = max(version or 0, found.get(name, 0))
    return found


async def heard_until(session: AsyncSession, plan_id: UUID) -> dict[str, date]:
    """Competency -> how far the evidence of its ended gaps reaches."""
    ended = select(Signal).where(
        Signal.plan_id == plan_id, Signal.kind == CauseKind.GAP, col(Signal.outcome).is_not(None)
    )
    found: dict[str, date] = {}
    for signal in await session.scalars(ended):
        for name in signal.asks:
            found[name] = max(signal.evidence_until, found.get(name, signal.evidence_until))
    return found


async def votes_on(session: AsyncSession, revision: Revision) -> Sequence[Vote]:
    """Every vote on a revision, void ones too, oldest first."""
    wanted = select(Vote).where(Vote.revision_id == revision.revision_id).order_by(col(Vote.cast_at))
    return (await session.scalars(wanted)).all()


async def steps_of(session: AsyncSession, revision_id: UUID) -> Sequence[Step]:
    wanted = select(Step).where(Step.revision_id == revision_id).order_by(col(Step.number))
    return (await session.scalars(wanted)).all()


async def cohorts_on(session: AsyncSession, plan_id: UUID) -> Sequence[tuple[Cohort, InForce]]:
    """Cohorts that are taught by this plan, with the newest version that is or will be in force for each."""
    newest = (
        select(col(InForce.cohort_id), func.max(InForce.plan_version).label("plan_version"))
        .where(InForce.plan_id == plan_id)
        .group_by(col(InForce.cohort_id))
        .subquery()
    )
    wanted = (
        select(Cohort, InForce)
        .join(newest, newest.c.cohort_id == Cohort.cohort_id)
        .join(
            InForce,
            (col(InForce.cohort_id) == Cohort.cohort_id)
            & (col(InForce.plan_id) == plan_id)
            & (col(InForce.plan_version) == newest.c.plan_version),
        )
        .order_by(col(Cohort.first_monday), col(Cohort.cohort_id))
    )
    return [(cohort, force) for cohort, force in await session.execute(wanted)]


async def unanswered(session: AsyncSession, plan_id: UUID) -> Sequence[Signal]:
    """Every signal on a plan that has no end yet."""
    wanted = select(Signal).where(Signal.plan_id == plan_id, col(Signal.outcome).is_(None))
    return (await session.scalars(wanted.order_by(col(Signal.cause_id)))).all()


async def in_force(session: AsyncSession, cohort_id: UUID) -> Sequence[InForce]:
    """The versions of a cohort, oldest first."""
    wanted = select(InForce).where(InForce.cohort_id == cohort_id)
    return (await session.scalars(wanted.order_by(col(InForce.from_week), col(InForce.plan_version)))).all()


async def alone_with(session: AsyncSession, programme_id: UUID) -> None:
    """Until the commit: a cohort that enrols and a first plan that is published at once would not see each other."""
    keys = func.hashtext("first plan"), func.hashtext(str(programme_id))
    await session.execute(select(func.pg_advisory_xact_lock(*keys)))


async def cohorts_without_plan(session: AsyncSession, programme_id: UUID) -> Sequence[Cohort]:
    taught = select(func.count()).where(InForce.cohort_id == Cohort.cohort_id).scalar_subquery()
    return (
        await session.scalars(select(Cohort).where(Cohort.programme_id == programme_id, taught == 0))
    ).all()


async def competency_titles(session: AsyncSession) -> dict[str, dict[str, str]]:
    """Code -> title in both languages, by the newest version of each framework."""
    rows = await session.scalars(select(Framework).order_by(col(Framework.framework_version)))
    return {one["code"]: one["title"] for row in rows for one in row.competencies}


async def qualification_titles(session: AsyncSession, college_id: UUID) -> dict[str, dict[str, str]]:
    """Code -> name, as far as the college has named its qualifications."""
    rows = await session.scalars(select(Qualification).where(Qualification.college_id == college_id))
    return {row.code: row.title for row in rows}
