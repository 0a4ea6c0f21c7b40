"""Where not everybody has a place: how many more seats would be enough, shown by a plan, beside how many any plan must add."""

import json
from itertools import count, product

import numpy as np
import pytest

from benchmarks.rotation_problems import make
from services.placement import stopwatch
from services.placement.enough import enough
from services.placement.enough_words import enough_words
from services.placement.handlers import keep_mentor
from services.placement.plan_file import repair_rotation, rotate_rotation
from services.placement.problem import without_costs
from services.placement.problem_file import read
from services.placement.rotation import plan as search
from services.placement.stopwatch import by_processor_time
from services.placement.timetable import Outcome
from tailored.rotate_enough import enough_words as of_file
from tests.placement.plant import (
    an,
    cohort,
    mentors,
    module,
    offers,
    open_programme,
    plan,
    tell,
    work_off,
)
from tests.placement.test_rotate_command import run
from tests.placement.test_rotation import cheapest, small

SHORT = [0, 12, 26, 39, 45, 47, 48, 49]
"""Small problems in which seats are all that is missing."""
HOPELESS = [5, 6, 10, 17, 20, 27, 29]
"""Small problems that no number of seats would help."""


def with_plenty(problem):
    return problem | {"capacity": [[9] * 8] * 3}


def widened(problem, cells):
    more = json.loads(json.dumps(problem))
    for station, week, seats in cells:
        more["capacity"][station][week] += seats
    return more


@pytest.mark.parametrize("seed", SHORT)
def test_the_seats_that_are_said_to_be_enough_are_and_no_fewer_than_the_bound_would_be(seed):
    problem = small(seed)
    assert cheapest(problem) is None
    assert cheapest(with_plenty(problem)) is not None

    found = rotate_rotation(read(problem), 10)["enough"]

    assert found["added"] == sum(seats for _, _, seats in found["seats"])
    assert cheapest(widened(problem, found["seats"])) is not None
    assert 1 <= found["added_lower_bound"] <= found["added"]
    fewer = found["added_lower_bound"] - 1
    cells = [(station, week, 1) for station in range(3) for week in range(2, 8)]
    for chosen in product(cells, repeat=fewer):
        assert cheapest(widened(problem, chosen)) is None


@pytest.mark.parametrize("seed", HOPELESS)
def test_nothing_is_said_to_be_enough_where_seats_do_not_help(seed):
    assert cheapest(with_plenty(small(seed))) is None

    assert "enough" not in rotate_rotation(read(small(seed)), 5)


def test_a_large_problem_can_be_planned_with_what_is_said_to_be_enough():
    problem = make("infeasible", 180, seed=1)

    with by_processor_time():
        more = enough(read(problem).problem(), 20)

        assert 0 < more.least <= more.extra.sum() <= 1.1 * more.least
        cells = [(station, week, int(more.extra[station, week])) for station, week in np.argwhere(more.extra)]
        answer = search(without_costs(read(widened(problem, cells)).problem()), 30)
        assert answer.uncovered == 0


def by_looks():
    """A clock that moves on at each look: so much is done, on whatever machine."""
    looks = count()
    return stopwatch._clock.set(lambda: float(next(looks)))


def test_where_time_is_short_it_is_said_how_many_seats_are_missing_at_least_and_no_more():
    problem = read(make("infeasible", 180, seed=1)).problem()
    before = by_looks()
    try:
        short, long = enough(problem, 80), enough(problem, 400)
    finally:
        stopwatch._clock.reset(before)

    assert short.extra is None
    assert 0 < short.least <= long.extra.sum()
    outcome = Outcome({}, 0.0, 0.0, (("g01", "m"),), enough_least=short.least)
    [told] = enough_words(outcome, None, None)
    assert (told.rule, told.missing) == ("enough", short.least)
    assert f"at least {short.least} more seats" in told.words.en
    assert f"至少还需 {short.least} 个周席位" in told.words.zh
    for zh, words in ((True, told.words.zh), (False, told.words.en)):
        [line] = of_file({"added_lower_bound": short.least}, [], zh=zh)
        assert line == words


def test_a_crew_that_must_let_more_go_is_named():
    problem = small(SHORT[0]) | {
        "capacity": [[9] * 8] * 3, "class_crew": ["red", "red"], "crew_release": {"red": 0},
    }  # fmt: skip

    found = rotate_rotation(read(problem), 10)["enough"]

    assert found["seats"] == []
    assert {name for name, _, _ in found["crews"]} == {"red"}
    opened = [0] * 8
    for _, week, more in found["crews"]:
        opened[week] += more
    assert cheapest(problem | {"crew_release": {"red": opened}}) is not None


def test_what_a_repair_needs_lies_ahead_of_it():
    problem = small(4)
    old = rotate_rotation(read(problem), 10)["plan"]
    closed = problem | {"capacity": [[*row[:4], *[0] * 4] for row in problem["capacity"]]}

    found = repair_rotation(read(closed), old, 4, 10)["enough"]

    assert found["seats"]
    assert min(week for _, week, _ in found["seats"]) >= 4
    again = repair_rotation(read(widened(closed, found["seats"])), old, 4, 10)
    assert again["uncovered"] == []


def test_the_command_says_how_many_seats_where_and_when(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(small(SHORT[0])))

    said = run(path).output

    assert "more seats, each for a week (at least " in said
    assert "more in weeks " in said
    assert "即可全部安排：" in run(path, TAILORED_LANGUAGE="zh").output


async def test_a_coordinator_reads_how_many_more_mentors_would_be_enough_and_they_are(
    client, sessions, said, token_for
):
    published = plan(modules=[module("quality", 25, ["lab-1"])])
    named = mentors(ratio=5, each=1)
    await open_programme(sessions, enrolled=cohort(30, 6), published=published, named=named)

    [impossible] = await said(sessions)

    [told] = [one for one in impossible.conflicts if one.rule == "enough"]
    assert "this would be enough: 1 more mentor at “lab-1” in weeks " in told.words.en
    assert "只需：“lab-1”第" in told.words.zh
    assert "增加 1 名师傅" in told.words.zh
    page = await client.get(
        f"/placement/cohorts/{an('cohort')}", headers=token_for("coordinator") | {"Accept-Language": "en"}
    )
    assert "1 more mentor at “lab-1”" in page.text
    extra = mentors(ratio=5, each=2)
    await tell(sessions, keep_mentor, *extra)
    await work_off(sessions)
    assert type((await said(sessions))[-1]).__name__ == "TimetablePublished"


async def test_a_bench_that_is_too_small_needs_places_too(sessions, said):
    published = plan(modules=[module("quality", 28, ["lab-1"])])
    await open_programme(
        sessions, enrolled=cohort(8, 2), published=published, offered=offers(seats=4), named=mentors(ratio=4, each=1)
    )  # fmt: skip

    [impossible] = await said(sessions)

    [told] = [one.words.en for one in impossible.conflicts if one.rule == "enough"]
    assert told == (
        "this would be enough: 1 more mentor, 4 more places at “lab-1” in weeks 28 (4 more seats a week)"
    )
