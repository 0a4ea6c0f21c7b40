"""Decides as soon as ratings have come: a shortfall is said in the transaction that keeps the rating which proved it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from services.feedback import attributing, gathering, pooling, queries, rules, tallying
from services.feedback.rules import Case
from services.feedback.running import Running
from services.feedback.sets import among
from services.feedback.statistics import RunningRow
from services.feedback.tallying import Key
from shared.events.feedback import GapConfirmed
from shared.ids import uuid7
from shared.messaging import today


async def after(
    session: AsyncSession, cohorts: Collection[UUID], grown: Mapping[Key, Running]
) -> list[GapConfirmed]:
    """What new ratings of these cohorts prove, together with all before them; the programmes are locked already.

    Looking after every batch costs no certainty (e-values). Statistics that grew just now are not read again.
    """
    said: list[GapConfirmed] = []
    for some in tallying.a_few(sorted(cohorts)):
        for case in await now(session, some, grown):
            said += await confirm(session, case, said)
    return said


async def confirm(session: AsyncSession, case: Case, said: Sequence[GapConfirmed]) -> list[GapConfirmed]:
    """Each shortfall that is certain and not said yet, neither before nor of another cohort of this batch."""
    version = (case.plan_id, case.plan_version)
    just = {one.competency: one.gap_id for one in said if (one.plan_id, one.plan_version) == version}
    case = replace(case, open_gaps={**case.open_gaps, **just})
    more: list[GapConfirmed] = []
    for found in rules.shortfalls(case):
        gap = rules.confirm(case, found, uuid7())
        on = max(await today(session), found.until or date.min)
        more += await attributing.kept(session, case, gap, on)
    return more


async def now(
    session: AsyncSession, cohorts: Sequence[UUID], grown: Mapping[Key, Running] | None = None
) -> list[Case]:
    """Cohorts by their running statistics: nothing of their history is read, and everything once for all of them."""
    around, day = await gathering.around(session, cohorts), await today(session)
    newest = await _newest(session, cohorts)
    days = {one: max(day, newest.get(one, day)) + timedelta(days=1) for one in cohorts}
    cases = [case for one in cohorts if (case := queries.case_in(around, one, days[one]))]
    kept = await tallying.assumptions(session, [one.cohort_id for one in cases])
    there = grown or {}
    read = await tallying.load(session, [key for one in cases if (key := key_of(one)) not in there])
    running = {**read, **there}
    station = await queries.stations(session)
    found = []
    for case in cases:
        mine, frozen = running[key_of(case)], kept[case.cohort_id]
        own = replace(
            case, running=mine, spread=mine.spread, station=station, rule=frozen.rule,
            assumed=tallying.assumed(frozen),
        )  # fmt: skip
        found.append(await pooling.pooled(session, around.cohorts[case.cohort_id], own))
    return found


def key_of(case: Case) -> Key:
    """Whose statistics decide."""
    return case.cohort_id, case.plan_id, case.plan_version


async def _newest(session: AsyncSession, cohorts: Sequence[UUID]) -> dict[UUID, date]:
    """The last day on which anybody of a cohort was rated."""
    wanted = select(RunningRow.cohort_id, RunningRow.trainees).where(among(RunningRow.cohort_id, cohorts))
    found: dict[UUID, date] = {}
    for cohort_id, trainees in (await session.execute(wanted)).all():
        days = [date.fromisoformat(one[3]) for one in trainees]
        found[cohort_id] = max([found.get(cohort_id, date.min), *days])
    return found
