"""The live statistics are what the ratings give, and nothing else."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from services.feedback import deciding, handlers, looks, rules, tallying
from services.feedback.beliefs import Mentors
from services.feedback.copies import Cohort
from services.feedback.rebuilding import rebuild
from services.feedback.statistics import Assumption, RunningRow
from tests.feedback import world
from tests.feedback.test_running import assert_same

LATER = date(2021, 11, 1)


@pytest.fixture
async def ids(session):
    ids = world.world(mentors=8, trainees=12)
    await world.set_up(session, ids)
    ratings = world.rate(ids)
    for start in range(0, len(ratings), 70):
        await handlers.record_ratings(ratings[start : start + 70], session)
    return ids


async def test_a_verdict_from_running_statistics_is_that_of_all_ratings_at_once(session, ids):
    cohort = await session.get_one(Cohort, ids.cohort)

    live = rules.judge(*await deciding.now(session, [ids.cohort]))
    whole = rules.judge(await looks.of_record(session, cohort, date(2022, 1, 1)))

    assert [one.answer for one in live] == [one.answer for one in whole]
    for one, other in zip(live, whole, strict=True):
        assert one.finding.estimate == pytest.approx(other.finding.estimate, abs=1e-9)
        assert one.finding.e_value == pytest.approx(other.finding.e_value, rel=1e-6)


async def test_statistics_that_differ_from_the_ratings_are_found_and_put_right(session, ids):
    row = (await session.scalars(select(RunningRow))).one()
    figures = np.frombuffer(row.figures).copy()
    figures[0] += 1e-6
    row.figures = figures.tobytes()
    await session.flush()

    first, second = await rebuild(session), await rebuild(session)

    assert (first.statistics, first.statistics_different) == (1, 1)
    assert second.statistics_different == 0


async def test_statistics_that_were_taken_away_are_made_anew_from_the_ratings(session, ids):
    before = (await session.scalars(select(RunningRow))).one().figures
    await session.execute(delete(RunningRow))
    session.expire_all()

    made = await rebuild(session)

    assert (made.statistics, made.statistics_different) == (1, 1)
    again = np.frombuffer((await session.scalars(select(RunningRow))).one().figures)
    assert np.allclose(np.sort(again), np.sort(np.frombuffer(before)))


async def test_a_rating_sent_again_leaves_the_statistics_as_they_are(session, ids):
    before = (await session.scalars(select(RunningRow))).one().figures

    await handlers.record_ratings(world.rate(ids)[:50], session)

    session.expire_all()
    assert (await session.scalars(select(RunningRow))).one().figures == before


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)  # the rows of an example are taken back before the next
@given(st.lists(st.lists(st.integers(0, 19), min_size=1, max_size=12), min_size=1, max_size=5))
async def test_however_often_and_in_whatever_batches_ratings_are_sent_each_counts_once(session, ids, batches):
    key, first = (ids.cohort, ids.plan, 1), world.rate(ids, seed=2, first_monday=LATER)[:20]
    sent = [[first[at] for at in batch] for batch in [*batches, range(20)]]

    async def recorded(them):
        async with session.begin_nested() as passing:
            for batch in them:
                await handlers.record_ratings(batch, session)
            found = (await tallying.load(session, [key]))[key]
            await passing.rollback()
        session.expire_all()
        return found

    assert_same(await recorded(sent), await recorded([first]))


async def test_what_is_assumed_is_frozen_when_the_cohort_enrols(session, ids):
    kept = await session.get_one(Assumption, ids.cohort)
    kept.spread = {**kept.spread, "residual": 0.6}
    await session.flush()

    await handlers.keep_cohort_and_plan_its_looks(
        world.cohort(ids, ids.cohort, ids.trainees, world.START, 2021), session
    )
    found = await tallying.assumption(session, ids.cohort)

    assert found.spread["residual"] == 0.6
    assert replace(tallying.assumed(found)).mentors[0] == Mentors(0.2**2, 0.0)
