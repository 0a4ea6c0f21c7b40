"""What a cohort is told, before it starts, that it can show."""

from itertools import product

import pytest

from benchmarks import operating as benchmark
from services.feedback import operating
from services.feedback.operating import Cell
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
    assert (how["rule"], how["seed"]) == ("mixed-evalue/2", 1)
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
