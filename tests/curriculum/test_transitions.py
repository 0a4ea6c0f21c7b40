"""The table of a revision's life has no dead end, and no way out of an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curriculum.transitions import ENDED, TABLE, Act, NotPossibleNow, State, follow


@given(st.lists(st.sampled_from(list(Act)), max_size=30))
def test_a_walk_of_any_acts_stays_in_the_table_and_can_still_end(acts):
    state = State.OPENED
    for act in acts:
        try:
            state = follow(state, act)
        except NotPossibleNow:
            assert act not in TABLE[state]
    if state not in ENDED:
        assert follow(state, Act.WITHDRAW) is State.WITHDRAWN


def reachable() -> set[State]:
    found, new = set(), {State.OPENED}
    while new:
        found |= new
        new = {after for state in new for after in TABLE[state].values()} - found
    return found


def test_every_state_is_reached():
    assert reachable() == set(State)


@pytest.mark.parametrize("state", sorted(ENDED))
def test_nothing_follows_an_end(state):
    with pytest.raises(NotPossibleNow):
        follow(state, Act.WITHDRAW)


def test_only_a_vote_leads_to_publication():
    before = {state for state, ways in TABLE.items() if Act.PUBLISH in ways}

    assert before == {State.VOTING, State.ESCALATED, State.QUEUED}
