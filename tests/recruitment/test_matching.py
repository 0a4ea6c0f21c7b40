"""Deferred acceptance over pools: stable, equal to an independent solver, and right on published examples."""

from itertools import accumulate

import pytest

from benchmarks.matching_oracle import beside_algmatch, numbered
from services.recruitment import compiled
from services.recruitment.matching import EMPTY, expand, propose


def agree(markets: int) -> None:
    found = beside_algmatch(markets)
    assert (found["markets"], found["disagreements"], found["blocking_pairs"]) == (markets, 0, 0), found
    assert found["placed"]


def test_three_hundred_random_markets_agree_with_algmatch_and_have_no_blocking_pair():
    agree(300)


@pytest.mark.long
def test_ten_thousand_random_markets_agree_with_algmatch_and_have_no_blocking_pair():
    agree(10_000)


def test_the_loop_that_numba_compiles_gives_the_same_as_the_plain_one():
    for seed in range(300):
        seats = expand(numbered(seed))
        ends = list(accumulate(seats.seats))
        at, heaps = list(seats.start[:-1]), [EMPTY] * ends[-1]
        again = compiled.run(seats.start, seats.choice, seats.merit, ends, at, heaps)
        assert again == propose(seats), f"seed {seed}"
