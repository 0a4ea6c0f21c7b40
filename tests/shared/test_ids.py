"""Ids follow one another as they were made, and time as it passed, however many a second are made."""

import time
from itertools import pairwise
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import Ids, uuid7

MANY = 20_000
moments = st.integers(0, 2**47 * 1_000_000)


def milliseconds(made) -> int:
    return made.int >> 80


def test_a_burst_neither_repeats_itself_nor_runs_ahead_of_the_clock():
    made = [uuid7() for _ in range(MANY)]

    assert all(one < next_one for one, next_one in pairwise(made))
    assert milliseconds(made[-1]) <= time.time_ns() // 1_000_000


@given(moments)
def test_an_id_says_its_version_and_when_it_was_made(moment):
    made = Ids(lambda: moment)()

    assert (made.version, made.variant, milliseconds(made)) == (7, RFC_4122, moment // 1_000_000)


@given(st.lists(moments, min_size=2))
def test_ids_rise_also_where_the_clock_stands_still_or_goes_back(clock):
    told = iter(clock)
    ids = Ids(lambda: next(told))

    assert all(one < next_one for one, next_one in pairwise([ids() for _ in clock]))


@given(moments, st.integers(min_value=250, max_value=10_000_000))
def test_two_processes_order_what_they_made_at_different_moments(moment, later):
    for _ in range(3):
        assert Ids(lambda: moment)() < Ids(lambda: moment + later)()
