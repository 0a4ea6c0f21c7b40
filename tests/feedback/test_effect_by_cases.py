"""What all mentors drift between two versions shows in the common cases that they rate again, and leaves the effect."""

from datetime import date, timedelta
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feedback import comparing, effect_mixed, looks
from services.feedback.copies import Cohort
from services.feedback.effect_mixed import Cases
from services.feedback.rules_of_effect import Told
from services.feedback.statistics import Vignette, VignetteAnswer
from tests.feedback import world
from tests.feedback.test_effect import CODES, MENTORS, cohorts, turned
from tests.feedback.test_handlers import answered_by_version_two

ALL = list(range(CODES))
SEEDS = range(20)


def cases(seed, drift=0.0, each=2, again=MENTORS):
    """Answers of the mentors of `cohorts`, who are stricter by `drift` the second time; only `again` of them answer again."""
    same = np.random.default_rng(seed)
    severity, particular = same.normal(0, 0.45, MENTORS), same.normal(0, 0.3, (MENTORS, CODES))
    own, chance = same.normal(0, 0.1, MENTORS), np.random.default_rng((seed, 1))
    vignette, mentor, later = (part.ravel() for part in np.mgrid[0 : each * CODES, 0:MENTORS, 0:2])
    kept = (later == 0) | (mentor < again)
    vignette, mentor, later = vignette[kept], mentor[kept], later[kept]
    code = vignette % CODES
    true = 3 + chance.normal(0, 0.15, each * CODES)[vignette]
    latent = true - severity[mentor] - particular[mentor, code] - later * (drift + own[mentor])
    level = np.clip(np.round(latent + chance.normal(0, 0.7, len(code))), 1, 5).astype(int)
    return Cases(vignette, mentor, code, later, level - 3)


def differences(revised, drift, true=0.0, told=None):
    found = [
        effect_mixed.compare(
            *cohorts(seed, true=true, drift=drift), revised, MENTORS, CODES, cases=told and told(seed, drift)
        )
        for seed in SEEDS
    ]
    return [one[0] for one in found]


def test_where_everything_was_revised_mentors_who_all_became_stricter_are_not_taken_for_a_worse_version():
    plain, told = differences(ALL, 0.3), differences(ALL, 0.3, told=cases)

    assert sum(one.verdict == "lower-cause-open" for one in plain) >= 5
    assert {one.verdict for one in told} == {"not-enough-data"}
    assert (
        abs(np.mean([one.difference for one in told]))
        < 0.06
        < 0.2
        < -np.mean([one.difference for one in plain])
    )


def test_a_fall_of_everything_is_found_but_not_its_cause_though_the_cases_show_that_it_is_not_the_mentors():
    told = differences(ALL, 0.3, true=-0.8, told=cases)

    assert sum(one.verdict == "lower-cause-open" for one in told) >= 16
    assert "worse" not in {one.verdict for one in told}
    assert abs(np.mean([one.difference for one in told]) + 0.8) < 0.08


def test_a_rise_has_no_cause_though_the_cases_show_that_no_mentor_drifted():
    assert {one.verdict for one in differences(ALL, 0.0, true=1.0, told=cases)} == {"higher-cause-open"}


def test_beside_unrevised_competencies_the_effect_keeps_its_promise_with_cases():
    told = differences([0], 0.3, true=0.5, told=cases)

    assert abs(np.mean([one.difference for one in told]) - 0.5) < 0.07
    assert sum(one.low <= 0.5 <= one.high for one in told) >= 19
    assert sum(one.verdict == "improved" for one in told) >= 17


def test_cases_that_two_mentors_rated_again_change_nothing():
    few = differences([0], 0.3, told=lambda seed, drift: cases(seed, drift, again=2))

    assert few == differences([0], 0.3)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_no_order_of_answers_and_no_names_change_an_effect(seed):
    chance = np.random.default_rng(seed)
    before, after = cohorts(seed, true=0.3, trainees=12, each=14)
    told, mentor, case = cases(seed, 0.3), chance.permutation(MENTORS), chance.permutation(2 * CODES)
    order = chance.permutation(len(told.off))
    renamed = told._replace(mentor=mentor[told.mentor], vignette=case[told.vignette])
    sides = [
        turned(one, chance.permutation(len(one.level)), mentor, chance.permutation(12))
        for one in (before, after)
    ]

    [found] = effect_mixed.compare(before, after, [0], MENTORS, CODES, cases=told)
    [again] = effect_mixed.compare(
        *sides, [0], MENTORS, CODES, cases=Cases(*(part[order] for part in renamed))
    )

    assert (again.difference, again.low, again.high) == pytest.approx(
        (found.difference, found.low, found.high)
    )


async def test_the_newest_answers_before_a_cohort_began_are_held_against_the_newest_since(session):
    ids = world.world()
    await answered_by_version_two(session, ids, low={"casting": 0.2}, at=4.4)
    cohort, mentor, case = await session.get_one(Cohort, ids.later), ids.mentors[0], uuid4()
    session.add(
        Vignette(
            vignette_id=case, programme_id=ids.programme, competency="casting", story={"zh": "", "en": ""}, agreed=3,
            agreed_by="both", from_day=date(2021, 1, 1),
        )
    )  # fmt: skip
    start, day = cohort.first_monday, date(2023, 1, 1)
    for on, term, level in (
        (start - timedelta(300), "a", 1), (start - timedelta(1), "b", 4), (start, "c", 5),
        (day - timedelta(1), "d", 2), (day, "e", 1),
    ):  # fmt: skip
        session.add(
            VignetteAnswer(
                vignette_id=case,
                mentor_id=mentor,
                term=term,
                enterprise_id=uuid4(),
                level=level,
                answered_on=on,
            )
        )
    await session.flush()

    pair = await comparing.comparison_of(session, cohort, await looks.of_record(session, cohort, day), day)

    assert pair.told == (Told(case, mentor, "casting", False, 1), Told(case, mentor, "casting", True, -1))
