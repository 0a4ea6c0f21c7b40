"""What a cohort is told, before it starts, that it can show."""

import re
from dataclasses import replace
from itertools import product

import pytest

from benchmarks import operating as benchmark
from services.feedback import helping, operating
from services.feedback.operating import Cell, Row
from tests.feedback import world
from tests.feedback.test_vignettes import write


@pytest.fixture
async def ids(sessions):
    ids = world.world()
    async with sessions.begin() as session:
        await world.set_up(session, ids)
    return ids


def test_the_table_holds_every_size_requirement_and_shortfall_with_how_it_was_made():
    how, rows = operating.table()

    assert [(one.trainees, one.mentors) for one in rows] == list(
        product(benchmark.TRAINEES, benchmark.MENTORS)
    )
    wanted = list(product(benchmark.TARGETS, benchmark.SHORTFALLS))
    assert all([(one.required, one.shortfall) for one in row.cells] == wanted for row in rows)
    assert (how["rule"], how["seed"]) == ("mixed-evalue/3", 1)
    assert how["made_by"] == f"python -m benchmarks.operating --runs {how['runs']} --seed 1"
    alone = [one for row in rows for one in row.cells if row.mentors > 2]
    played = [*alone, *(one.with_vignettes for one in alone)]
    assert {one.runs for one in played} == {how["runs"]}
    assert max(one.error for one in played) < 0.07


def test_with_two_mentors_nothing_is_ever_confirmed():
    assert {
        (one.power, one.ratings) for row in operating.table()[1] for one in row.cells if row.mentors == 2
    } == {(0.0, None)}


@pytest.mark.parametrize(
    ("size", "row"),
    [((30, 4), (27, 4)), ((27, 3), (27, 4)), ((1, 1), (12, 2)), ((500, 60), (120, 12)), ((80, 6), (60, 4)),
     ((90, 8), (120, 12)), ((0, 0), (12, 2))],
)  # fmt: skip
def test_the_nearest_size_is_the_one_by_the_fewest_times_more_or_less(size, row):
    found = operating.nearest(*size)

    assert (found.trainees, found.mentors) == row


def test_where_all_runs_ended_alike_the_margin_is_not_nothing():
    alike, apart = (Cell(3.0, 0.5, 0.0, error, None, 60) for error in (0.0, 0.04))

    assert (alike.margin, apart.margin) == (0.05, 0.08)


def test_a_played_size_gives_its_power_with_an_error():
    found = benchmark.found(benchmark.scenario(12, 4, 3.0, 2.0), 2, 1)

    assert found["runs"] == 2
    assert 0 <= found["power"] <= 1


async def test_the_row_nearest_to_the_cohort_is_marked_and_said(client, ids, token_for):
    answer = await client.get(f"/feedback/v1/cohorts/{ids.cohort}/reach", headers=token_for("coordinator"))

    told = answer.json()
    [mine] = [row for row in told["table"] if row["nearest"]]
    nearest = operating.nearest(told["trainees"], told["mentors"])
    assert (mine["trainees"], mine["mentors"]) == (nearest.trainees, nearest.mentors)
    [wide, _] = nearest.at(4.0)
    assert f"a shortfall of 0.75 levels in {wide.power:.0%}" in told["words"]["en"]
    assert f"0.75 级的不足有 {wide.power:.0%} 能发现" in told["words"]["zh"]


async def test_a_programme_with_a_common_case_of_everything_is_told_what_cohorts_with_cases_can_show(
    client, ids, token_for
):
    where = f"/feedback/v1/cohorts/{ids.cohort}/reach"
    for code in world.CODES[1:]:
        await write(client, ids, token_for, code)
    some = (await client.get(where, headers=token_for("coordinator"))).json()
    await write(client, ids, token_for, world.CODES[0])

    every = (await client.get(where, headers=token_for("coordinator"))).json()

    assert (some["common_cases"], every["common_cases"]) == (False, True)
    nearest = operating.nearest(every["trainees"], every["mentors"])
    cells = nearest.at(4.0, with_vignettes=True)
    assert [one.power for one in cells] == [one.with_vignettes.power for one in nearest.at(4.0)]
    assert f"a shortfall of 0.75 levels in {cells[0].power:.0%}" in every["words"]["en"]
    assert "a common case of each competency" in every["words"]["en"]
    assert "共同案例" in every["words"]["zh"]
    assert every["detectable"] == min((one.shortfall for one in cells if one.power >= 0.8), default=None)


def test_small_cohorts_are_also_told_what_they_can_show_when_judged_together():
    pooled = {row.trainees: {one.pooled is not None for one in row.cells} for row in operating.table()[1]}

    assert pooled == {12: {True}, 27: {True}, 60: {False}, 120: {False}}


def test_judged_together_with_earlier_cohorts_a_size_gives_a_power_of_its_own():
    found = benchmark.pooled(benchmark.scenario(12, 4, 3.0, 2.0), 2, 1)

    assert found["runs"] == 2
    assert 0 < found["power"] <= 1
    assert benchmark.pooled(benchmark.scenario(60, 4, 3.0, 2.0), 2, 1) is None


async def test_a_cohort_with_two_mentors_learns_that_nothing_can_be_confirmed(client, sessions, token_for):
    ids = world.world(mentors=2, trainees=30)
    async with sessions.begin() as session:
        await world.set_up(session, ids)

    answer = await client.get(f"/feedback/v1/cohorts/{ids.cohort}/reach", headers=token_for("coordinator"))

    told = answer.json()
    assert told["detectable"] is None
    assert "no shortfall can be confirmed" in told["words"]["en"]
    assert [(row["trainees"], row["mentors"]) for row in told["table"] if row["nearest"]] == [(27, 2)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh", ("与本班最接近", "要求 4 级", "低 0.75 级")),
        ("en", ("nearest to this cohort", "Requirement 4", "short by 0.75")),
    ],
)
async def test_the_page_of_the_cohort_shows_the_table_in_both_languages(
    language, said, client, ids, token_for
):
    headers = {**token_for("coordinator"), "Accept": "text/html"}

    page = await client.get(f"/feedback/verdicts?cohort_id={ids.cohort}&lang={language}", headers=headers)

    assert page.status_code == 200
    assert [words for words in said if words not in page.text] == []
    assert page.text.count('<tr aria-current="true"') == 1


@pytest.mark.parametrize("required", [3.0, 4.0])
def test_a_small_cohort_is_told_that_nothing_can_be_promised_and_what_would_help(required):
    row = operating.nearest(27, 4)
    missed = 1 - row.at(required)[0].power

    first, *ways = helping.advice(row, required, cases=False)

    assert f"a shortfall of 0.75 levels stays unproven to its end in {missed:.0%}" in first.en
    assert "不能作任何承诺" in first.zh
    told = " ".join(one.en for one in ways)
    more = operating.nearest(27, 12).at(required)[0]
    cases = row.at(required)[0].with_vignettes
    assert f"that every mentor rates before the first rating: {cases.power:.0%}" in told
    assert f"12 mentors who rate instead of 4: {more.power:.0%}" in told
    assert all("可发现" in one.zh for one in ways)


def test_judging_small_cohorts_together_is_proposed_where_it_finds_more():
    plain = Cell(3.0, 0.75, 0.2, 0.02, None, 60)
    row = Row(27, 40, (replace(plain, pooled=replace(plain, power=0.6)),))

    assert [one.en for one in helping.advice(row, 3.0, cases=False)][1:] == [
        (
            "Judging it together with the earlier cohorts under its plan version (evidence.pool_below in the programme's template): "
            "60% are found by the last of 3 cohorts."
        )
    ]


def test_only_what_surely_brings_more_is_proposed_the_best_first_and_never_more_than_three_ways():
    for row in operating.table()[1]:
        for required, cases in product(benchmark.TARGETS, (False, True)):
            now = row.at(required, with_vignettes=cases)[0]
            told = [cell for cell, _ in helping.ways(row, required, cases=cases)]
            better = [one.power for one in told if one.power > now.power + max(now.margin, one.margin)]
            wanted = sorted(better, reverse=True)[:3] if now.power < 0.8 else []
            advice = helping.advice(row, required, cases=cases)
            said = [int(re.findall(r"(\d+)%", one.en)[0]) / 100 for one in advice[1:]]
            assert said == pytest.approx(wanted, abs=0.0051)


def test_a_cohort_that_finds_wide_shortfalls_is_given_no_advice():
    assert helping.advice(operating.nearest(120, 12), 3.0, cases=True) == []
