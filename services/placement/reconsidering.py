"""The one job of placement: look at a cohort again, and make, repair or leave its timetable."""

import asyncio
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.placement import queries, rules
from services.placement.conflict_words import BY_TIME, after_search, beforehand
from services.placement.enough_words import enough_words
from services.placement.holding import holds
from services.placement.known import Known
from services.placement.model import Cohort, StintRow, Timetable
from services.placement.post_internship import too_early
from services.placement.publishing import Draft, draft, say
from services.placement.situation import Situation
from services.placement.telling import places_of
from services.placement.timetable import Outcome, solve
from shared.events.placement import Conflict, Stint, TimetableChanged, TimetableImpossible, TimetablePublished
from shared.ids import uuid7
from shared.messaging import Job, Timer, Work, emit, today

SECONDS = 20.0
"""For a cohort in groups; the search ends sooner when its bound is met or it gains no more."""


LOOK = 1.0
"""Seconds between two words about how far the search is, and two looks whether it is still wanted."""
AFTER_ALL_WHO_ASKED = text("LOCK TABLE cohort IN EXCLUSIVE MODE NOWAIT")
"""Whoever has asked holds the table in ROW SHARE mode until it commits."""
BUSY, A_MOMENT = "55P03", 0.02


async def ask(session: AsyncSession, *which: Any) -> None:
    """Have these cohorts looked at again; one waiting job is enough for each."""
    wanted = select(Cohort).where(col(Cohort.queued).is_(False), *which)
    for cohort in (await session.scalars(wanted.order_by(col(Cohort.cohort_id)).with_for_update())).all():
        cohort.queued = True
        session.add(Job.to(reconsider_cohort, cohort.cohort_id))


async def look_again_when_a_proof_ends(cohort_id: UUID, session: AsyncSession) -> None:
    """A timer: whoever has no valid proof from today on is held back."""
    await ask(session, col(Cohort.cohort_id) == cohort_id)


async def reconsider_cohort(cohort_id: UUID, work: Work) -> None:
    """Wait, plan, repair or leave alone: `TimetablePublished`, `TimetableChanged` or `TimetableImpossible`."""
    known, situation, conflicts = await _look(cohort_id, work)
    if known is None or situation is None:
        return
    outcome = None
    if not conflicts:
        standing = _standing(known, situation)
        outcome = standing or await _searched(work, situation)
    async with work.finish() as session:
        await _end(session, known, outcome, conflicts)


async def _searched(work: Work, situation: Situation) -> Outcome:
    """The search in a process of its own, from where an earlier run was; each second it says how far it is."""
    began, heard = time.monotonic(), [await work.checkpoint()]
    search = asyncio.create_task(
        work.solve(solve, situation, SECONDS, places_of(heard[-1]), hear=heard.append)
    )
    try:
        while not search.done():
            await work.progress(min(0.95, (time.monotonic() - began) / SECONDS), heard[-1])
            del heard[:-1]
            await asyncio.wait({search}, timeout=LOOK)
    except BaseException:
        search.cancel()
        raise
    return search.result()


async def _look(cohort_id: UUID, work: Work) -> tuple[Known | None, Situation | None, list[Conflict]]:
    async with work.transaction() as session:
        await _after_all_who_asked(session)
        cohort = await queries.cohort_of(session, cohort_id)
        if cohort is None:
            return None, None, []
        cohort.queued = False
        known = await queries.everything_about(session, cohort)
        reasons = rules.waiting_for(known)
        cohort.waiting_for = [reason.model_dump() for reason in reasons]
        if reasons and cohort.timetable_version == 0:
            cohort.status = "waiting"
        if reasons:
            return known, None, []
        situation = rules.situation(known)
        if cohort.status == "waiting":
            cohort.status = "computing"
        return known, situation, [*too_early(known), *beforehand(situation, known.floor)]


async def _after_all_who_asked(session: AsyncSession) -> None:
    """From here on no fact is on its way that found a job waiting and so asked for none: this job sees them all.

    Tried again and again, never waited for: batches that hold other rows would wait behind us, and then for each other.
    """
    while True:
        try:
            async with session.begin_nested():
                await session.execute(AFTER_ALL_WHO_ASKED)
        except DBAPIError as busy:
            if getattr(busy.orig, "sqlstate", None) != BUSY:
                raise
            await asyncio.sleep(A_MOMENT)
        else:
            return


def _standing(known: Known, situation: Situation) -> Outcome | None:
    """The published timetable as an outcome, if it still keeps every rule."""
    if known.last is None or not holds(situation):
        return None
    places = {
        (need.group, module): place for need in situation.groups for module, place in need.published.items()
    }
    return Outcome(places, known.last.cost, known.last.lower_bound, ())


async def _end(
    session: AsyncSession, seen: Known, outcome: Outcome | None, conflicts: list[Conflict]
) -> None:
    # One cohort at a time: the seats that two timetables share are counted under this lock.
    await session.scalars(select(col(Cohort.cohort_id)).order_by(col(Cohort.cohort_id)).with_for_update())
    cohort = await queries.cohort_of(session, seen.cohort.cohort_id)
    if cohort is None:
        return
    await session.refresh(cohort)
    if cohort.timetable_version != seen.cohort.timetable_version:
        await ask(session, col(Cohort.cohort_id) == cohort.cohort_id)
        return
    if outcome is None or outcome.uncovered:
        _impossible(session, seen, cohort, conflicts or (_found(seen, outcome) if outcome else []))
        return
    now = await queries.everything_about(session, cohort)
    drafted = draft(seen, outcome, uuid7)
    moved = set(drafted.moved)
    fresh = [_row(stint, drafted, cohort) for stint in drafted.stints if stint.stint_id in moved]
    if rules.overbooked(now, fresh) or rules.overdrawn(now, outcome.places, fresh):
        await ask(session, col(Cohort.cohort_id) == cohort.cohort_id)
        return
    cohort.status, cohort.conflicts = "published", []
    if drafted.differs:
        event = say(seen, drafted, outcome)
        await keep(session, cohort, drafted, (event, outcome))
        emit(session, event)
        ends = [
            proof.valid_until
            for proof in seen.proofs
            if proof.valid_until and proof.valid_until >= seen.today
        ]
        if ends:
            session.add(
                Timer.at(min(ends) + timedelta(days=1), look_again_when_a_proof_ends, cohort.cohort_id)
            )


def _found(seen: Known, outcome: Outcome) -> list[Conflict]:
    """What is in conflict, and what would be enough."""
    situation = rules.situation(seen)
    return [*after_search(outcome, situation, seen.floor), *enough_words(outcome, situation, seen)]


def _in_conflict(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what depends on how far the search came."""
    return [conflict for conflict in said if conflict["rule"] not in BY_TIME]


def _impossible(session: AsyncSession, seen: Known, cohort: Cohort, conflicts: list[Conflict]) -> None:
    said = [conflict.model_dump(mode="json") for conflict in conflicts]
    again = _in_conflict(cohort.conflicts) == _in_conflict(said)
    cohort.status, cohort.conflicts = "impossible", said
    if seen.plan and not again:
        plan = {"plan_id": seen.plan.plan_id, "plan_version": seen.plan.plan_version}
        emit(session, TimetableImpossible(cohort_id=cohort.cohort_id, conflicts=conflicts, **plan))


async def keep(
    session: AsyncSession,
    cohort: Cohort,
    drafted: Draft,
    said: tuple[TimetablePublished | TimetableChanged, Outcome],
) -> None:
    """The timetable as said: its stints, and the version that can be gone back to."""
    event, outcome = said
    rows = {
        row.stint_id: row
        for row in await queries.stints_where(session, col(StintRow.cohort_id) == cohort.cohort_id)
    }
    for stint in event.stints:
        row = rows.get(stint.stint_id)
        if row is None:
            session.add(_row(stint, drafted, cohort))
        else:
            row.apply(stint, drafted.seats.get(stint.group, row.seats))
    for stint_id in drafted.removed:
        rows[stint_id].cancelled = True
        rows[stint_id].sequence += 1
    cohort.timetable_version = event.timetable_version
    moves = (
        (event.visits_moved, event.visits_moved_bound)
        if isinstance(event, TimetableChanged)
        else (None, None)
    )
    session.add(
        Timetable(
            cohort_id=cohort.cohort_id,
            timetable_version=event.timetable_version,
            plan_id=event.plan_id,
            plan_version=event.plan_version,
            cost=event.cost,
            lower_bound=event.lower_bound,
            groups=[group.model_dump(mode="json") for group in event.groups],
            prices=[[str(station), *figures] for station, *figures in outcome.prices],
            visits_moved=moves[0],
            visits_moved_bound=moves[1],
            said_on=await today(session),
            places={str(one.stint_id): [str(one.station_id), one.week] for one in event.stints},
        )
    )


def _row(stint: Stint, drafted: Draft, cohort: Cohort) -> StintRow:
    mentors = [str(mentor) for mentor in stint.mentor_ids]
    columns = stint.model_dump() | {"mentor_ids": mentors}
    return StintRow(**columns, cohort_id=cohort.cohort_id, seats=drafted.seats.get(stint.group, 0))
