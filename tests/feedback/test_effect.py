"""Did a version help? On generated ratings of two cohorts whose truth is known."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feedback import effect_mixed, rules_of_effect
from services.feedback.evidence import Ratings

MENTORS, CODES = 12, 8


def cohorts(seed, true=0.0, drift=0.0, intake=0.0, trainees=80, each=28):
    """Two cohorts rated by the same mentors; competency 0 is revised, all mentors drift by `drift` in between."""
    chance = np.random.default_rng(seed)
    severity, particular = chance.normal(0, 0.45, MENTORS), chance.normal(0, 0.3, (MENTORS, CODES))
    own, level = chance.normal(0, 0.1, MENTORS), chance.normal(3.4, 0.2, CODES)
    for version in (0, 1):
        size = trainees * each
        who, mentor, code = (chance.integers(high, size=size) for high in (trainees, MENTORS, CODES))
        latent = (
            level[code] + chance.normal(0, 0.4, trainees)[who] - severity[mentor] - particular[mentor, code]
        )
        latent += version * (true * (code == 0) + intake - drift - own[mentor]) + chance.normal(0, 0.7, size)
        yield Ratings(mentor, code, who, np.clip(np.round(latent), 1, 5))


def measured(**truth):
    return [effect_mixed.compare(*cohorts(seed, **truth), [0], MENTORS, CODES)[0] for seed in range(25)]


@pytest.mark.parametrize(("true", "verdict"), [(0.5, "improved"), (-0.5, "worse"), (0.0, "no-effect")])
def test_an_effect_is_measured_without_bias_though_all_mentors_drift_and_the_intake_is_better(true, verdict):
    found = measured(true=true, drift=0.3, intake=0.2)

    assert abs(np.mean([one.difference for one in found]) - true) < 0.07
    assert sum(one.low <= true <= one.high for one in found) >= 24
    assert [one.verdict for one in found].count(verdict) >= 22


def test_where_everything_was_revised_a_rise_is_told_but_not_its_cause():
    before, after = cohorts(3, true=0.6, intake=0.5)

    found = effect_mixed.compare(before, after, list(range(CODES)), MENTORS, CODES)

    assert {one.verdict for one in found} <= {"higher-cause-open", "not-enough-data"}
    assert found[0].verdict == "higher-cause-open"


def test_where_everything_was_revised_a_fall_is_told_but_not_its_cause():
    before, after = cohorts(3, true=-0.6, intake=-0.5)

    found = effect_mixed.compare(before, after, list(range(CODES)), MENTORS, CODES)

    assert {one.verdict for one in found} <= {"lower-cause-open", "not-enough-data"}
    assert found[0].verdict == "lower-cause-open"


def turned(ratings, order, mentor, trainee):
    columns = mentor[ratings.mentor], ratings.competency, trainee[ratings.trainee], ratings.level
    return Ratings(*(part[order] for part in columns))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_an_effect_depends_on_no_order_of_ratings_and_no_names_of_mentors_and_trainees(seed):
    chance = np.random.default_rng(seed)
    before, after = cohorts(seed, true=0.3, trainees=12, each=14)
    mentor = chance.permutation(MENTORS)
    other = [
        turned(one, chance.permutation(len(one.level)), mentor, chance.permutation(12))
        for one in (before, after)
    ]

    [found] = effect_mixed.compare(before, after, [0], MENTORS, CODES)
    [again] = effect_mixed.compare(*other, [0], MENTORS, CODES)

    assert (found.verdict, found.mentors) == (again.verdict, again.mentors)
    assert (again.difference, again.low, again.high) == pytest.approx(
        (found.difference, found.low, found.high)
    )


def test_other_mentors_for_the_new_cohort_are_not_enough_data():
    before, after = cohorts(4, true=1.0)
    others = Ratings(after.mentor + MENTORS, after.competency, after.trainee, after.level)

    [found] = effect_mixed.compare(before, others, [0], 2 * MENTORS, CODES)

    assert (found.verdict, found.difference) == ("not-enough-data", None)


@pytest.mark.parametrize(
    ("verdicts", "complete", "known"),
    [
        (["no-effect"], False, False),
        (["no-effect"], True, True),
        (["improved", "worse", "higher-cause-open", "lower-cause-open"], False, True),
        ([], False, True),
    ],
)
def test_an_effect_waits_until_it_is_certain_or_all_weeks_are_over(verdicts, complete, known):
    measured = SimpleNamespace(effects=[SimpleNamespace(verdict=one) for one in verdicts])

    assert rules_of_effect.is_known(SimpleNamespace(complete=complete), measured) is known
