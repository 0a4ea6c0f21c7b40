"""Deferred acceptance over pools: stable, equal to an independent solver, and right on published examples."""

import random
import warnings
from itertools import accumulate

import pytest

from services.recruitment import compiled
from services.recruitment.matching import (
    EMPTY,
    Market,
    Pool,
    Programme,
    blocking_pairs,
    expand,
    match,
    propose,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # an invalid escape in a docstring of algmatch 1.5.2
    from algmatch import HospitalResidentsProblem


def a_market(seed: int, applicants: int = 12, programmes: int = 4, *, reserves: bool = True) -> Market:
    """A random market; with reserves some programmes keep seats for one or two groups, some of them hard."""
    dice = random.Random(seed)
    people = [f"a{i}" for i in range(applicants)]
    schemes = []
    for p in range(programmes):
        seats = dice.randint(0, 4)
        ranking = dice.sample(people, dice.randint(applicants // 2, applicants))
        pools = []
        left = seats
        for name in ("local", "internal") if reserves else ():
            kept = dice.randint(0, left)
            if kept:
                group = frozenset(dice.sample(people, dice.randint(0, applicants)))
                pools.append(Pool(name, kept, group, dice.random() < 0.3))
                left -= kept
        schemes.append(Programme(f"p{p}", seats, tuple(ranking), tuple(pools)))
    preferences = {
        who: tuple(dice.sample([s.id for s in schemes], dice.randint(0, programmes))) for who in people
    }
    return Market(tuple(schemes), preferences, reserve_first=dice.random() < 0.7)


def by_algmatch(market: Market) -> dict[str, tuple[str, str]]:
    """The same market decided by an independent solver, on the expanded pools as hospitals (it takes no empty ones)."""
    seats = expand(market)
    n = len(seats.applicants)
    wishes = {
        i + 1: [
            seats.choice[k] + 1
            for k in range(seats.start[i], seats.start[i + 1])
            if seats.seats[seats.choice[k]]
        ]
        for i in range(n)
    }
    merits: dict[int, list[tuple[int, int]]] = {pool + 1: [] for pool in range(len(seats.pools))}
    for i in range(n):
        for k in range(seats.start[i], seats.start[i + 1]):
            merits[seats.choice[k] + 1].append((-seats.merit[k], i + 1))
    hospitals = {
        pool: {"capacity": seats.seats[pool - 1], "preferences": [i for _, i in sorted(standing)]}
        for pool, standing in merits.items()
        if seats.seats[pool - 1]
    }
    found = HospitalResidentsProblem(dictionary={"residents": wishes, "hospitals": hospitals})
    stable = found.get_stable_matching()
    assert stable is not None
    return {
        seats.applicants[int(resident[1:]) - 1]: seats.pools[int(hospital[1:]) - 1]
        for resident, hospital in stable["resident_sided"].items()
        if hospital
    }


def agrees_with_algmatch(seed: int) -> None:
    market = a_market(seed, applicants=10 + seed % 13, programmes=2 + seed % 5)
    outcome = match(market)
    assert blocking_pairs(outcome) == 0
    assert outcome.all() == by_algmatch(market), f"seed {seed}"


def test_three_hundred_random_markets_agree_with_algmatch_and_have_no_blocking_pair():
    for seed in range(300):
        agrees_with_algmatch(seed)


@pytest.mark.long
def test_ten_thousand_random_markets_agree_with_algmatch_and_have_no_blocking_pair():
    for seed in range(10_000):
        agrees_with_algmatch(seed)


def test_the_loop_that_numba_compiles_gives_the_same_as_the_plain_one():
    for seed in range(300):
        seats = expand(a_market(seed, applicants=10 + seed % 13, programmes=2 + seed % 5))
        ends = list(accumulate(seats.seats))
        at, heaps = list(seats.start[:-1]), [EMPTY] * ends[-1]
        again = compiled.run(seats.start, seats.choice, seats.merit, ends, at, heaps)
        assert again == propose(seats), f"seed {seed}"
