"""Keeps the running statistics: new ratings go on, in the transaction that keeps them, under the programme's lock."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select, update

from services.feedback import gathering, packing, queries, running
from services.feedback.beliefs import FIRST, Assumed, Mentors
from services.feedback.columns import Pair
from services.feedback.copies import Cohort, Member, Programme
from services.feedback.gathering import Version
from services.feedback.mixed_evalue import RULE
from services.feedback.model import Gap, Rating
from services.feedback.running import Due, Grown, Running, Share, Sums
from services.feedback.sets import among, laid_out
from services.feedback.statistics import Assumption, RunningRow, TraineeSum
from services.feedback.tally import Spread
from shared.programmes.grammar import Evidence

Key = tuple[UUID, UUID, int]
"""Cohort, plan and plan version."""
NAMES = ("cohort_id", "plan_id", "plan_version")
Counted = tuple[Mapping[str, int], Mapping[str, date]]
"""Of a plan version: from which week competencies count, and since which day their evidence is new."""
PRIOR = "stated prior"
AT_ONCE = 50
"""Cohorts whose statistics are in memory together."""
T = TypeVar("T")


async def add(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> dict[Key, Running]:
    """Ratings that are new, under the lock of their programmes; returns the statistics that grew."""
    by: dict[Key, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["level"] is not None:
            by.setdefault((row["cohort_id"], row["plan_id"], row["plan_version"]), []).append(row)
    due = await due_of(session, {key[1:] for key in by})
    counted = {
        key: [one for row in rows if (one := due_rating(row, *due[key[1:]]))]
        for key, rows in sorted(by.items())
    }
    grown: dict[Key, Running] = {}
    for some in a_few([key for key, ratings in counted.items() if ratings]):
        grown |= await _grow(session, {key: counted[key] for key in some})
    return grown


def a_few(many: Sequence[T]) -> Iterator[Sequence[T]]:
    """So many at once that reading each alone no longer matters, and so few that their statistics fit into little memory."""
    return (many[start : start + AT_ONCE] for start in range(0, len(many), AT_ONCE))


async def lock(session: AsyncSession, cohorts: set[UUID]) -> None:
    """The lock under which statistics and verdicts of these cohorts are made; in the order of ids, so that none waits in a ring."""
    theirs = select(Cohort.programme_id).where(among(Cohort.cohort_id, cohorts))
    rows = select(Programme.programme_id).where(col(Programme.programme_id).in_(theirs))
    await session.execute(rows.order_by(col(Programme.programme_id)).with_for_update(of=Programme))


async def due_of(session: AsyncSession, versions: Collection[Version]) -> dict[Version, Counted]:
    """From which week each competency of a plan version counts, and since which day its evidence is new."""
    gaps = await gathering.gaps_of(session, versions)
    return {
        version: (
            {one.competency: one.due_week for one in queries.requirements(plan, {}, set())},
            queries.newest_answered(gaps[version]),
        )
        for version, plan in (await gathering.plans_of(session, versions)).items()
    }


def due_rating(row: Mapping[str, Any], weeks: Mapping[str, int], since: Mapping[str, date]) -> Due | None:
    """The rating as the rule counts it; None before its due point, and of what is not asked."""
    code, day = row["competency"], row["observed_on"]
    if row["level"] is None or row["week"] < weeks.get(code, 10_000):
        return None
    new = since[code] if code in since and day > since[code] else None
    return Due(row["trainee_id"], Pair(row["mentor_id"], code, new), row["level"], day)


async def _grow(session: AsyncSession, ratings: Mapping[Key, Sequence[Due]]) -> dict[Key, Running]:
    """Where there are no statistics yet they are made of all ratings that are kept, these among them."""
    there = await load(session, ratings)
    had = await sums_of(session, {key: {one.trainee for one in mine} for key, mine in ratings.items()})
    shares = {key: Share(there[key], had[key], ratings[key]) for key in ratings if there[key].pairs}
    grown = dict(zip(shares, running.add_each(list(shares.values())), strict=True)) if shares else {}
    grown |= {key: await anew(session, key) for key in ratings if key not in shares}
    await _keep(session, grown, there)
    return {key: one for key, (one, _) in grown.items()}


async def load(session: AsyncSession, keys: Collection[Key]) -> dict[Key, Running]:
    """The statistics as they stand; empty before the first rating."""
    kept = await assumptions(session, {key[0] for key in keys})
    wanted = select(RunningRow).where(among(RunningRow.cohort_id, {key[0] for key in keys}))
    rows = await session.scalars(wanted.execution_options(populate_existing=True))
    there = {(row.cohort_id, row.plan_id, row.plan_version): row for row in rows}
    spread = {key: Spread(**kept[key[0]].spread) for key in keys}
    return {
        key: packing.unpacked(there[key], spread[key]) if key in there else Running(spread[key])
        for key in keys
    }


async def assumptions(session: AsyncSession, cohorts: Collection[UUID]) -> dict[UUID, Assumption]:
    """What is assumed of each, read at once; frozen now where nobody has yet."""
    rows = await session.scalars(select(Assumption).where(among(Assumption.cohort_id, cohorts)))
    there = {one.cohort_id: one for one in rows}
    return {one: there.get(one) or await assumption(session, one) for one in sorted(cohorts)}


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
            "rule": RULE, "spread": asdict(Spread()), "assumed": asdict(Assumed()),
        }  # fmt: skip
        await session.execute(insert(Assumption).values(values).on_conflict_do_nothing())
        found = await session.get_one(Assumption, cohort_id)
    return found


def assumed(kept: Assumption) -> Assumed:
    """As the heart takes it; what a row of an earlier release does not say is as the first rule had it."""
    said = {**asdict(FIRST), **kept.assumed}
    lists = {"mentors": tuple(Mentors(*one) for one in said["mentors"]), "short": tuple(said["short"])}
    return Assumed(**{**said, **lists})


async def sums_of(session: AsyncSession, trainees: Mapping[Key, set[UUID]]) -> dict[Key, dict[UUID, Sums]]:
    """What these trainees were rated so far, under each key."""
    wanted = select(TraineeSum).where(
        among(TraineeSum.cohort_id, {key[0] for key in trainees}),
        among(TraineeSum.trainee_id, set().union(*trainees.values())),
    )
    found: dict[Key, dict[UUID, Sums]] = {key: {} for key in trainees}
    for row in await session.scalars(wanted.execution_options(populate_existing=True)):
        if (key := (row.cohort_id, row.plan_id, row.plan_version)) in found:
            found[key][row.trainee_id] = row.sums
    return found


async def _keep(session: AsyncSession, grown: Mapping[Key, Grown], there: Mapping[Key, Running]) -> None:
    """Names of pairs take longer to write than the figures, and seldom change."""
    named = {key: dict(zip(NAMES, key, strict=True)) for key in grown}
    known = {key: one for key, (one, _) in grown.items() if key in there and one.pairs is there[key].pairs}
    new = [{**named[key], **packing.packed(one)} for key, (one, _) in grown.items() if key not in known]
    await _upsert(session, RunningRow, new)
    await _update(session, [{**named[key], **packing.grown(one)} for key, one in known.items()])
    sums = [
        {**named[key], "trainee_id": who, "sums": mine}
        for key, (_, people) in grown.items()
        for who, mine in people.items()
    ]  # fmt: skip
    await _upsert(session, TraineeSum, sums)


async def _update(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    new = laid_out(RunningRow, rows).subquery()
    mine = [getattr(RunningRow, name) == new.c[name] for name in NAMES]
    changed = {name: new.c[name] for name in rows[0] if name not in NAMES}
    await session.execute(
        update(RunningRow).where(*mine).values(changed).execution_options(synchronize_session=False)
    )


async def _upsert(
    session: AsyncSession, table: type[RunningRow | TraineeSum], rows: Sequence[Mapping[str, Any]]
) -> None:
    if not rows:
        return
    new = insert(table).from_select(list(rows[0]), laid_out(table, rows))
    keys = [name for name in rows[0] if name in {*NAMES, "trainee_id"}]
    changed = {name: new.excluded[name] for name in rows[0] if name not in keys}
    await session.execute(new.on_conflict_do_update(index_elements=keys, set_=changed))


async def anew(session: AsyncSession, key: Key) -> Grown:
    """The statistics from the ratings alone, as if they came now."""
    due = (await due_of(session, [key[1:]]))[key[1:]]
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
        await _keep(session, {key: (found, sums)}, {})
