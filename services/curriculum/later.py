"""What curriculum does later: drafts in a worker, reminders, escalation. And how a revision begins, which sets these."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import queries, rules, voters
from services.curriculum.acting import causes, propose, record, write_step
from services.curriculum.drafting import draft
from services.curriculum.model import Plan, Revision, Signal
from services.curriculum.signals import aims
from services.curriculum.transitions import OPEN, Act, State
from services.curriculum.workdays import working_day_from, working_days_after
from shared.events.curriculum import (
    RevisionEscalated,
    RevisionExtended,
    RevisionOpened,
    RevisionReminded,
    RevisionUndrafted,
)
from shared.events.plan_parts import Side
from shared.ids import uuid7
from shared.messaging import Job, Listener, Timer, Work, emit, today

on = Listener("curriculum")
SECONDS = 5.0
"""For the integer answer; the linear one is there at once (`GET /revisions/{id}/outlook`)."""


async def open_revision(
    session: AsyncSession, plan: Plan, signals: Sequence[Signal], reopens: UUID | None = None
) -> RevisionOpened:
    """A new proposal with its causes; its draft is made by a worker, its deadline runs from now."""
    approval = (await queries.template_of(session, plan)).approval
    day = await today(session)
    revision = Revision(
        revision_id=uuid7(),
        plan_id=plan.plan_id,
        plan_version=plan.latest_version,
        state=State.OPENED,
        opened_on=day,
        deadline_on=rules.deadlines(day, approval)[2],
        reopens=reopens,
    )
    session.add(revision)
    for signal in signals:
        signal.revision_id, signal.outcome = revision.revision_id, None
    await session.flush()
    await write_step(session, revision, "open")
    await set_timers(session, revision, plan)
    session.add(Job.to(draft_revision, revision.revision_id))
    return RevisionOpened(
        revision_id=revision.revision_id,
        plan_id=plan.plan_id,
        plan_version=revision.plan_version,
        causes=causes(signals),
        deadline_on=revision.deadline_on,
    )


async def set_timers(session: AsyncSession, revision: Revision, plan: Plan) -> None:
    """Reminders at 50 and 80 % of the time, escalation at the end; each does nothing for a deadline that has moved."""
    approval = (await queries.template_of(session, plan)).approval
    half, most, end_on = rules.deadlines(await today(session), approval)
    revision.deadline_on, revision.escalation_level = end_on, 0
    session.add(Timer.at(half, remind_panels, revision.revision_id, 50, end_on))
    session.add(Timer.at(most, remind_panels, revision.revision_id, 80, end_on))
    session.add(Timer.at(end_on, escalate_overdue_revision, revision.revision_id, end_on))


async def more_time(session: AsyncSession, revision: Revision, until: date) -> RevisionExtended:
    """The deadline moves: a reminder halfway, escalation when it has passed; what was set for the old one does nothing."""
    day = await today(session)
    half = working_day_from(day + (until - day) / 2)
    revision.deadline_on = until
    percent = rules.passed(revision.opened_on, until, half)
    session.add(Timer.at(half, remind_panels, revision.revision_id, percent, until))
    session.add(Timer.at(until, escalate_overdue_revision, revision.revision_id, until))
    return RevisionExtended(revision_id=revision.revision_id, deadline_on=until)


@on.job
async def draft_revision(revision_id: UUID, work: Work) -> None:
    """Find the smallest change in a worker: `RevisionDrafted` or `RevisionUndrafted`. A signal that joins has its own job."""
    async with work.transaction() as session:
        revision = await queries.revision_of(session, revision_id)
        plan = await queries.version_of(session, revision.plan_id, revision.plan_version)
        signals = await queries.signals_of(session, revision_id)
        pack = await queries.pack_of_plan(session, revision.plan_id)
    content = await work.solve(draft, plan, aims(signals), SECONDS, pack)
    async with work.finish() as session:
        revision = await queries.revision_of(session, revision_id, lock=True)
        current = await queries.signals_of(session, revision_id)
        drafted = [one.cause_id for one in current] == [one.cause_id for one in signals]
        if not drafted or revision.content_hash or revision.state not in {State.OPENED, State.ESCALATED}:
            return
        if content.missing:
            revision.draft = content.model_dump(mode="json")
            await record(session, revision, Act.FAIL)
            emit(session, RevisionUndrafted(revision_id=revision_id, missing=content.missing))
            return
        said = propose(revision, content, current)
        await record(session, revision, Act.DRAFT)
        emit(session, said)


@on.due
async def remind_panels(
    revision_id: UUID, percent: int, deadline_on: date, session: AsyncSession
) -> RevisionReminded | None:
    """So much of the time has passed, and a side has not voted enough."""
    revision = await queries.revision_of(session, revision_id, lock=True)
    if revision.state not in OPEN or revision.deadline_on != deadline_on:
        return None
    await write_step(session, revision, "remind", comment=f"{percent} %")
    return RevisionReminded(revision_id=revision_id, percent=percent, sides=await lacking(session, revision))


async def lacking(session: AsyncSession, revision: Revision) -> list[Side]:
    """The sides that have not approved enough."""
    approval = await queries.approval_of(session, revision.plan_id)
    seats = await queries.seats_of(session, revision.revision_id)
    return voters.lacking(await queries.votes_on(session, revision), approval, seats)


@on.due
async def escalate_overdue_revision(
    revision_id: UUID, deadline_on: date, session: AsyncSession
) -> RevisionEscalated | None:
    """The time has passed without a decision: it lies with the next level, and each level has its own time."""
    revision = await queries.revision_of(session, revision_id, lock=True)
    if revision.state not in OPEN or revision.deadline_on != deadline_on:
        return None
    approval = await queries.approval_of(session, revision.plan_id)
    chain = approval.escalates_to
    revision.escalation_level = level = min(revision.escalation_level + 1, max(1, len(chain)))
    asks = chain[level - 1] if chain else None
    if revision.state is State.ESCALATED:
        await write_step(session, revision, Act.ESCALATE, comment=asks)
    else:
        await record(session, revision, Act.ESCALATE, comment=asks)
    if level < len(chain):
        next_on = working_days_after(await today(session), approval.escalation_days)
        session.add(Timer.at(next_on, escalate_overdue_revision, revision_id, deadline_on))
    sides = await lacking(session, revision)
    return RevisionEscalated(revision_id=revision_id, sides=sides, level=level, asks=asks)
