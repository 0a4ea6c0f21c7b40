"""The waiting list as a vacancy chain: stable, and nobody who holds an offer loses it."""

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from services.recruitment.market import Market, Pool, Programme, Seats, expand
from services.recruitment.matching import Outcome, blocking_pairs, match
from services.recruitment.waiting import Move, WaitingList


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


def filled(before: Outcome, gone: list[str], firm: tuple[str, ...] = ()) -> tuple[list[Move], list[int]]:
    waiting = WaitingList(before.seats, before.held, firm)
    waiting.leave(gone)
    return waiting.fill(), waiting.held


def after_withdrawals(seed: int):
    market = a_market(seed)
    before = match(market)
    leaving = random.Random(seed).sample(sorted(before.all()), 4)
    return market, before, leaving, filled(before, leaving)[1]


def test_after_withdrawals_everyone_who_stays_has_the_same_seat_or_a_better_one():
    for seed in range(150):
        _, before, leaving, held = after_withdrawals(seed)
        for i, (old, new) in enumerate(zip(before.held, held, strict=True)):
            if before.seats.applicants[i] not in leaving and old >= 0:
                assert 0 <= new <= old, f"seed {seed}"


def test_after_withdrawals_no_applicant_and_programme_would_both_rather_have_each_other():
    for seed in range(150):
        market, before, leaving, held = after_withdrawals(seed)
        wishes = {who: () if who in leaving else wanted for who, wanted in market.preferences.items()}
        left = expand(replace(market, preferences=wishes))
        at = [
            -1 if k < 0 or who in leaving else left.start[i] + k - before.seats.start[i]
            for i, (who, k) in enumerate(zip(before.seats.applicants, held, strict=True))
        ]
        assert blocking_pairs(Outcome(left, at)) == 0, f"seed {seed}"


def test_a_freed_seat_moves_through_two_programmes():
    market = Market(
        (Programme("x", 1, ("a", "b", "c")), Programme("y", 1, ("b", "c", "a"))),
        {"a": ("x",), "b": ("x", "y"), "c": ("y",)},
    )
    outcome = match(market)
    assert outcome.all() == {"a": ("x", "open"), "b": ("y", "open")}
    moves, _ = filled(outcome, ["a"])
    assert [(move.applicant, move.held, move.offered[0]) for move in moves] == [
        ("b", ("y", "open"), "x"),
        ("c", None, "y"),
    ]


def test_who_has_accepted_stays_and_the_next_one_is_asked():
    market = Market(
        (Programme("x", 1, ("a", "b", "c")), Programme("y", 1, ("b",))),
        {"a": ("x",), "b": ("x", "y"), "c": ("x",)},
    )
    outcome = match(market)
    moves, _ = filled(outcome, ["a"], firm=("b",))
    assert [move.applicant for move in moves] == ["c"]


def test_a_chain_may_end_elsewhere_than_a_fresh_run_because_it_takes_nothing_back():
    differing = 0
    for seed in range(150):
        market, _, leaving, held = after_withdrawals(seed)
        wishes = {who: () if who in leaving else wanted for who, wanted in market.preferences.items()}
        fresh = match(replace(market, preferences=wishes)).all()
        seats = expand(market)
        kept = {seats.applicants[i]: seats.pools[seats.choice[k]] for i, k in enumerate(held) if k >= 0}
        differing += fresh != kept
    assert differing < 75


def test_however_many_leave_at_once_no_pool_takes_more_than_its_seats():
    for seed in range(150):
        _, before, _, held = after_withdrawals(seed)
        taken = Counter(before.seats.choice[k] for k in held if k >= 0)
        assert all(taken[pool] <= before.seats.seats[pool] for pool in taken), f"seed {seed}"


def plainly(seats: Seats, held: list[int], gone: set[str], firm: set[str], closed: set[str]) -> list[Move]:
    """The same chain, with everybody asked again for each seat."""
    people = [seats.applicants[-merit % len(seats.applicants)] for merit in seats.merit]
    number = {who: i for i, who in enumerate(seats.applicants)}
    taken = Counter(seats.choice[k] for k in held if k >= 0)
    free = {pool: amount - taken[pool] for pool, amount in enumerate(seats.seats)}
    moves = []
    vacant = [pool for pool in free if free[pool] > 0]
    while vacant:
        pool = vacant.pop()
        asked = [
            k
            for k, who in enumerate(people)
            if seats.choice[k] == pool and free[pool] > 0 and seats.pools[pool][0] not in closed
            if (held[number[who]] < 0 and who not in gone) or k < held[number[who]]
            if who not in firm or seats.pools[seats.choice[held[number[who]]]][0] == seats.pools[pool][0]
        ]
        if not asked:
            continue
        k = max(asked, key=lambda k: seats.merit[k])
        before, held[number[people[k]]] = held[number[people[k]]], k
        free[pool] -= 1
        vacant += [pool] if free[pool] else []
        left = seats.choice[before] if before >= 0 else None
        if left is not None:
            free[left] += 1
            vacant.append(left)
        moves.append(Move(people[k], None if left is None else seats.pools[left], seats.pools[pool]))
    return moves


@given(st.integers(0, 10_000), st.data())
def test_a_list_kept_between_steps_makes_the_same_moves_as_asking_everybody_again(seed, data):
    before = match(a_market(seed, people=14))
    seats, admitted = before.seats, sorted(before.all())
    some = st.sets(st.sampled_from(admitted), max_size=4) if admitted else st.just(set())
    firm, closed = data.draw(some), data.draw(st.sets(st.sampled_from(["x", "y", "z"]), max_size=1))
    waiting, held, gone = WaitingList(seats, before.held, firm, closed), list(before.held), set()
    for some_of_them in data.draw(st.lists(some, min_size=1, max_size=4)):
        leaving = some_of_them - firm
        waiting.leave(leaving)
        gone |= leaving
        held = [-1 if who in gone else k for who, k in zip(seats.applicants, held, strict=True)]
        assert waiting.fill() == plainly(seats, held, gone, firm, closed)
        assert waiting.held == held
