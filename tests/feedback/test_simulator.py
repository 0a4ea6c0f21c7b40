"""The cohorts on which the evidence benchmark rests."""

import json
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import effect_bias, evidence_table, ratings_world
from benchmarks import evidence as benchmark
from benchmarks.evidence_simulator import Scenario, draw, mentors_of
from services.feedback import handlers
from services.feedback.model import Rating
from services.feedback.statistics import RunningRow

SMALL = Scenario("small", trainees=24, mentors=4, stations=2, competencies=6, ratings_each=14, mentor_sd=0.0)


def test_a_cohort_is_the_same_for_the_same_seed_and_another_for_another():
    first, again, other = draw(SMALL, (1, 2)), draw(SMALL, (1, 2)), draw(SMALL, (1, 3))

    assert (first.level == again.level).all()
    assert (first.level != other.level).any()


def test_mentors_rate_only_at_their_station_and_what_falls_short_is_rated_lower():
    drawn = draw(replace(SMALL, low=1.0, trainees=240), (1,))

    short = np.isin(drawn.competency, sorted(Scenario("s", low=1.0).short))
    assert 0.8 < drawn.level[~short].mean() - drawn.level[short].mean() < 1.2
    place = (drawn.trainee + drawn.month) % 2
    assert (drawn.station[drawn.mentor] == place).all()


def test_what_was_rated_while_they_still_grew_is_left_out():
    drawn = draw(replace(SMALL, growth=1.0), (1,))

    assert (drawn.month.min(), drawn.month.max()) == (0, 6)
    assert abs(drawn.level.mean() - 3.5) < 0.4


@pytest.mark.parametrize("name", sorted(benchmark.CONTENDERS))
def test_every_contender_finds_a_wide_shortfall(name):
    scenario = replace(SMALL, low=2.0, mentors=8, ratings_each=28)

    told = benchmark.CONTENDERS[name](draw(scenario, (4,)), scenario)

    assert scenario.short <= set(told.flagged)


def test_vignettes_are_answered_by_every_mentor_and_change_no_rating():
    without, with_them = draw(SMALL, (5,)), draw(replace(SMALL, vignettes=2), (5,))

    assert (without.level == with_them.level).all()
    assert (len(without.answers.level), len(with_them.answers.level)) == (0, 2 * 4 * 6)
    assert set(with_them.answers.agreed) == {3, 4}


def test_cohorts_rated_by_the_same_mentors_differ_in_everything_else():
    mentors = mentors_of(replace(SMALL, mentor_sd=2.0), np.random.default_rng(1))
    first, second = draw(SMALL, (1,), mentors), draw(SMALL, (2,), mentors)

    def means(cohort):
        return [cohort.level[cohort.mentor == mentor].mean() for mentor in range(SMALL.mentors)]

    assert np.corrcoef(means(first), means(second))[0, 1] > 0.9
    assert (first.level != second.level).any()


def test_a_drift_of_all_mentors_moves_plain_means_and_not_the_measured_effect():
    case = next(one for one in effect_bias.CASES if one.drift and not one.own_drift_sd and not one.effect)
    told = [effect_bias.played(case, (5, run)) for run in range(8)]

    assert np.mean([one.plain for one in told]) < -0.2
    assert abs(np.mean([one.difference[-1] for one in told])) < 0.05


async def test_the_world_of_the_ratings_benchmark_takes_its_ratings_and_decides(sessions):
    await ratings_world.set_up(sessions)
    chance = np.random.default_rng(1)
    ratings = [ratings_world.rating(chance, cohort) for cohort in (0, 0, 1)]

    async with sessions.begin() as session:
        said = await handlers.record_ratings(ratings, session)

    async with sessions() as session:
        kept = [await session.get_one(Rating, one.rating_id) for one in ratings]
        grown = [
            await session.get_one(RunningRow, (ratings_world.numbered(2, at), ratings_world.PLAN, 1))
            for at in (0, 1)
        ]
    assert [one.level for one in kept] == [one.level for one in ratings]
    assert [len(one.pairs) for one in grown] == [2, 1]
    assert said == []


def test_the_table_of_false_revisions_is_that_of_the_recorded_run():
    readme = evidence_table.README.read_text()

    assert evidence_table.written(readme, json.loads(benchmark.RESULTS.read_text())["rows"]) == readme
