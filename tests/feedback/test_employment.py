"""What became of graduates: figures of R and lifelines, and what the page and the table show of whom."""

import csv
from datetime import date, timedelta
from io import StringIO
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.feedback import handlers, independence, outcomes
from services.feedback.careers import Career
from services.feedback.employment import compared, times, told
from services.feedback.employment_picture import across, band, down, steps
from services.feedback.outcomes_compared import Times, difference_within, log_rank, mean_within
from shared.events.enterprise import EmployeeHired, EmployeeLeft, EmployeePromoted, LeavingReason
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

DAY = date(2025, 8, 1)


def group(durations, ended):
    return Times(durations, [bool(one) for one in ended])


MAINTAINED = group([9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161], [1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0])
NOT = group([5, 5, 8, 8, 12, 16, 23, 27, 30, 33, 43, 45], [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1])
DRUG = group(
    [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35],
    [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0],
)
PLACEBO = group([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [1] * 21)
groups = some.lists(
    some.tuples(some.integers(1, 40).map(float), some.booleans()), min_size=2, max_size=25
).map(lambda rows: group(*zip(*rows, strict=True)))


def test_restricted_means_and_their_errors_are_those_of_r():
    """R: print(survfit(Surv(time, status) ~ x, aml), print.rmean = TRUE), upper limit 161: 52.6 (19.83) and 22.7 (4.18)."""
    for one, value, error in ((MAINTAINED, 52.6, 19.83), (NOT, 22.7, 4.18)):
        assert tuple(mean_within(one, 161)) == pytest.approx((value, error), abs=0.05 if value > 50 else 0.01)


def test_the_log_rank_test_is_that_of_lifelines():
    """lifelines 0.30.3, logrank_test: 3.3963886990 (p .0653393) for R's aml, 16.7929409892 for Freireich 1963."""
    assert log_rank(MAINTAINED, NOT) == pytest.approx((3.3963886989776, 0.0653393220405), abs=1e-10)
    assert log_rank(DRUG, PLACEBO) == pytest.approx((16.7929409892165, 4.168809109e-05), rel=1e-9)


def test_means_within_a_time_are_those_of_lifelines():
    """lifelines 0.30.3, restricted_mean_survival_time up to 24 weeks: 18.3574229692 and 8.6666666667."""
    less = difference_within(DRUG, PLACEBO, 24)

    assert less.value == pytest.approx(18.357422969187667 - 8.666666666666666)
    assert less.error**2 == pytest.approx(
        mean_within(DRUG, 24).error ** 2 + mean_within(PLACEBO, 24).error ** 2
    )


def test_survival_and_its_interval_are_those_of_lifelines():
    """lifelines 0.30.3, KaplanMeierFitter on Freireich 1963, at 10 and 23 weeks."""
    assert DRUG.curve.at(10) == pytest.approx((0.752941, 0.503200, 0.889362), abs=1e-6)
    assert DRUG.curve.at(23) == pytest.approx((0.448179, 0.188052, 0.680143), abs=1e-6)


def test_competing_risks_are_those_of_lifelines():
    """lifelines 0.30.3, AalenJohansenFitter, of times without ties."""
    durations, causes = [3, 5, 7.5, 9, 11, 14, 16, 20, 25, 30], [1, 2, 0, 1, 3, 1, 0, 2, 1, 0]

    ends = [outcomes.aalen_johansen(durations, causes, cause)[1][-1] for cause in (1, 2, 3)]

    assert ends == pytest.approx([0.4809523809523808, 0.25238095238095226, 0.11428571428571424])


@given(groups, groups)
def test_to_exchange_two_groups_changes_the_sign_and_nothing_else(one, other):
    there, back = compared(one, other), compared(other, one)

    assert there["months"] == pytest.approx(-back["months"])
    assert (there["low"], there["high"]) == pytest.approx((-back["high"], -back["low"]))
    assert (there["p"] is None) == (back["p"] is None)
    assert there["p"] is None or there["p"] == pytest.approx(back["p"])


@given(groups)
def test_a_mean_within_a_time_is_never_longer_than_that_time_and_points_are_told_only_of_what_was_followed(
    one,
):
    found = told(one)

    assert 0 <= found["mean"]["months"] <= found["mean"]["within"] + 1e-9
    assert all(point["months"] <= max(one.duration) and point["at_risk"] >= 1 for point in found["points"])


def test_who_leaves_after_the_day_of_the_figures_is_still_employed_on_it():
    hired = date(2023, 8, 1)

    found = times(
        [Career(hired, date(2026, 1, 1), "resigned", None), Career(hired, DAY, "resigned", None)], DAY
    )

    assert found.happened == [False, True]
    assert found.duration == pytest.approx([24.0, 24.0], abs=0.1)


def test_a_curve_is_drawn_in_steps_within_its_frame():
    curve = [{"months": 12.0, "survival": 0.5, "low": 0.25, "high": 0.75}]

    assert steps(curve, "survival", 1.0, 24.0) == (
        f"M{across(0)} {down(1.0)}H{across(12)}V{down(0.5)}H{across(24)}"
    )
    assert band(curve, 24.0) == (
        f"M{across(0)} {down(1.0)}H{across(12)}V{down(0.75)}H{across(24)}"
        f"V{down(0.25)}H{across(12)}V{down(1.0)}H{across(0)}Z"
    )
    assert across(60) == across(36)


def test_whoever_worked_unaided_at_one_station_did_so_anywhere():
    here, there, who = UUID(int=1), UUID(int=2), UUID(int=3)
    rows = [
        independence.Alone(here, who, "casting", None, 20),
        independence.Alone(there, who, "casting", 9, 15),
    ]

    assert [(one.week, one.last) for one in independence.anywhere(rows)] == [(9, 20)]


async def employ(session, ids, trainees, first, leavers):
    for number, trainee in enumerate(trainees):
        by = {"enterprise_id": ids.enterprise, "employee_id": UUID(int=(9 << 32) + first + number)}
        hired = EmployeeHired(**by, trainee_id=trainee, position_id=UUID(int=5), occurred_on=date(2022, 7, 1))
        await handlers.follow_employment(hired, session)
        if number in leavers:
            on = date(2022, 7, 1) + timedelta(days=90 * (number + 1))
            await handlers.follow_employment(
                EmployeeLeft(**by, reason=LeavingReason.RESIGNED, occurred_on=on), session
            )
        elif number == len(trainees) - 1:
            up = EmployeePromoted(**by, position_id=UUID(int=6), occurred_on=date(2023, 5, 1))
            await handlers.follow_employment(up, session)


@pytest.fixture
async def ids(sessions):
    """Eight of the first cohort and six of the later one were hired; four and one have left."""
    ids = world.world(mentors=8, trainees=8)
    late = date(2022, 9, 5)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await handlers.keep_cohort_and_plan_its_looks(
            world.cohort(ids, ids.later, ids.late_trainees, late, 2022), session
        )
        await handlers.record_ratings(world.rate(ids), session)
        await advance_clock(ClockAdvanced(today=DAY), session)
        await employ(session, ids, ids.trainees, 0, {0, 1, 2, 3})
        await employ(session, ids, ids.late_trainees[:6], 100, {5})
    return ids


async def test_a_cohort_is_held_against_the_one_before_it_with_what_both_were_followed(
    client, ids, token_for
):
    url = f"/feedback/v1/employment?cohort_id={ids.later}"

    found = (await client.get(url, headers=token_for("manager"))).json()

    assert [(found[name]["n"], found[name]["left"], found[name]["censored"]) for name in ("cohort", "compared")] == [
        (6, 1, 5), (8, 4, 4),
    ]  # fmt: skip
    assert [point["months"] for point in found["cohort"]["points"]] == [12, 24, 36]
    assert found["compared"]["points"][0]["survival"] == 0.5
    assert found["difference"]["months"] > 0
    assert found["difference"]["within"] == 36
    assert {one["change"]: one["points"][0]["share"] for one in found["compared"]["changes"]} == {
        "left": 0.5, "transferred": 0.0, "promoted": 0.125,
    }  # fmt: skip


async def test_the_time_to_independence_is_told_by_station_of_enough_trainees(client, ids, token_for):
    url = f"/feedback/v1/employment?cohort_id={ids.cohort}"

    whole, *stations = (await client.get(url, headers=token_for("manager"))).json()["independence"]

    assert (whole["station_id"], whole["trainees"]) == (None, 8)
    assert {one["station_id"] for one in stations} == {str(one) for one in ids.stations}
    assert 5 <= whole["median_weeks"] <= whole["p90_weeks"]
    assert all(one["suppressed"] == (one["trainees"] < 5) for one in stations)
    assert all((one["censored"] is None) == one["suppressed"] for one in stations)


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", "入职 n = 8，离职 4，仍在职 4（删失）"), ("en", "n = 8 hired, 4 left, 4 still")],
)
async def test_the_page_states_n_and_censoring_and_draws_both_cohorts(
    client, ids, token_for, language, words
):
    url = f"/feedback/employment?cohort_id={ids.later}&lang={language}"

    page = (await client.get(url, headers=token_for("manager"))).text

    assert words in page
    assert page.count('class="curve-band') == 2


async def test_the_table_has_each_figure_with_its_number(client, ids, token_for):
    url = f"/feedback/v1/employment.csv?cohort_id={ids.cohort}&compared_with={ids.later}"

    answer = await client.get(url, headers=token_for("manager"))

    rows = list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))
    figures = [row[0] for row in rows]
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert figures.count("retention") == 6
    assert {"mean_months", "mean_months_difference", "log_rank_p", "left", "independence_median_weeks"} <= {
        *figures
    }
    assert all(row[8] in {"6", "8"} for row in rows if row[0] == "retention")


async def test_of_too_few_graduates_no_figure_is_told_anywhere(client, ids, sessions, token_for):
    few = UUID(int=(7 << 32) + 2023)
    async with sessions.begin() as session:
        people = [world.numbered(6, number) for number in range(4)]
        enrolled = world.cohort(ids, few, people, date(2023, 9, 4), 2023)
        await handlers.keep_cohort_and_plan_its_looks(enrolled, session)
        await employ(session, ids, people, 200, {0})
    headers = token_for("manager")

    found = (await client.get(f"/feedback/v1/employment?cohort_id={few}", headers=headers)).json()
    page = (await client.get(f"/feedback/employment?cohort_id={few}&lang=en", headers=headers)).text
    table = (await client.get(f"/feedback/v1/employment.csv?cohort_id={few}", headers=headers)).text

    assert found["cohort"]["suppressed"]
    assert (found["cohort"]["points"], found["cohort"]["curve"], found["cohort"]["changes"]) == ([], [], [])
    assert found["difference"] is None
    assert (found["cohort"]["n"], found["cohort"]["left"], found["cohort"]["censored"]) == (4, None, None)
    assert "n = 4 hired; fewer than 5: no figures are shown" in page
    assert page.count('class="curve-band') == 1  # the other cohort's
    assert table.count("retention") == 3


async def test_an_enterprise_sees_none_of_it_and_an_unknown_cohort_is_named(client, ids, token_for):
    strange = f"/feedback/v1/employment?cohort_id={UUID(int=1)}"

    panel = await client.get(
        f"/feedback/v1/employment?cohort_id={ids.cohort}", headers=token_for("panel-enterprise")
    )

    assert panel.status_code == 403
    assert (await client.get(strange, headers=token_for("manager"))).json()["code"] == "E-FBK-COHORT"
