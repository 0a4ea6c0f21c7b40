"""The waiting list as a vacancy chain: stable, and nobody who holds an offer loses it."""

import random
from dataclasses import replace

from services.recruitment.matching import Market, Outcome, Pool, Programme, blocking_pairs, expand, match
from services.recruitment.waiting import fill


def a_market(seed: int, people: int = 30) -> Market:
    dice = random.Random(seed)
    who = [f"a{i}" for i in range(people)]
    schemes = []
    for name in ("x", "y", "z"):
        seats = dice.randint(3, 7)
        group = frozenset(dice.sample(who, people // 2))
        pools = (Pool("group", seats // 2, group, dice.random() < 0.3),) if dice.random() < 0.5 else ()
        schemes.append(Programme(name, seats, tuple(dice.sample(who, people)), pools))
    return Market(
        tuple(schemes), {each: tuple(dice.sample(["x", "y", "z"], dice.randint(1, 3))) for each in who}
    )


def after_withdrawals(seed: int):
    market = a_market(seed)
    before = match(market)
    leaving = random.Random(seed).sample(sorted(before.all()), 4)
    chain = fill(before.seats, before.held, gone=leaving)
    return market, before, leaving, chain


def test_after_withdrawals_everyone_who_stays_has_the_same_seat_or_a_better_one():
    for seed in range(150):
        _, before, leaving, chain = after_withdrawals(seed)
        for i, (old, new) in enumerate(zip(before.held, chain.held, strict=True)):
            if before.seats.applicants[i] not in leaving and old >= 0:
                assert 0 <= new <= old, f"seed {seed}"


def test_after_withdrawals_no_applicant_and_programme_would_both_rather_have_each_other():
    for seed in range(150):
        market, before, leaving, chain = after_withdrawals(seed)
        wishes = {who: () if who in leaving else wanted for who, wanted in market.preferences.items()}
        left = expand(replace(market, preferences=wishes))
        at = [
            -1 if k < 0 or who in leaving else left.start[i] + k - before.seats.start[i]
            for i, (who, k) in enumerate(zip(before.seats.applicants, chain.held, strict=True))
        ]
        assert blocking_pairs(Outcome(left, at)) == 0, f"seed {seed}"


def test_a_freed_seat_moves_through_two_programmes():
    market = Market(
        (Programme("x", 1, ("a", "b", "c")), Programme("y", 1, ("b", "c", "a"))),
        {"a": ("x",), "b": ("x", "y"), "c": ("y",)},
    )
    outcome = match(market)
    assert outcome.all() == {"a": ("x", "open"), "b": ("y", "open")}
    chain = fill(outcome.seats, outcome.held, gone=["a"])
    assert [(move.applicant, move.held, move.offered[0]) for move in chain.moves] == [
        ("b", ("y", "open"), "x"),
        ("c", None, "y"),
    ]


def test_who_has_accepted_stays_and_the_next_one_is_asked():
    market = Market(
        (Programme("x", 1, ("a", "b", "c")), Programme("y", 1, ("b",))),
        {"a": ("x",), "b": ("x", "y"), "c": ("x",)},
    )
    outcome = match(market)
    chain = fill(outcome.seats, outcome.held, gone=["a"], firm=["b"])
    assert [move.applicant for move in chain.moves] == ["c"]


def test_a_chain_may_end_elsewhere_than_a_fresh_run_because_it_takes_nothing_back():
    differing = 0
    for seed in range(150):
        market, _, leaving, chain = after_withdrawals(seed)
        wishes = {who: () if who in leaving else wanted for who, wanted in market.preferences.items()}
        fresh = match(replace(market, preferences=wishes)).all()
        seats = expand(market)
        kept = {seats.applicants[i]: seats.pools[seats.choice[k]] for i, k in enumerate(chain.held) if k >= 0}
        differing += fresh != kept
    assert differing < 75
