"""Small cohorts under the same plan version are judged together."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlmodel import select

from benchmarks import evidence_pooling as benchmark
from benchmarks.evidence_simulator import Scenario
from services.feedback import deciding, handlers, running
from services.feedback.copies import InForce
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Verdict
from services.feedback.running import Due, Pair
from services.feedback.statistics import Assumption
from services.feedback.tally import Spread
from shared.events.feedback import GapConfirmed
from tests.feedback import world

NEXT = date(2022, 9, 5)
LOW = {"casting": 1.2}
RATINGS = some.lists(
    some.builds(
        Due,
        trainee=some.sampled_from([UUID(int=one) for one in range(6)]),
        pair=some.builds(
            Pair,
            mentor=some.sampled_from([UUID(int=one) for one in range(10, 14)]),
            competency=some.sampled_from("abc"),
        ),
        level=some.integers(1, 5),
        observed_on=some.dates(date(2021, 9, 1), date(2021, 12, 31)),
    ),
    min_size=1,
    max_size=40,
)


@given(RATINGS)
def test_cohorts_taken_together_know_what_all_their_ratings_would(ratings):
    parts = [[one for one in ratings if one.trainee.int % 3 == rest] for rest in range(3)]

    joined = running.together([running.of(part, Spread()) for part in parts])
    whole = running.of(ratings, Spread())

    place = [joined.pairs.index(pair) for pair in whole.pairs]
    assert np.allclose(joined.tally.cross[np.ix_(place, place)], whole.tally.cross, atol=1e-9)
    assert np.allclose(joined.tally.vector[place], whole.tally.vector, atol=1e-9)
    assert [joined.n[at] for at in place] == list(whole.n)
    assert [joined.total[at] for at in place] == list(whole.total)
    assert (joined.trainees, joined.until) == (whole.trainees, whole.until)


def test_the_variances_frozen_for_each_cohort_stay_in_its_part():
    wide = Spread(residual=4.0)
    rating = Due(UUID(int=1), Pair(UUID(int=9), "a"), 2, date(2021, 10, 1))
    later = rating._replace(trainee=UUID(int=2))

    joined = running.together([running.of([rating], wide), running.of([later], Spread())])

    alone = [running.of([rating], wide).tally.cross[0, 0], running.of([later], Spread()).tally.cross[0, 0]]
    assert joined.tally.cross[0, 0] == pytest.approx(sum(alone))
    assert joined.spread == wide


async def small_cohorts(session, pool_below):
    """Two cohorts of 8 under version 1; what they lack is too little for either alone to prove."""
    ids = world.world(mentors=8, trainees=8)
    opened = world.opened(ids)
    evidence = opened.template.evidence.model_copy(update={"pool_below": pool_below})
    template = opened.template.model_copy(update={"evidence": evidence})
    await handlers.keep_programme_with_its_thresholds(
        opened.model_copy(update={"template": template}), session
    )
    await handlers.keep_plan_version(world.plan(ids), session)
    await handlers.keep_stations(world.offered(ids), session)
    for mentor in ids.mentors:
        await handlers.keep_mentor(world.named(ids, mentor), session)
    said = []
    for cohort, trainees, start in (
        (ids.cohort, ids.trainees, world.START),
        (ids.later, ids.late_trainees, NEXT),
    ):
        enrolled = world.cohort(ids, cohort, trainees, start, start.year)
        await handlers.keep_cohort_and_plan_its_looks(enrolled, session)
        await handlers.keep_plan_in_force(world.in_force(ids, cohort, effective_from=start), session)
        rated = world.rate(ids, seed=5, weeks=range(5, 9), first_monday=start, trainees=trainees, low=LOW)
        ratings = [one.model_copy(update={"rating_id": uuid4()}) for one in rated]
        said.append(
            [one for one in await handlers.record_ratings(ratings, session) if isinstance(one, GapConfirmed)]
        )
    return ids, said


async def test_what_neither_small_cohort_proves_alone_both_prove_together(session):
    ids, said = await small_cohorts(session, pool_below=20)

    assert said[0] == []
    assert [(one.competency, one.cohort_id, one.pooled_with) for one in said[1]] == [
        ("casting", ids.later, [ids.cohort])
    ]
    assert said[1][0].trainees == 16


async def test_a_programme_that_pools_nothing_judges_each_cohort_alone(session):
    _, said = await small_cohorts(session, pool_below=0)

    assert said == [[], []]


async def test_the_record_of_a_month_takes_the_same_cohorts_together_and_says_how_many(session):
    ids, _ = await small_cohorts(session, pool_below=20)
    day = NEXT + timedelta(weeks=12)
    [now] = await deciding.now(session, [ids.later])
    await look_at_ratings_of_month(ids.later, day, session)

    wanted = select(Verdict).where(Verdict.cohort_id == ids.later, Verdict.competency == "casting")
    [kept] = await session.scalars(wanted)
    assert (kept.cohorts, kept.trainees, len(now.cohorts)) == (2, 16, 1)


async def test_whether_a_cohort_is_pooled_is_frozen_when_it_enrols(session):
    ids, _ = await small_cohorts(session, pool_below=20)
    kept = await session.get_one(Assumption, ids.later)
    opened = world.opened(ids)
    await handlers.keep_programme_with_its_thresholds(opened, session)
    await session.flush()

    assert kept.pooled
    assert (await deciding.now(session, [ids.later]))[0].cohorts == (ids.cohort,)


async def test_a_cohort_that_came_to_the_version_on_the_way_is_not_taken_in(session):
    ids, _ = await small_cohorts(session, pool_below=20)
    await session.delete(await session.get_one(InForce, (ids.cohort, world.START)))
    await session.flush()
    await handlers.keep_plan_in_force(world.in_force(ids, ids.cohort, from_week=9), session)
    await session.flush()

    assert (await deciding.now(session, [ids.later]))[0].cohorts == ()


def test_cohorts_at_the_requirement_with_one_severe_station_are_seldom_flagged_together_but_often_by_a_product():
    severe = Scenario("severe", severe_station=0.8, **benchmark.SMALL)
    told = [benchmark.played(severe, 3, (7, run)) for run in range(12)]
    flagged = {way: sum(bool(one[way]) for one in told) for way in benchmark.WAYS}

    assert flagged["pooled"] <= 1
    assert flagged["product"] > flagged["pooled"]


def test_pooling_finds_more_than_each_small_cohort_alone():
    short = replace(Scenario("short", low=0.75, vignettes=1), **benchmark.SMALL)
    told = [benchmark.played(short, 3, (8, run)) for run in range(8)]
    found = {way: sum(len(one[way] & short.short) for one in told) for way in benchmark.WAYS}

    assert found["pooled"] > found["alone"]
