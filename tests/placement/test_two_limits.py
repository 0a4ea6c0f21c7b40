"""Somebody under two limits, such as an intern who works in a crew: one visit that moves eases both."""

from services.placement.kept import Kept
from services.placement.repair import repair
from services.placement.situation import GroupNeed, Situation, Visit
from services.placement.timetable import problem_of
from tests.placement.plant import an

CREW, INTERNS, HERE, THERE = an("crew"), an("plant"), an("here"), an("there")


def situation(away):
    """Four trainees at a station with seats for all; so many of each limit may be away in the first week, all in the others."""
    visit = (Visit("m", (HERE, THERE), 1),)
    groups = tuple(
        GroupNeed(f"g{at}", 1, visit, published={"m": (HERE, 1)}, limited=((CREW, 1), (INTERNS, 1)))
        for at in range(4)
    )
    limits = dict.fromkeys((CREW, INTERNS), (away, 4, 4, 4))
    return Situation(4, ((1, 4),), 1, 4, groups, {HERE: (4,) * 4, THERE: (4,) * 4}, limits, change_from=1)


def test_a_repair_does_not_count_a_visit_twice_that_is_too_many_under_two_limits():
    asked = situation(away=2)
    stations = sorted(asked.seats)
    cell = stations.index(HERE) * asked.weeks

    done = repair(problem_of(asked, stations), [(cell,)] * 4, 0, 5.0)

    assert (done.changed, done.changed_bound, done.uncovered) == (2, 2, 0)
    kept = Kept(problem_of(asked, stations), [(cell,)] * 4, 0)
    kept.affected()
    assert kept.plain == 2
