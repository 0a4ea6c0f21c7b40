"""The life of a revision: a signal opens or joins one or waits; its end gives every signal an end."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.curriculum import publishing, queries, rules, voters
from services.curriculum.acting import end, propose, record
from services.curriculum.drafting import Draft
from services.curriculum.later import draft_revision, on, open_revision, set_timers
from services.curriculum.model import Plan, Revision, Signal, Vote
from services.curriculum.rules import Fate
from services.curriculum.transitions import Act, State
from shared.events.base import Event
from shared.events.curriculum import (
    GapAnswered,
    PlanInForce,
    PlanPublished,
    RevisionApproved,
    RevisionDrafted,
    RevisionExtended,
    RevisionOpened,
    RevisionRejected,
    RevisionReturned,
    RevisionWithdrawn,
    VoteCast,
)
from shared.events.plan_parts import Choice, GapOutcome
from shared.messaging import Job, Timer, today


async def take(
    session: AsyncSession, plan: Plan, signal: Signal, reopens: UUID | None = None
) -> list[RevisionOpened | GapAnswered]:
    """Keep a signal, and let it open a revision, join one, or wait. The plan is locked."""
    if await session.get(Signal, (signal.cause_id, signal.plan_id)):
        return []
    opened = await queries.open_revision(session, plan.plan_id)
    fate = rules.place(
        signal,
        opened.state if opened else None,
        await queries.answered(session, plan.plan_id),
        await queries.heard_until(session, plan.plan_id),
    )
    session.add(signal)
    if fate is Fate.SUPERSEDED:
        return [*end([signal], GapOutcome.SUPERSEDED, None, plan.latest_version)]
    if fate is Fate.OPENS:
        return [await open_revision(session, plan, [signal], reopens)]
    if fate is Fate.JOINS and opened:
        signal.revision_id = opened.revision_id
        await record(session, opened, Act.JOIN)
        opened.draft, opened.content_hash, opened.revision_class = None, None, None
        session.add(Job.to(draft_revision, opened.revision_id))
    return []


async def settle(session: AsyncSession, plan: Plan, revision: Revision, outcome: GapOutcome) -> list[Event]:
    """A revision has ended: its signals end with it, and what waited meanwhile opens the next."""
    said = end(
        await queries.signals_of(session, revision.revision_id), outcome, revision, revision.new_version
    )
    return [*said, *await open_next(session, plan)]


async def open_next(session: AsyncSession, plan: Plan) -> list[Event]:
    """What waited opens the next revision, unless the new version has answered it or one is open."""
    await session.flush()
    waiting = await queries.waiting_signals(session, plan.plan_id)
    if not waiting or await queries.open_revision(session, plan.plan_id):
        return []
    answered = await queries.answered(session, plan.plan_id)
    heard = await queries.heard_until(session, plan.plan_id)
    fresh = [one for one in waiting if rules.place(one, None, answered, heard) is Fate.OPENS]
    old = [one for one in waiting if one not in fresh]
    said: list[Event] = [*end(old, GapOutcome.SUPERSEDED, None, plan.latest_version)]
    return [*said, await open_revision(session, plan, fresh)] if fresh else said


async def publish(session: AsyncSession, plan: Plan, revision: Revision) -> list[Event]:
    """The approved content becomes the next version, and its causes are answered."""
    await record(session, revision, Act.PUBLISH)
    said: list[Event] = [*await publishing.publish_revision(session, plan, revision, await today(session))]
    return [*said, *await settle(session, plan, revision, GapOutcome.ANSWERED)]


async def approve(session: AsyncSession, plan: Plan, revision: Revision) -> list[Event]:
    """Both sides agree: published now, or at the yearly window if hours of the plan change."""
    approval = (await queries.template_of(session, plan)).approval
    day = await today(session)
    until = rules.waits_until(revision.revision_class or rules.HARDEST, approval, day)
    approved = RevisionApproved(
        revision_id=revision.revision_id,
        plan_id=plan.plan_id,
        content_hash=revision.content_hash or "",
        queued_until=until,
    )
    if until is None:
        return [approved, *await publish(session, plan, revision)]
    revision.queued_until = until
    await record(session, revision, Act.QUEUE)
    session.add(Timer.at(until, publish_queued_revision, revision.revision_id))
    return [approved, *await open_next(session, plan)]


@on.due
async def publish_queued_revision(
    revision_id: UUID, session: AsyncSession
) -> list[PlanPublished | PlanInForce | RevisionWithdrawn | Event]:
    """The window has opened. If the plan has moved on meanwhile, the causes open a new revision on what it is now."""
    revision = await queries.revision_of(session, revision_id, lock=True)
    if revision.state is not State.QUEUED:
        return []
    plan = await queries.plan_of(session, revision.plan_id)
    if plan.latest_version == revision.plan_version:
        return [*await publish(session, plan, revision)]
    await record(session, revision, Act.WITHDRAW, told_as="outrun")
    for signal in await queries.signals_of(session, revision_id):
        signal.revision_id = None
    return [RevisionWithdrawn(revision_id=revision_id), *await open_next(session, plan)]


async def cast(session: AsyncSession, plan: Plan, revision: Revision, vote: Vote) -> list[Event]:
    """Count a vote that was allowed: one rejection ends it, one return sends it back, enough approvals carry it."""
    ballot = {"revision_id": revision.revision_id, "side": vote.side}
    await session.merge(vote)
    said: list[Event] = [
        VoteCast(**ballot, voter_id=vote.voter_id, choice=vote.choice, content_hash=vote.content_hash)
    ]
    if vote.choice is Choice.RETURN:
        await record(session, revision, Act.RETURN, vote.voter_id, vote.comment)
        return [*said, RevisionReturned(**ballot)]
    if vote.choice is Choice.REJECT:
        await record(session, revision, Act.REJECT, vote.voter_id, vote.comment)
        return [
            *said,
            RevisionRejected(**ballot),
            *await settle(session, plan, revision, GapOutcome.DISMISSED),
        ]
    await record(session, revision, Act.VOTE, vote.voter_id, vote.comment)
    return [*said, *await count_votes(session, plan, revision)]


async def count_votes(session: AsyncSession, plan: Plan, revision: Revision) -> list[Event]:
    """Approved once both sides have what the programme asks and every added voter has approved."""
    await session.flush()
    votes = await queries.votes_on(session, revision)
    seats = await queries.seats_of(session, revision.revision_id)
    if not voters.decide(votes, await queries.approval_of(session, plan.plan_id), seats):
        return []
    return await approve(session, plan, revision)


async def edit(
    session: AsyncSession, plan: Plan, revision: Revision, content: Draft, person_id: UUID
) -> list[RevisionDrafted | RevisionExtended]:
    """New content by hand: votes on the old one are void; an overdue deadline starts again."""
    said = propose(revision, content, await queries.signals_of(session, revision.revision_id))
    await record(session, revision, Act.EDIT, person_id)
    if await today(session) < revision.deadline_on:
        return [said]
    await set_timers(session, revision, plan)
    return [
        said,
        RevisionExtended(revision_id=revision.revision_id, deadline_on=revision.deadline_on),
    ]


async def withdraw(
    session: AsyncSession, plan: Plan, revision: Revision, person_id: UUID, comment: str
) -> list[Event]:
    """Taken back: its gaps are dismissed, and what waited opens the next."""
    await record(session, revision, Act.WITHDRAW, person_id, comment)
    said = [RevisionWithdrawn(revision_id=revision.revision_id)]
    return [*said, *await settle(session, plan, revision, GapOutcome.DISMISSED)]
