"""Conditions, scores and the lottery, as values."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.recruitment.eligibility import facts_of, holds, lottery, order, score, sources, written, years
from shared.events.base import Text
from shared.programmes.grammar import Criterion, Predicate, SourceGroup, TieBreaker

WHY = Text(zh="不满足", en="not met")


@pytest.mark.parametrize(
    ("since", "until", "full"),
    [
        (date(2018, 6, 30), date(2021, 6, 30), 3.0),
        (date(2020, 2, 29), date(2023, 2, 28), 3.0),
        (date(2018, 6, 30), date(2018, 6, 30), 0.0),
    ],
)
def test_years_are_whole_on_the_anniversary(since, until, full):
    assert years(since, until) == full


@given(st.dates(date(1990, 1, 1), date(2030, 12, 31)), st.integers(1, 40), st.integers(1, 364))
def test_one_day_before_the_anniversary_is_always_less_and_on_it_never(since, full, days):
    from datetime import timedelta

    same = (since.month, since.day) == (2, 29)
    anniversary = date(since.year + full, 2, 28) if same else since.replace(year=since.year + full)
    if same and (since.year + full) % 4 == 0 and (since.year + full) != 2100:
        anniversary = since.replace(year=since.year + full)
    assert years(since, anniversary) == full
    assert years(since, anniversary - timedelta(days=1)) < full
    assert years(since, anniversary + timedelta(days=days)) > full


def test_years_that_fall_short_are_never_written_as_the_number_needed():
    assert written(2.9973) == "2.99"
    assert written(3.0) == "3"


@pytest.mark.parametrize(
    ("operator", "value", "had", "met"),
    [
        (">=", 3, 3.0, True),
        (">", 3, 3.0, False),
        ("<=", 3, 3.0, True),
        ("<", 3, 2.9, True),
        ("==", "good", "good", True),
        ("!=", "good", "good", False),
        ("in", ["a", "b"], "b", True),
        ("in", ["a", "b"], "c", False),
        (">=", 3, "three", False),
        (">=", 3, None, False),
        ("==", True, True, True),
    ],
)
def test_a_condition_holds_or_does_not(operator, value, had, met):
    predicate = Predicate(fact="it", operator=operator, value=value, reason=WHY)
    assert holds(predicate, {} if had is None else {"it": had}) is met


def test_source_groups_are_alternatives_and_the_nearest_one_gives_the_reason():
    local = SourceGroup(
        group="local",
        title=WHY,
        predicates=[
            Predicate(fact="place", operator="==", value="here", reason=WHY),
            Predicate(fact="age", operator="<=", value=25, reason=WHY),
        ],
    )
    staff = SourceGroup(
        group="staff", title=WHY, predicates=[Predicate(fact="years", operator=">=", value=3, reason=WHY)]
    )
    assert sources([local, staff], {"place": "here", "age": 20.0, "years": 1.0}) == (["local"], [])
    met, lacking = sources([local, staff], {"years": 1.0})
    assert met == []
    assert [failed.predicate for failed in lacking] == ["years >= 3"]


def test_the_marks_of_several_examiners_become_their_mean_and_missing_ones_give_no_points():
    facts = facts_of({"interview": [80, 90, 70]}, closes_on=date(2021, 7, 1))
    assert facts["interview"] == 80
    criteria = [Criterion(fact="interview", weight=1), Criterion(fact="test", weight=1)]
    assert score(criteria, facts) == 40
    assert score([Criterion(fact="rank", weight=1, worst=10, best=0)], {"rank": 2.5}) == 75


def test_equal_scores_are_decided_by_the_named_fact_and_only_then_by_the_lottery():
    breakers = [TieBreaker(fact="age", prefer="lower")]
    young, old = order(80, breakers, {"age": 20.0}, "f"), order(80, breakers, {"age": 30.0}, "0")
    assert young < old
    assert order(80, [], {}, lottery("s", "a")) != order(80, [], {}, lottery("s", "b"))
    assert order(80, breakers, {}, "0") > old  # who gives no age comes last
