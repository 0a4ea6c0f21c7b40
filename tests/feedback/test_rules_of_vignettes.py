from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from services.feedback.rules_of_vignettes import Given, all_alike, asking, drift, term_of

TODAY = date(2021, 10, 4)
ANSWERS = some.builds(
    Given,
    mentor=some.sampled_from([UUID(int=one) for one in range(4)]),
    vignette=some.sampled_from([UUID(int=one) for one in range(10, 14)]),
    term=some.sampled_from(["2020-2", "2021-1", "2021-2"]),
    level=some.integers(1, 5),
)


def test_nobody_is_asked_within_two_weeks_nor_a_fourth_time_but_for_ratings_all_alike():
    long_ago = TODAY - timedelta(days=14)

    assert asking((1, TODAY - timedelta(days=13)), TODAY, alike=True) is None
    assert asking((2, long_ago), TODAY, alike=False) == (3, "reminder")
    assert asking((3, long_ago), TODAY, alike=False) is None
    assert asking((3, long_ago), TODAY, alike=True) == (4, "ratings-all-alike")


def test_ten_equal_ratings_are_all_alike_and_nine_are_too_few_to_say():
    assert (all_alike(10, 1), all_alike(9, 1), all_alike(100, 2)) == (True, False, False)


def test_a_term_is_half_a_year():
    assert (term_of(date(2021, 6, 30)), term_of(date(2021, 7, 1))) == ("2021-1", "2021-2")


@given(some.lists(ANSWERS, unique_by=lambda one: (one.mentor, one.vignette, one.term)))
def test_a_scale_that_moved_as_a_whole_moves_the_drift_by_as_much(answers):
    moved = [one._replace(level=one.level + 1) if one.term == "2021-2" else one for one in answers]
    was, now = drift(answers), drift(moved)

    assert (was is None) == (now is None)
    if was and now:
        assert abs(now.change - was.change - (was.after == "2021-2")) < 1e-9


def test_only_cases_that_the_same_mentor_rated_in_both_terms_tell_of_a_drift():
    first, second, case = UUID(int=1), UUID(int=2), UUID(int=9)

    assert drift([Given(first, case, "2021-1", 2), Given(second, case, "2021-2", 5)]) is None
