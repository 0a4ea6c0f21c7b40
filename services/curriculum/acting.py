"""What an act does to a revision's rows: its state by the table, its history, its content, the end of its signals."""

from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from services.curriculum import blast
from services.curriculum.drafting import Draft
from services.curriculum.model import Json, Revision, Signal, Step, Vote
from services.curriculum.planning import hash_of
from services.curriculum.transitions import ENDED, Act, follow
from shared.events.curriculum import GapAnswered, RevisionDrafted
from shared.events.plan_parts import Cause, CauseKind, GapOutcome
from shared.messaging import now


async def record(
    session: AsyncSession,
    revision: Revision,
    act: Act,
    person_id: UUID | None = None,
    comment: str | None = None,
    *,
    told_as: str | None = None,
    whose: UUID | None = None,
) -> None:
    """Follow the table and write it into the history; votes on content that is gone become void.

    What has ended keeps whom it touched then: cohorts and timetables go on, and the record must not.
    """
    revision.state = follow(revision.state, act)
    if revision.state in ENDED:
        revision.impact = to_jsonable_python(await blast.of(session, revision))
    await write_step(session, revision, told_as or act, person_id, comment, whose)
    if act in {Act.EDIT, Act.RETURN, Act.JOIN}:
        await session.execute(
            update(Vote).where(col(Vote.revision_id) == revision.revision_id).values(void=True)
        )


async def write_step(
    session: AsyncSession,
    revision: Revision,
    act: str,
    person_id: UUID | None = None,
    comment: str | None = None,
    whose: UUID | None = None,
) -> None:
    """One line of the history."""
    count = await session.scalar(select(func.count()).where(Step.revision_id == revision.revision_id))
    session.add(
        Step(
            revision_id=revision.revision_id,
            number=(count or 0) + 1,
            act=act,
            state=revision.state,
            person_id=person_id,
            whose=whose,
            comment=comment,
            content_hash=revision.content_hash,
            at=await now(session),
        )
    )
    await session.flush()


def causes(signals: Sequence[Signal]) -> list[Cause]:
    """The signals as an event names them."""
    return [Cause(kind=one.kind, cause_id=one.cause_id, competencies=sorted(one.asks)) for one in signals]


def end(
    signals: Sequence[Signal], outcome: GapOutcome, revision: Revision | None, version: int | None
) -> list[GapAnswered]:
    """Every signal has an end; for a gap others hear which."""
    said: list[GapAnswered] = []
    for signal in signals:
        signal.outcome = outcome
        said.extend(
            GapAnswered(
                gap_id=signal.cause_id,
                outcome=outcome,
                revision_id=revision.revision_id if revision else None,
                plan_version=version,
                competency=name,
            )
            for name in signal.asks
            if signal.kind is CauseKind.GAP
        )
    return said


def content_hash(plan_id: UUID, plan_version: int, content: Draft, signals: Sequence[Signal]) -> str:
    """What votes are bound to: the base version, every change, and the evidence it rests on."""
    kept = content.model_dump(mode="json", include={"revision_class", "changes"})
    if content.introduction:
        kept["introduction"] = [one.model_dump(mode="json") for one in content.introduction]
    levels = sorted((name, level) for one in signals for name, level in one.levels.items())
    evidence = [[str(one.cause_id), hash_of(one.evidence)] for one in signals]
    return hash_of([str(plan_id), plan_version, kept, sorted(evidence), levels])


def frozen(signals: Sequence[Signal]) -> list[Json]:
    """The evidence as it stands with the proposal: it stays with it, whatever becomes of the signals."""
    return [
        {
            "kind": one.kind,
            "cause_id": str(one.cause_id),
            "asks": one.asks,
            "levels": one.levels,
            **one.evidence,
        }
        for one in signals
    ]


def propose(revision: Revision, content: Draft, signals: Sequence[Signal]) -> RevisionDrafted:
    """Give the revision this content."""
    revision.draft, revision.evidence = content.model_dump(mode="json"), frozen(signals)
    revision.revision_class = content.revision_class
    revision.content_hash = content_hash(revision.plan_id, revision.plan_version, content, signals)
    return RevisionDrafted(
        revision_id=revision.revision_id,
        plan_id=revision.plan_id,
        plan_version=revision.plan_version,
        revision_class=content.revision_class,
        causes=causes(signals),
        changes=content.changes,
        content_hash=revision.content_hash,
    )
