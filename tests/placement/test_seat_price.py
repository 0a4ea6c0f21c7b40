"""What one more place saves: said as an estimate, and never less than what it saves on problems that are solved exactly."""

import json
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from sqlmodel import select

from services.placement.model import Timetable
from services.placement.problem_file import read
from services.placement.rotation import plan
from services.placement.search import Search
from services.placement.seat_price import price_of_seats
from tests.placement.plant import an, cohort, open_programme
from tests.placement.test_rotate_command import run
from tests.placement.test_rotation import cheapest, small

COVERED = [seed for seed in range(38) if seed not in {0, 5, 6, 10, 12, 17, 20, 26, 27, 29}]
"""Small problems in which everybody can have a place."""
CELLS = list(product(range(3), range(2, 8)))


def with_one_more(problem, station, week):
    more = json.loads(json.dumps(problem))
    more["capacity"][station][week] += 1
    return more


@cache
def savings(seed):
    """What one more seat of each cell really saves, by trying everything."""
    problem = small(seed)
    now = cheapest(problem)
    return {cell: now - cheapest(with_one_more(problem, *cell)) for cell in CELLS}


@pytest.mark.parametrize("seed", COVERED)
def test_no_seat_saves_more_than_is_said_and_what_the_bound_leaves_open(seed):
    problem = read(small(seed)).problem()

    said = {
        (station, week): saves for station, week, saves, _ in price_of_seats(problem, plan(problem).prices)
    }

    bound, _, _ = Search(problem).prove(np.inf)
    unproven = cheapest(small(seed)) - bound
    for cell, saved in savings(seed).items():
        assert saved <= said.get(cell, 0.0) + unproven + 1e-6


def test_nearly_every_seat_that_is_said_to_save_lag_does():
    said, right = 0, 0
    for seed in COVERED:
        problem = read(small(seed)).problem()
        prices = list(price_of_seats(problem, plan(problem).prices))
        real = savings(seed)
        said += len(prices)
        right += sum(real[station, week] == saves for station, week, saves, _ in prices)

    assert said > 10
    assert right >= 0.8 * said


@pytest.mark.parametrize("seed", COVERED)
def test_where_groups_move_whole_the_seats_that_let_one_more_in_are_said(seed):
    single = read(small(seed)).problem()
    pairs = replace(
        single,
        learners=tuple(replace(one, seats=2, cost=2 * one.cost) for one in single.learners),
        capacity=2 * single.capacity + (single.capacity > 0),
    )

    said = list(price_of_seats(pairs, plan(pairs).prices))

    alone = {
        (station, week): saves for station, week, saves, _ in price_of_seats(single, plan(single).prices)
    }
    assert {(station, week): saves / 2 for station, week, saves, _ in said} == pytest.approx(alone)
    assert all(seats == (1 if single.capacity[station, week] else 2) for station, week, _, seats in said)


def test_the_command_says_it_as_an_estimate(tmp_path):
    priced = next(seed for seed in COVERED if any(savings(seed).values()))
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(small(priced)))

    assert "by estimate, one more seat at station" in run(path).output
    assert "据估算，第" in run(path, TAILORED_LANGUAGE="zh").output


async def test_a_coordinator_reads_it_as_an_estimate_for_as_many_seats_as_let_a_group_in(
    client, sessions, token_for
):
    await open_programme(sessions, enrolled=cohort(30, 2))
    async with sessions.begin() as session:
        timetable = (await session.scalars(select(Timetable))).one()
        timetable.prices = [[str(an("lab-1")), 22, 30.0, 15], [str(an("lab-1")), 23, 4.0]]

    staff = token_for("coordinator")
    page = f"/placement/cohorts/{an('cohort')}"
    en = (await client.get(page, headers=staff | {"Accept-Language": "en"})).text
    zh = (await client.get(page, headers=staff | {"Accept-Language": "zh"})).text

    assert "15 more places at lab-1 in week 22 would save at most 30 weeks of lag, by estimate." in en
    assert "1 more place at lab-1 in week 23 would save at most 4 weeks of lag, by estimate." in en
    assert "据估算，第 22 周在“" in zh
    assert "多 15 个席位，最多可减少 30 周滞后。" in zh
    shown = (await client.get(f"/placement/v1/cohorts/{an('cohort')}/timetable", headers=staff)).json()
    assert [one["seats"] for one in shown["prices"]] == [15, 1]
