"""A cohort is judged by the rule under which it enrolled, whatever the service has learnt since."""

from datetime import date
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text
from sqlmodel import select

from services.feedback import deciding, handlers, mixed_evalue, pooling, rules, running, tallying
from services.feedback.beliefs import FIRST, SECOND, Assumed, Belief, e_values, mixed
from services.feedback.copies import Cohort
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Verdict
from services.feedback.statistics import Assumption
from services.feedback.tally import Spread
from tests.feedback import world
from tests.feedback.test_running import CODES, due

LOOK = date(2021, 12, 1)
AS_BEFORE = text("""
    INSERT INTO assumption (cohort_id, frozen_on, source, pooled, spread, assumed)
    SELECT cohort_id, frozen_on, source, pooled, spread, jsonb_build_object(
        'mentors', '[[0.2025, 0.0], [0.2025, 0.0225], [0.2025, 0.09], [0.2025, 0.25], [0.5625, 0.0], [0.5625, 0.09]]'::jsonb,
        'programme', 0.25, 'competency', 0.25)
    FROM taken
""")
TAKE_AWAY = text(
    "CREATE TEMPORARY TABLE taken ON COMMIT DROP AS SELECT * FROM assumption WHERE cohort_id = :cohort"
)


async def enrolled_before(session, cohort_id):
    """Its row is as the release wrote it that knew the first rule only."""
    kept = await session.get_one(Assumption, cohort_id)
    await session.flush()
    await session.execute(TAKE_AWAY, {"cohort": cohort_id})
    await session.delete(kept)
    await session.flush()
    await session.execute(AS_BEFORE)
    session.expire_all()


async def test_a_cohort_that_runs_while_the_service_is_upgraded_keeps_the_first_rule(session):
    ids = world.world()
    await world.set_up(session, ids)
    await enrolled_before(session, ids.cohort)

    [gap] = await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)
    await look_at_ratings_of_month(ids.cohort, LOOK, session)

    [case] = await deciding.now(session, [ids.cohort])
    assert (gap.competency, gap.rule, case.assumed) == ("casting", "mixed-evalue/1", FIRST)
    told = {one.asked.competency: one.finding for one in rules.judge(case)}["casting"]
    assert (gap.e_value, gap.low, gap.high) == pytest.approx((told.e_value, told.low, told.high))
    assert set(await session.scalars(select(Verdict.rule))) == {"mixed-evalue/1"}


async def test_a_cohort_that_enrols_after_the_upgrade_is_judged_by_the_newest_rule(session):
    ids = world.world()
    await world.set_up(session, ids)
    await enrolled_before(session, ids.cohort)
    later = world.cohort(ids, ids.later, ids.late_trainees, date(2022, 9, 5), 2022)

    await handlers.keep_cohort_and_plan_its_looks(later, session)

    first, second = [await tallying.assumption(session, one) for one in (ids.cohort, ids.later)]
    assert (first.rule, second.rule) == ("mixed-evalue/1", "mixed-evalue/3")
    assert (tallying.assumed(first), tallying.assumed(second)) == (FIRST, Assumed())


async def test_cohorts_judged_together_go_by_the_rule_of_the_first_of_them(session):
    ids = world.world()
    await world.set_up(session, ids)
    await enrolled_before(session, ids.cohort)
    await handlers.record_ratings(world.rate(ids)[:60], session)
    start = date(2022, 9, 5)
    await handlers.keep_cohort_and_plan_its_looks(
        world.cohort(ids, ids.later, ids.late_trainees, start, 2022), session
    )
    await handlers.keep_plan_in_force(world.in_force(ids, ids.later, effective_from=start), session)
    (await tallying.assumption(session, ids.later)).pooled = True
    await session.flush()

    [case] = await deciding.now(session, [ids.later])

    assert (case.rule, case.assumed, case.cohorts) == ("mixed-evalue/1", FIRST, (ids.cohort,))
    cohort = await session.get_one(Cohort, ids.later)
    assert (await pooling.pooled(session, cohort, case, start)).rule == "mixed-evalue/1"


PLACES = {UUID(int=100 + mentor): UUID(int=200 + mentor % 2) for mentor in range(4)}
"""The station of every mentor but one."""


def rated():
    chance = np.random.default_rng(7)
    codes = zip(*(chance.integers(low, high, 240) for low, high in ((1, 20), (0, 5), (0, 3))), strict=True)
    means = (4.0, 3.2, 3.9)
    return [
        due(int(i), int(j), int(k), int(np.clip(round(chance.normal(means[k], 0.8)), 1, 5)))
        for i, j, k in codes
    ]


@pytest.mark.parametrize(
    ("assumed", "known"),
    [
        (FIRST, (112.215724, 0.964150, 0.472170)),
        (SECOND, (642.770481, 1.295095, 0.139943)),
        (Assumed(), (461.149682, 0.924954, 0.093853)),
    ],
    ids=["mixed-evalue/1", "mixed-evalue/2", "mixed-evalue/3"],
)
def test_each_rule_gives_what_it_gave_when_it_was_released(assumed, known):
    solved = mixed_evalue.model(running.of(rated(), Spread()), [], dict.fromkeys(CODES, 4.0), PLACES, assumed)

    assert e_values(solved.beliefs, 3, assumed) == pytest.approx(known, rel=1e-5)


def believed(gap, error, assumed):
    """What a rating of this error lets one believe of one competency, with certainty about the mentors."""
    variance = 1 / (1 / error**2 + 1 / assumed.gap)
    return [Belief(np.array([variance * gap / error**2]), np.array([[variance]]), 0.0)]


@pytest.mark.parametrize(
    "assumed", [FIRST, SECOND, Assumed()], ids=["mixed-evalue/1", "mixed-evalue/2", "mixed-evalue/3"]
)
@pytest.mark.parametrize("tolerance", [0.0, 0.2])
def test_exactly_at_the_boundary_the_mean_of_an_e_value_is_one(assumed, tolerance):
    seen = np.random.default_rng(3).normal(-tolerance, 0.4, 20_000)

    values = [float(e_values(believed(one, 0.4, assumed), 1, assumed, tolerance)[0]) for one in seen]

    assert np.mean(values) == pytest.approx(1.0, abs=0.05)


def test_a_shortfall_as_expected_is_proven_sooner_than_by_the_first_rule_and_a_small_one_if_it_is_certain():
    first, second = (e_values(believed(-0.75, 0.22, one), 1, one)[0] for one in (FIRST, Assumed()))
    small = e_values(believed(-0.2, 0.03, Assumed()), 1, Assumed())[0]
    doubtful = e_values(believed(-0.2, 0.2, Assumed()), 1, Assumed())[0]

    assert second > 1.5 * first
    assert (small > 240, doubtful < 1) == (True, True)


def test_a_wholly_severe_station_is_taken_for_a_shortfall_less_than_by_the_second_rule():
    chance = np.random.default_rng(4)
    place = {UUID(int=100 + one): UUID(int=200 + one % 4) for one in range(12)}
    them = [
        due(
            who,
            mentor,
            code,
            int(np.clip(round(3.5 - 0.8 * (mentor % 4 == 0) + chance.normal(0, 0.7)), 1, 5)),
        )
        for who in range(1, 61)
        for mentor in chance.choice(12, 4, replace=False).tolist()
        for code in range(3)
    ]
    known, required = running.of(them, Spread()), dict.fromkeys(CODES, 3.5)

    second, newest = (mixed_evalue.model(known, [], required, place, one) for one in (SECOND, Assumed()))

    evidence = [e_values(one.beliefs, 3, one.assumed).max() for one in (second, newest)]
    error = [mixed(one.beliefs)[1][:3].mean() for one in (second, newest)]
    assert evidence[1] < 0.7 * evidence[0]
    assert error[1] > 1.25 * error[0]
    strict = {place[one] for one, (level, _) in mixed_evalue.severities(newest).items() if level > 0.3}
    assert strict == {UUID(int=200)}
