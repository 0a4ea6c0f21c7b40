from collections import Counter

from tests.placement.plant import an, open_programme


async def test_a_cohort_with_plan_stations_and_mentors_gets_a_timetable(sessions, said):
    await open_programme(sessions)

    [published] = await said(sessions)

    assert type(published).__name__ == "TimetablePublished"
    assert published.lower_bound <= published.cost
    assert len(published.stints) == 12 * 4
    places = Counter((stint.station_id, stint.week) for stint in published.stints)
    assert max(places.values()) == 1, "a station of 20 seats takes one group of 15"
    assert all(1 <= len(stint.mentor_ids) <= 2 for stint in published.stints)
    per_group = Counter((stint.group, stint.week) for stint in published.stints)
    assert max(per_group.values()) == 1
    week = {(stint.group, stint.module): stint.week for stint in published.stints}
    for group in {stint.group for stint in published.stints}:
        assert week[group, "safety"] < week[group, "casting"]
        assert week[group, "casting"] >= 12
    assert published.cohort_id == an("cohort")
