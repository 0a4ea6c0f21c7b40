"""A version that reaches some groups first: what it did is told from everything else that changed meanwhile."""

from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from services.feedback import effect_staggered, handlers, sentences
from services.feedback.comparing import by_group
from services.feedback.effect_staggered import Cells, compare
from services.feedback.evidence import Ratings
from services.feedback.looks import look_at_ratings_of_month
from services.feedback.model import Rating
from services.feedback.rules import Seen
from shared.events.feedback import EffectMeasured
from tests.feedback import world

MENTORS, CODES = 12, 8


def cohort(seed, true=0.0, drift=0.3, growth=0.3, ahead=0.0, trainees=80, each=28):
    """Competency 0 is revised for the first half; all mentors drift, all trainees grow, the first may be ahead before."""
    chance = np.random.default_rng(seed)
    severity, particular = chance.normal(0, 0.45, MENTORS), chance.normal(0, 0.3, (MENTORS, CODES))
    own, level = chance.normal(0, 0.1, MENTORS), chance.normal(3.0, 0.2, CODES)
    ability, talent = chance.normal(0, 0.4, trainees), chance.normal(0, 0.2, (trainees, CODES))
    cells = []
    for first, now in ((1, 0), (1, 1), (0, 0), (0, 1)):
        size = trainees // 2 * each
        who = chance.integers(trainees // 2, size=size) + (0 if first else trainees // 2)
        mentor, code = chance.integers(MENTORS, size=size), chance.integers(CODES, size=size)
        latent = level[code] + ability[who] + talent[who, code] - severity[mentor] - particular[mentor, code]
        latent += first * ahead + now * (true * first * (code == 0) + growth - drift - own[mentor])
        latent += chance.normal(0, 0.7, size)
        cells.append(Ratings(mentor, code, who, np.clip(np.round(latent), 1, 5)))
    return Cells(*cells)


def measured(runs=30, **truth):
    return [compare(cohort(seed, **truth), [0], MENTORS, CODES)[0] for seed in range(runs)]


@pytest.mark.parametrize(("true", "verdict"), [(0.6, "improved"), (-0.6, "worse"), (0.0, "no-effect")])
def test_an_effect_has_no_bias_though_all_mentors_drift_by_three_tenths_and_all_trainees_grow(true, verdict):
    found = measured(true=true)

    assert abs(np.mean([one.difference for one in found]) - true) < 0.06
    assert sum(one.low <= true <= one.high for one in found) >= 29
    assert [one.verdict for one in found].count(verdict) >= 24


def test_before_and_after_of_the_same_people_would_take_drift_and_growth_for_an_effect():
    naive = []
    for seed in range(10):
        cells = cohort(seed, drift=-0.3)
        rise = [cells[at].level[cells[at].competency == 0].mean() for at in (0, 1)]
        naive.append(rise[1] - rise[0])

    assert np.mean(naive) > 0.4
    assert abs(np.mean([one.difference for one in measured(10, drift=-0.3)])) < 0.12


def test_of_groups_that_differed_before_a_rise_is_told_but_not_its_cause():
    found = measured(8, true=1.0, ahead=1.2)

    assert {one.verdict for one in found} == {"higher-cause-open"}


def test_of_groups_that_differed_before_a_fall_has_no_cause_either():
    found = measured(8, true=-1.0, ahead=1.2)

    assert {one.verdict for one in found} == {"lower-cause-open"}


def test_too_few_mentors_of_all_four_parts_are_not_enough_data():
    cells = cohort(1, true=1.0)
    other = Ratings(cells[1].mentor + MENTORS, cells[1].competency, cells[1].trainee, cells[1].level)

    [found] = compare(cells._replace(first_meanwhile=other), [0], 2 * MENTORS, CODES)

    assert (found.verdict, found.difference) == ("not-enough-data", None)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=10, deadline=None)
def test_no_order_of_ratings_and_no_names_change_an_effect_and_exchanged_groups_turn_its_sign(seed):
    chance = np.random.default_rng(seed)
    cells = cohort(seed, true=0.3, trainees=16, each=14)
    mentor, trainee = chance.permutation(MENTORS), chance.permutation(16)

    def turned(one):
        order = chance.permutation(len(one.level))
        whole = mentor[one.mentor], one.competency, trainee[one.trainee], one.level
        return Ratings(*(part[order] for part in whole))

    [found] = compare(cells, [0], MENTORS, CODES)
    [again] = compare(Cells(*map(turned, cells)), [0], MENTORS, CODES)
    [other] = compare(Cells(*cells[2:], *cells[:2]), [0], MENTORS, CODES)

    if found.difference is not None:
        assert again.difference == pytest.approx(found.difference)
        assert other.difference == pytest.approx(-found.difference)


def test_what_is_rated_after_all_have_the_version_says_nothing():
    rest, first = UUID(int=1), UUID(int=2)
    seen = [
        Seen(UUID(int=9), "casting", who, 3, week, world.START)
        for who in (rest, first)
        for week in (8, 9, 12, 13)
    ]

    parts = by_group(seen, {rest}, 9, 13)

    assert [[one.week for one in part] for part in parts] == [[8], [9, 12], [8], [9, 12]]
    assert [{one.trainee for one in part} for part in parts] == [{first}, {first}, {rest}, {rest}]


def test_the_sentence_names_the_groups_that_were_compared():
    effect = {"verdict": "improved", "difference": 0.6, "low": 0.2, "high": 1.0}

    assert "groups that followed" in sentences.of_effect(effect, effect_staggered.RULE).en
    assert "groups that followed" in sentences.of_effect(effect, "did-groups/1").en
    assert "groups" not in sentences.of_effect(effect, "did-mixed/1").en


def taught(ids, rest):
    """All of one kind, but that the groups that are first get one level more on tapping from week 9 on."""
    for one in world.rate(ids, weeks=range(5, 17), at=3.2, low={"tapping": 0.8}):
        new = one.competency == "tapping" and one.trainee_id not in rest
        if new and one.observed_on >= world.START + timedelta(weeks=8):
            yield one.model_copy(update={"level": min(5, one.level + 1)})
        else:
            yield one


async def test_the_effect_is_told_with_a_cause_from_the_groups_that_followed(sessions, client, token_for):
    ids = world.world(mentors=12, trainees=80)
    rest = ids.trainees[40:]
    follows = world.START + timedelta(weeks=16)
    force = world.in_force(
        ids, ids.cohort, version=2, from_week=9, effective_from=world.START + timedelta(weeks=8)
    )
    force = force.model_copy(update={"later": rest, "later_week": 17, "later_from": follows})
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await handlers.keep_plan_version(world.plan(ids, 2, hours={"tapping": 60.0}), session)
        await handlers.keep_plan_in_force(force, session)
        await handlers.record_ratings(list(taught(ids, set(rest))), session)
    async with sessions.begin() as session:
        versions = {
            (one.trainee_id in set(rest), one.week >= 9): one.plan_version
            for one in await session.scalars(select(Rating))
        }
        said = []
        for day in (date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)):
            said += await look_at_ratings_of_month(ids.cohort, day, session)

    assert versions == {(False, False): 1, (False, True): 2, (True, False): 1, (True, True): 1}
    [measured] = [one for one in said if isinstance(one, EffectMeasured)]
    [effect] = measured.effects
    assert (measured.rule, measured.cohort_before, measured.cohort_after) == (
        "did-groups/2",
        ids.cohort,
        ids.cohort,
    )
    assert (effect.competency, effect.verdict) == ("tapping", "improved")
    assert effect.difference == pytest.approx(1.0, abs=0.25)
    page = await client.get("/feedback/effects?lang=en", headers=token_for("manager"))
    assert "groups that had it first / groups that followed" in page.text
