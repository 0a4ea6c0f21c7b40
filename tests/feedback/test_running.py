"""What must hold of the running statistics and of the rule that reads them, whatever the ratings."""

from datetime import date, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feedback import mixed_evalue, packing, running
from services.feedback.beliefs import Assumed, Mentors, Pairs, believe, e_values, mixed
from services.feedback.columns import Pair
from services.feedback.evidence import Bar
from services.feedback.links import Answer
from services.feedback.mixed import Sheet, Variances, solve
from services.feedback.running import Due, Running, Share
from services.feedback.statistics import RunningRow
from services.feedback.tally import Spread, Tally

DAY = date(2022, 3, 1)
CODES = ("tapping", "casting", "rolling")


def due(trainee, mentor, competency, level, day=0):
    pair = Pair(UUID(int=100 + mentor), CODES[competency])
    return Due(UUID(int=trainee), pair, level, DAY + timedelta(days=day))


ratings = st.lists(
    st.builds(
        due, st.integers(1, 6), st.integers(0, 4), st.integers(0, 2), st.integers(1, 5), st.integers(0, 9)
    ),
    min_size=1,
    max_size=40,
)


def grown(parts):
    whole, sums = Running(Spread()), {}
    for part in parts:
        whole, new = running.add(whole, sums, part)
        sums |= new
    return whole, sums


def by_name(one):
    order = sorted(range(len(one.pairs)), key=lambda at: str(one.pairs[at]))
    cross, vector = one.tally.cross[np.ix_(order, order)], one.tally.vector[order]
    return [one.pairs[at] for at in order], [one.n[at] for at in order], cross, vector


def assert_same(one, other):
    (pairs, n, cross, vector), (pairs2, n2, cross2, vector2) = by_name(one), by_name(other)
    assert (pairs, n) == (pairs2, n2)
    assert np.allclose(cross, cross2, atol=1e-9)
    assert np.allclose(vector, vector2, atol=1e-9)
    assert (one.trainees, one.until) == (other.trainees, other.until)


@given(ratings, st.randoms(), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_neither_the_order_of_ratings_nor_their_batches_matter(all_of_them, chance, size):
    turned = list(all_of_them)
    chance.shuffle(turned)

    parts = [turned[start : start + size] for start in range(0, len(turned), size)]

    assert_same(grown(parts)[0], running.of(all_of_them, Spread()))


@given(st.lists(st.tuples(ratings, ratings), min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_cohorts_that_grow_in_one_pass_grow_as_each_alone(cohorts):
    shares = [Share(*grown([before]), more) for before, more in cohorts]

    for (one, sums), share in zip(running.add_each(shares), shares, strict=True):
        alone, sums_alone = running.add(*share)
        assert_same(one, alone)
        assert (one.total, sums) == (alone.total, sums_alone)


@given(ratings, ratings)
@settings(max_examples=60, deadline=None)
def test_adding_ratings_and_taking_them_away_is_the_identity(kept, passing):
    before, sums = grown([kept])

    more, with_more = running.add(before, sums, passing)
    back, without = running.add(more, sums | with_more, passing, -1)

    size = len(before.pairs)
    assert np.allclose(back.tally.cross[:size, :size], before.tally.cross, atol=1e-9)
    assert np.allclose(back.tally.cross[size:], 0, atol=1e-9)
    assert np.allclose(back.tally.vector[:size], before.tally.vector, atol=1e-9)
    assert back.trainees == before.trainees
    assert {who: mine for who, mine in (sums | without).items() if mine} == sums


@given(ratings, st.randoms())
@settings(max_examples=60, deadline=None)
def test_taking_ratings_away_and_adding_them_again_is_the_identity(them, chance):
    before, sums = grown([them])
    some = chance.sample(them, chance.randint(1, len(them)))

    fewer, without = running.add(before, sums, some, -1)
    again, with_them = running.add(fewer, sums | without, some)

    assert_same(again, before)
    assert sums | with_them == sums


@given(ratings, st.randoms())
@settings(max_examples=30, deadline=None)
def test_verdicts_depend_on_no_order_of_the_ratings(them, chance):
    turned = chance.sample(them, len(them))

    for one, other in zip(asked(them).values(), asked(turned).values(), strict=True):
        assert (one.answer, one.reason, one.link) == (other.answer, other.reason, other.link)
        assert (one.estimate, one.e_value) == pytest.approx((other.estimate, other.e_value))


@given(ratings, st.permutations(range(5)))
@settings(max_examples=40, deadline=None)
def test_a_permutation_of_mentors_permutes_their_severities_and_leaves_the_competencies(them, turn):
    turned = [
        one._replace(pair=one.pair._replace(mentor=UUID(int=100 + turn[one.pair.mentor.int - 100])))
        for one in them
    ]
    first, second = (
        mixed_evalue.model(running.of(each, Spread()), [], dict.fromkeys(CODES, 3.5), {}, Assumed())
        for each in (them, turned)
    )

    assert np.allclose(
        mixed(first.beliefs)[0][: len(first.keys)], mixed(second.beliefs)[0][: len(second.keys)]
    )
    there = mixed_evalue.severities(second)
    for mentor, (severity, error) in mixed_evalue.severities(first).items():
        assert there[UUID(int=100 + turn[mentor.int - 100])] == pytest.approx((severity, error))


def test_the_grown_statistics_give_what_the_whole_mixed_model_gives():
    chance = np.random.default_rng(4)
    n = 600
    columns = (chance.integers(20, size=n), chance.integers(5, size=n), chance.integers(3, size=n))
    level = chance.integers(1, 6, size=n)
    them = [due(1 + i, j, k, int(y)) for i, j, k, y in zip(*columns, level, strict=True)]
    whole = running.of(them, Spread())
    codes = sorted(CODES)
    coded = Pairs(
        np.array([pair.mentor.int - 100 for pair in whole.pairs]),
        np.array([codes.index(pair.competency) for pair in whole.pairs]), 5, 3, np.full(5, -1),
    )  # fmt: skip
    centred = Tally(whole.tally.cross, whole.tally.vector - 3.5 * whole.tally.cross.sum(axis=1))

    [belief] = believe(centred, Tally.empty(15), coded, Assumed(mentors=(Mentors(0.45**2, 0.3**2),)))

    names = np.array([codes.index(CODES[k]) for k in columns[2]])
    sheet = Sheet(columns[0], columns[1], names, level.astype(float))
    other = solve(sheet, Variances(rater_competency=0.3**2, trainee_competency=0.2**2), np.full(3, 3.5))
    assert np.allclose(3.5 + belief.mean[:3], other.estimate, atol=1e-9)
    assert np.allclose(belief.covariance[:3, :3], other.covariance, atol=1e-9)
    assert np.allclose(belief.mean[3:], other.severity, atol=1e-9)


def test_what_a_station_s_mentors_share_is_told_from_what_is_their_own():
    """The same model with every effect written out, solved whole."""
    chance = np.random.default_rng(6)
    who, mentor, code = (chance.integers(size, size=400) for size in (20, 5, 3))
    level = chance.integers(1, 6, size=400)
    whole = running.of([due(*one) for one in zip(who, mentor, code, map(int, level), strict=True)], Spread())
    place = {UUID(int=100 + one): UUID(int=200 + one % 2) for one in range(4)}
    few, many = Mentors(0.45**2, 0.3**2), Mentors(0.45**2, 0.3**2, 0.45**2)
    assumed, spread = Assumed(mentors=(few, many)), Spread()

    solved = mixed_evalue.model(whole, [], dict.fromkeys(CODES, 3.5), place, assumed)

    code = np.argsort(np.argsort(CODES))[code]
    station = np.where(mentor < 4, mentor % 2, 2)
    effects = [
        np.ones((400, 1)), np.eye(3)[code], -np.eye(5)[mentor], -np.eye(3)[station][:, :2], -np.eye(15)[3 * mentor + code],
        np.eye(20)[who], np.eye(60)[3 * who + code],
    ]  # fmt: skip
    logs = []
    for belief, one in zip(solved.beliefs, assumed.mentors, strict=True):
        each = (0.25, 0.25, one.rater, one.station, one.own, spread.trainee, spread.trainee_competency)
        prior = np.repeat(each, [part.shape[1] for part in effects])
        design = np.hstack(effects)
        variance = design * prior @ design.T + spread.residual * np.eye(400)
        mean = prior * (design.T @ np.linalg.solve(variance, level - 3.5))
        severities = mean[4:9] + np.r_[mean[9 + np.arange(4) % 2], 0.0]
        assert np.allclose(belief.mean, np.r_[mean[0] + mean[1:4], severities], atol=1e-9)
        logs.append(
            -0.5 * (np.linalg.slogdet(variance)[1] + (level - 3.5) @ np.linalg.solve(variance, level - 3.5))
        )
    assert np.diff(logs)[0] == pytest.approx(solved.beliefs[1].likelihood - solved.beliefs[0].likelihood)


def test_before_the_first_rating_every_e_value_is_one():
    pairs = Pairs(np.zeros(1, np.int64), np.zeros(1, np.int64), 1, 1, np.full(1, -1))

    nothing = believe(Tally.empty(1), Tally.empty(1), pairs, Assumed())

    assert e_values(nothing, 1, Assumed()) == pytest.approx([1.0])


def asked(them, answers=(), required=4.0, bar=None):
    keys = {(code, None): required for code in sorted(CODES)}
    station = {UUID(int=100 + mentor): UUID(int=mentor % 2) for mentor in range(5)}
    found = mixed_evalue.judge(
        running.of(them, Spread()), list(answers), keys, station, bar or Bar(3, 1), Assumed()
    )
    return dict(zip(sorted(CODES), found, strict=True))


@given(ratings, st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_what_is_short_is_always_proven_by_the_e_values_alone(them, repeated):
    bar = Bar(3, 1, alpha=0.9, minimum_mentors=1, minimum_stations=1)
    more = [one for one in them for _ in range(repeated + 1)]
    solved = mixed_evalue.model(running.of(more, Spread()), [], dict.fromkeys(CODES, 4.0), {}, Assumed())

    proven = mixed_evalue.proves(solved, {(code, None): 4.0 for code in CODES}, bar)

    assert proven or "short" not in {one.answer for one in asked(more, bar=bar).values()}


@pytest.mark.parametrize(("level", "proven"), [(4, False), (1, True)])
def test_the_e_values_alone_prove_a_shortfall_where_there_is_one(level, proven):
    them = [due(i, i % 5, k, level) for i in range(1, 30) for k in range(3)]
    solved = mixed_evalue.model(running.of(them, Spread()), [], dict.fromkeys(CODES, 4.0), {}, Assumed())

    assert mixed_evalue.proves(solved, {(code, None): 4.0 for code in CODES}, Bar(3, 1)) is proven


def test_mentors_who_rate_nothing_in_common_give_no_verdict_and_a_vignette_links_them():
    apart = [due(i, i % 3, 0, 4) for i in range(1, 30)] + [due(i, 3 + i % 2, 1, 2) for i in range(1, 30)]
    answers = [Answer(UUID(int=7), UUID(int=100 + mentor), "tapping", 3, 3) for mentor in range(5)]

    assert (asked(apart)["casting"].answer, asked(apart)["casting"].reason) == (
        "not-identifiable",
        "mentors-not-linked",
    )
    assert asked(apart, answers)["casting"].reason != "mentors-not-linked"


def test_a_requirement_at_the_end_of_the_scale_is_not_decided():
    them = [due(i, i % 5, k, 4) for i in range(1, 30) for k in range(3)]

    assert {one.reason for one in asked(them, required=5.0).values()} == {"required-at-scale-end"}


def test_a_competency_that_is_only_low_beside_the_others_is_watched_and_triggers_nothing():
    chance = np.random.default_rng(1)
    levels = {0: 5.2, 1: 3.9, 2: 5.0}
    them = [
        due(i, (i + month) % 5, k, int(np.clip(round(levels[k] + chance.normal(0, 0.4)), 1, 5)), month)
        for i in range(1, 31)
        for k in range(3)
        for month in range(3)
    ]

    assert {code: one.answer for code, one in asked(them, required=3.5).items()}["casting"] == "watch"


def test_vignettes_tell_severe_mentors_from_a_shortfall():
    severe = [due(i, (i + m) % 5, k, 3, m) for i in range(1, 31) for k in range(3) for m in range(3)]
    cases = [(number, code) for number, code in enumerate(CODES * 4)]
    answers = [
        Answer(UUID(int=number), UUID(int=100 + m), code, 2, 3) for number, code in cases for m in range(5)
    ]

    assert {one.answer for one in asked(severe).values()} != {"fine"}
    assert {one.answer for one in asked(severe, answers).values()} == {"fine"}


def test_the_mentor_is_asked_whose_rating_narrows_the_estimate_most():
    them = [due(i, 0, 1, 3, i) for i in range(1, 20)] + [
        due(i, m, k, 3, i) for i in range(1, 9) for m in range(4) for k in (0, 2)
    ]
    solved = mixed_evalue.model(running.of(them, Spread()), [], dict.fromkeys(CODES, 4.0), {}, Assumed())
    known, other, stranger = UUID(int=100), UUID(int=101), UUID(int=999)

    assert mixed_evalue.soonest(solved, ("casting", None), [known, other]) == other
    assert mixed_evalue.soonest(solved, ("casting", None), [known, stranger]) == stranger
    assert mixed_evalue.soonest(solved, ("casting", None), []) is None


@given(ratings)
@settings(max_examples=30)
def test_a_row_gives_back_what_it_was_given_whether_it_keeps_the_whole_matrix_or_half_of_it(given_ratings):
    whole, _ = grown([given_ratings])
    row = RunningRow(cohort_id=UUID(int=1), plan_id=UUID(int=2), plan_version=1, **packing.packed(whole))
    columns = [whole.tally.vector, np.array(whole.n), np.array(whole.total)]
    before = np.column_stack([whole.tally.cross, *columns]).tobytes()

    assert len(row.figures) < len(before) or len(whole.pairs) == 1
    for figures in (row.figures, before):
        row.figures = figures
        back = packing.unpacked(row, whole.spread)
        assert np.allclose(back.tally.cross, whole.tally.cross, rtol=0, atol=1e-12)
        assert np.array_equal(back.tally.vector, whole.tally.vector)
        assert (back.pairs, back.n, back.total) == (whole.pairs, whole.n, whole.total)
        assert (back.trainees, back.until) == (whole.trainees, whole.until)
