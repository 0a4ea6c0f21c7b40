"""Keeps the running statistics: new ratings go on, in the transaction that keeps them, under the programme's lock."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select

from services.feedback import queries, running
from services.feedback.beliefs import Assumed
from services.feedback.copies import Cohort, Member, PlanVersion, Programme
from services.feedback.model import Gap, Rating
from services.feedback.running import Due, Pair, Running, Sums
from services.feedback.statistics import Assumption, RunningRow, TraineeSum
from services.feedback.tally import Spread, Tally
from shared.programmes.grammar import Evidence

Key = tuple[UUID, UUID, int]
"""Cohort, plan and plan version."""
SUMS = np.dtype([("pair", "<i4"), ("n", "<i4"), ("total", "<i4")])
PRIOR = "stated prior"


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Ratings that are new. Programmes are locked in the order of their ids, so that two batches never wait for each other."""
    by: dict[Key, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["level"] is not None:
            by.setdefault((row["cohort_id"], row["plan_id"], row["plan_version"]), []).append(row)
    await lock(session, {key[0] for key in by})
    for key in sorted(by):
        due = await due_of(session, key)
        ratings = [one for row in by[key] if (one := due_rating(row, *due))]
        if ratings:
            await _grow(session, key, ratings)


async def lock(session: AsyncSession, cohorts: set[UUID]) -> None:
    """The lock under which statistics and verdicts of these cohorts are made."""
    wanted = select(Cohort.programme_id).where(col(Cohort.cohort_id).in_(cohorts)).distinct()
    for programme_id in sorted(await session.scalars(wanted)):
        await queries.lock_programme(session, programme_id)


async def due_of(session: AsyncSession, key: Key) -> tuple[dict[str, int], dict[str, date]]:
    """From which week a competency of a plan version counts, and since which day its evidence is new."""
    plan = await session.get_one(PlanVersion, key[1:])
    since = queries.newest_answered((await session.scalars(queries.gaps_of(key[1], key[2]))).all())
    return {one.competency: one.due_week for one in queries.requirements(plan, {}, set())}, since


def due_rating(row: Mapping[str, Any], weeks: Mapping[str, int], since: Mapping[str, date]) -> Due | None:
    """The rating as the rule counts it; None before its due point, and of what is not asked."""
    code, day = row["competency"], row["observed_on"]
    if row["level"] is None or row["week"] < weeks.get(code, 10_000):
        return None
    new = since[code] if code in since and day > since[code] else None
    return Due(row["trainee_id"], Pair(row["mentor_id"], code, new), row["level"], day)


async def _grow(session: AsyncSession, key: Key, ratings: Sequence[Due]) -> None:
    """Where there are no statistics yet they are made of all ratings that are kept, these among them."""
    if await session.get(RunningRow, key) is None:
        await _keep(session, key, *await anew(session, key))
        return
    had = await sums_of(session, key, {one.trainee for one in ratings})
    await _keep(session, key, *running.add(await load(session, key), had, ratings))


async def load(session: AsyncSession, key: Key) -> Running:
    """The statistics as they stand; empty before the first rating."""
    row = await session.get(RunningRow, key, populate_existing=True)
    spread = Spread(**(await assumption(session, key[0])).spread)
    return unpacked(row, spread) if row else Running(spread)


async def assumption(session: AsyncSession, cohort_id: UUID, day: date | None = None) -> Assumption:
    """What is assumed of a cohort; frozen now where nobody has yet."""
    found = await session.get(Assumption, cohort_id)
    if found is None:
        cohort = await session.get_one(Cohort, cohort_id)
        programme = await session.get(Programme, cohort.programme_id)
        size = await session.scalar(select(func.count()).where(Member.cohort_id == cohort_id)) or 0
        small = programme is not None and size < Evidence.model_validate(programme.evidence).pool_below
        values = {
            "cohort_id": cohort_id, "pooled": small, "frozen_on": day or cohort.first_monday, "source": PRIOR,
            "spread": asdict(Spread()), "assumed": asdict(Assumed()),
        }  # fmt: skip
        await session.execute(insert(Assumption).values(values).on_conflict_do_nothing())
        found = await session.get_one(Assumption, cohort_id)
    return found


def assumed(kept: Assumption) -> Assumed:
    """As the heart takes it."""
    return Assumed(**{**kept.assumed, "mentors": tuple(tuple(one) for one in kept.assumed["mentors"])})


async def sums_of(session: AsyncSession, key: Key, trainees: set[UUID]) -> dict[UUID, Sums]:
    wanted = select(TraineeSum.trainee_id, TraineeSum.sums).where(
        TraineeSum.cohort_id == key[0], TraineeSum.plan_id == key[1], TraineeSum.plan_version == key[2],
        col(TraineeSum.trainee_id).in_(trainees),
    )  # fmt: skip
    rows = (await session.execute(wanted)).all()
    return {
        who: {int(pair): (int(n), int(total)) for pair, n, total in np.frombuffer(packed, SUMS)}
        for who, packed in rows
    }


async def _keep(session: AsyncSession, key: Key, grown: Running, sums: Mapping[UUID, Sums]) -> None:
    named = dict(zip(("cohort_id", "plan_id", "plan_version"), key, strict=True))
    row = insert(RunningRow).values({**named, **packed(grown)})
    keys = list(named)
    changed = {name: row.excluded[name] for name in ("pairs", "trainees", "figures")}
    await session.execute(row.on_conflict_do_update(index_elements=keys, set_=changed))
    rows = [
        {**named, "trainee_id": who, "sums": np.array([(at, *of) for at, of in mine.items()], SUMS).tobytes()}
        for who, mine in sums.items()
    ]
    new = insert(TraineeSum)
    upsert = new.on_conflict_do_update(index_elements=[*keys, "trainee_id"], set_={"sums": new.excluded.sums})
    if rows:
        await session.execute(upsert.returning(col(TraineeSum.trainee_id)), rows)


def packed(one: Running) -> dict[str, Any]:
    """As the row keeps it: names as JSON, figures as they are."""
    size = len(one.pairs)
    whole = np.zeros((size, size + 3))
    whole[:, :size], whole[:, size] = one.tally.cross, one.tally.vector
    whole[:, size + 1], whole[:, size + 2] = one.n, one.total
    return {
        "pairs": [[str(pair.mentor), pair.competency, pair.since and pair.since.isoformat()] for pair in one.pairs],
        "trainees": [
            [code, since and since.isoformat(), n, one.until[code, since].isoformat()]
            for (code, since), n in sorted(one.trainees.items(), key=lambda item: (item[0][0], item[0][1] or date.min))
        ],
        "figures": whole.tobytes(),
    }  # fmt: skip


def unpacked(row: RunningRow, spread: Spread) -> Running:
    size = len(row.pairs)
    whole = np.frombuffer(row.figures).reshape(size, size + 3)
    counts = [
        ((code, since and date.fromisoformat(since)), n, date.fromisoformat(day))
        for code, since, n, day in row.trainees
    ]
    return Running(
        spread=spread, pairs=tuple(Pair(UUID(who), code, since and date.fromisoformat(since)) for who, code, since in row.pairs),
        tally=Tally(whole[:, :size].copy(), whole[:, size].copy()),
        n=tuple(int(one) for one in whole[:, size + 1]), total=tuple(int(one) for one in whole[:, size + 2]),
        trainees={key: n for key, n, _ in counts}, until={key: day for key, _, day in counts},
    )  # fmt: skip


async def anew(session: AsyncSession, key: Key) -> tuple[Running, dict[UUID, Sums]]:
    """The statistics from the ratings alone, as if they came now."""
    due = await due_of(session, key)
    wanted = select(Rating).where(
        Rating.cohort_id == key[0], Rating.plan_id == key[1], Rating.plan_version == key[2]
    )
    rows = await session.scalars(wanted.order_by(col(Rating.observed_on), col(Rating.rating_id)))
    ratings = [one for row in rows if (one := due_rating(row.model_dump(), *due))]
    spread = Spread(**(await assumption(session, key[0])).spread)
    return running.add(Running(spread), {}, ratings)


async def begin_again(session: AsyncSession, gap: Gap) -> None:
    """An answered gap: from now on only newer ratings speak of it, in every cohort under that plan version."""
    wanted = select(RunningRow.cohort_id).where(
        RunningRow.plan_id == gap.plan_id, RunningRow.plan_version == gap.plan_version
    )
    for cohort_id in sorted(await session.scalars(wanted)):
        await replace(session, (cohort_id, gap.plan_id, gap.plan_version))


async def replace(session: AsyncSession, key: Key) -> None:
    """What is kept gives way to what the ratings give."""
    await lock(session, {key[0]})
    kept: tuple[type[RunningRow | TraineeSum], ...] = (RunningRow, TraineeSum)
    for table in kept:
        mine = (
            col(table.cohort_id) == key[0],
            col(table.plan_id) == key[1],
            col(table.plan_version) == key[2],
        )
        await session.execute(delete(table).where(*mine))
    found, sums = await anew(session, key)
    if found.pairs:
        await _keep(session, key, found, sums)
