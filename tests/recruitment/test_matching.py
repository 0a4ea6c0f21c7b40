"""Deferred acceptance over pools: stable, equal to an independent solver, and right on published examples."""

from itertools import accumulate

import pytest

from benchmarks.matching_oracle import beside_algmatch, numbered
from services.recruitment import compiled
from services.recruitment.market import Market, Pool, Programme, Seats, expand, pools_of
from services.recruitment.matching import EMPTY, propose


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


def one_by_one(market: Market) -> Seats:
    """The same expansion, read as it is meant: each wish of each applicant, pool by pool."""
    n = max(len(market.preferences), 1)
    programmes = {programme.id: programme for programme in market.programmes}
    pools = [(programme.id, pool) for programme in market.programmes for pool in in_order(programme)]
    number = {(programme, name): at for at, (programme, (name, _, _)) in enumerate(pools)}
    start, choice, merit = [0], [], []
    for i, (who, wanted) in enumerate(market.preferences.items()):
        for programme in (programmes[each] for each in wanted if who in programmes[each].ranking):
            for name, _, pool in in_order(programme):
                inside = pool is None or who in pool.eligible
                if inside or not pool.hard:
                    behind = 0 if inside else 2 * len(programme.ranking)
                    choice.append(number[programme.id, name])
                    merit.append(-(2 * programme.ranking.index(who) + 1 + behind) * n - i)
        start.append(len(choice))
    named = [(programme, name) for programme, (name, _, _) in pools]
    return Seats(
        list(market.preferences), named, [amount for _, (_, amount, _) in pools], start, choice, merit
    )


def in_order(programme: Programme) -> list[tuple[str, int, Pool | None]]:
    reserved, free = [], []
    for each in pools_of(programme):
        (free if each[2] is None else reserved).append(each)
    return [*reserved, *free] if programme.reserve_first else [*free, *reserved]


def test_a_market_expanded_at_one_go_is_the_one_expanded_wish_by_wish():
    for seed in range(500):
        market = numbered(seed)
        assert expand(market) == one_by_one(market), f"seed {seed}"
