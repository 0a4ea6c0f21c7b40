import csv
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from services.feedback import effect, evalues, mixed, outcomes, promises, rasch, rules
from services.feedback.evidence import Bar, Ratings, fit, judge, largest_linked
from services.feedback.mixed import Sheet, Variances
from tests.feedback.reference_values import rows

DATA = Path(__file__).parent / "data"


def generated(seed, short=None, severe=None, mentors=20, shortfall=0.75, at=0.25, station_sd=0.45):
    """180 trainees, 12 competencies of which 3 are common; each station also practises 4 of the other nine."""
    chance = np.random.default_rng(seed)
    stations = mentors // 2
    severity = chance.normal(0, station_sd, mentors)
    severity[[mentor for mentor in range(mentors) if mentor % stations == severe]] += 0.8
    ability, truth = chance.normal(0, 0.4, 180), np.full(12, 3.5 + at)
    if short is not None:
        truth[short] = 3.5 - shortfall
    month, trainee, step = (part.ravel() for part in np.mgrid[0:8, 0:180, 0:7])
    station = (trainee // 15 + month) % stations
    mentor = station + stations * chance.integers(2, size=(8, 180)).ravel().repeat(7)
    code = np.where(step < 3, step, 3 + (station + step - 3) % 9)
    latent = truth[code] + ability[trainee] - severity[mentor] + chance.normal(0, 0.7, len(code))
    return Ratings(mentor, code, trainee, np.clip(np.round(latent), 1, 5)), [
        one % stations for one in range(mentors)
    ]


def shorts(ratings, stations):
    return {
        one.competency for one in judge(ratings, stations, [3.5] * 12, Bar(12, 9)) if one.answer == "short"
    }


def test_over_twenty_seeds_the_true_shortfall_is_found_and_no_other():
    assert [shorts(*generated(seed, short=5, shortfall=1.0)) for seed in range(20)] == [{5}] * 20


def test_over_twenty_seeds_a_severe_station_is_never_taken_for_a_shortfall_though_the_plain_mean_is():
    flagged = 0
    for seed in range(20):
        ratings, stations = generated(seed, severe=0)
        findings = judge(ratings, stations, [3.5] * 12, Bar(12, 9))
        assert not [one for one in findings if one.answer == "short"]
        flagged += any(one.uncorrected_mean < 3.5 for one in findings)
    assert flagged >= 10


def test_where_all_rate_all_alike_the_estimate_is_the_rating_less_the_mentors_mean_plus_the_grand_mean():
    chance = np.random.default_rng(3)
    grid = np.array([(j, k, i) for j in range(4) for k in range(5) for i in range(6)])
    level = chance.integers(1, 6, len(grid)).astype(float)
    ratings = Ratings(*grid.T.astype(np.int64), level)
    means = np.array([level[grid[:, 0] == j].mean() for j in range(4)])
    corrected = level - means[grid[:, 0]] + level.mean()

    fitted = fit(ratings, 4, 5)

    assert np.allclose(fitted.estimate, [corrected[grid[:, 1] == k].mean() for k in range(5)])
    assert np.allclose(fitted.severity, level.mean() - means)


def test_the_order_of_ratings_does_not_matter_and_renamed_mentors_keep_their_severity():
    ratings, stations = generated(1)
    turn = np.random.default_rng(0).permutation(len(ratings.level))
    swap = np.random.default_rng(1).permutation(len(stations))
    turned = Ratings(
        swap[ratings.mentor[turn]],
        *(part[turn] for part in (ratings.competency, ratings.trainee, ratings.level)),
    )

    first, second = fit(ratings, 20, 12), fit(turned, 20, 12)

    assert np.allclose(first.estimate, second.estimate)
    assert np.allclose(first.severity, second.severity[swap])


def test_mentors_who_share_no_competency_with_the_others_make_it_not_identifiable():
    rated = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)

    mentors, competencies = largest_linked(rated)

    assert (mentors.tolist(), competencies.tolist()) == ([True, True, False], [True, True, False])


def test_severities_equal_the_published_many_facet_rasch_results():
    with (DATA / "writing.csv").open() as file:
        read = [
            (int(row["student"]), int(row["rater"]) - 1, int(row["style"])) for row in csv.DictReader(file)
        ]
    people = np.unique([one[0] for one in read], return_inverse=True)[1]
    raters = np.array([one[1] for one in read])
    sheet = Sheet(people, raters, np.zeros(len(read), np.int64), np.array([float(one[2]) for one in read]))
    published = np.loadtxt(DATA / "published_thresholds.csv", delimiter=",", skiprows=1)[:, 1:].mean(axis=1)

    fitted = rasch.audit(sheet, 0, 3)
    linear = mixed.solve(sheet, Variances(0.0146, 0.599, 0.229), np.full(1, 1.5), flat=True)

    assert np.corrcoef(fitted.severity, published)[0, 1] > 0.99999
    assert (np.argsort(fitted.severity, kind="stable") == np.argsort(published, kind="stable")).all()
    assert np.corrcoef(linear.severity, published)[0, 1] > 0.999


def test_the_mixed_model_gives_the_estimates_of_an_independent_one():
    reference = json.loads((DATA / "mixed_model_reference.json").read_text())
    columns = np.array(rows()).T
    sheet = Sheet(*columns[:3].astype(np.int64), columns[3])

    solved = mixed.solve(sheet, Variances(**reference["variance"]), np.full(4, 1.5), flat=True)

    assert np.allclose(solved.estimate, reference["estimate"], atol=1e-5)
    assert np.allclose(np.sqrt(np.diag(solved.covariance)), reference["se"], atol=1e-5)
    assert np.allclose(-solved.severity, reference["rater"], atol=1e-5)


def test_reml_finds_the_variances_of_an_independent_fit():
    reference = json.loads((DATA / "mixed_model_reference.json").read_text())["variance"]
    columns = np.array(rows()).T
    sheet = Sheet(*columns[:3].astype(np.int64), columns[3])

    found = mixed.estimate_variances(sheet, np.full(4, 1.5))

    assert [found.rater, found.trainee, found.residual] == pytest.approx(
        [reference["rater"], reference["trainee"], reference["residual"]], rel=1e-3
    )


def test_an_e_value_is_one_before_any_rating_and_its_mean_is_at_most_one_at_the_boundary():
    assert evalues.below(0.0, 0.5, 0.5) == pytest.approx(1.0)
    chance = np.random.default_rng(5)
    values = [
        evalues.below(*evalues.posterior(one, 0.05, 0.5), 0.5) for one in chance.normal(0, 0.05**0.5, 20_000)
    ]
    assert np.mean(values) < 1.05


def test_of_many_e_values_those_are_acted_on_that_carry_it_together():
    assert evalues.act_on([45.0, 100.0, 1.0, 0.2], 0.05) == {0, 1}
    assert evalues.act_on([19.0, 1.0], 0.05) == set()


def test_an_effect_is_free_of_drift_of_all_mentors_and_of_a_better_intake():
    before, _ = generated(1, short=5)
    after, _ = generated(1, short=5, shortfall=0.25)
    drifted = Ratings(after.mentor, after.competency, after.trainee, after.level + 0.3)

    [change] = effect.compare(before, drifted, [5], 20, 12)

    assert change.verdict == "improved"
    assert change.difference == pytest.approx(0.5, abs=0.12)


def test_kaplan_meier_gives_the_textbook_figures():
    """Remission in weeks of 21 leukaemia patients (Freireich 1963): R's survival gives .8571 at 6 weeks, .8067 at 7."""
    time = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    ended = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]

    curve = outcomes.kaplan_meier(time, [bool(one) for one in ended])

    assert curve.at(6) == pytest.approx((0.8571, 0.6197, 0.9516), abs=1e-4)
    assert curve.at(7)[0] == pytest.approx(0.8067, abs=1e-4)
    assert curve.quantile(0.5) == 23


def test_with_one_cause_the_cumulative_incidence_is_one_less_the_survival():
    times, part = outcomes.aalen_johansen([1, 2, 2, 3, 4], [1, 1, 0, 0, 1], 1)
    curve = outcomes.kaplan_meier([1, 2, 2, 3, 4], [True, True, False, False, True])

    assert np.allclose(part, 1 - curve.survival)
    assert times == curve.time.tolist()


@pytest.mark.parametrize(
    ("kind", "promised", "delivered", "day", "verdict"),
    [
        ("jobs", 10, 10, 1, "kept"), ("jobs", 10, 9, 1, "open"), ("jobs", 10, 9, 3, "broken"),
        ("mentor_ratio", 5, 4, 3, "kept"), ("mentor_ratio", 5, 6, 3, "broken"), ("mentor_ratio", 5, 0, 3, "broken"),
    ],
)  # fmt: skip
def test_a_promise_is_kept_open_or_broken(kind, promised, delivered, day, verdict):
    assert promises.judge(kind, promised, delivered, date(2022, 1, 2), date(2022, 1, day)) == verdict


def test_the_next_look_is_on_the_first_of_the_next_month():
    assert rules.first_of_next_month(date(2021, 12, 5)) == date(2022, 1, 1)
