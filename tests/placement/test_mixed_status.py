"""The rules of student interns are about students: employees who learn beside them, or in other cohorts, do not count."""

from collections import defaultdict
from datetime import timedelta

from services.placement.handlers import keep_cohort, keep_mentor, plan_cohort_for_plan_in_force
from tests.placement.plant import MONDAY, cohort, in_force, mentors, tell, work_off
from tests.placement.test_hours import LAB, rota, shown
from tests.placement.test_shares import AT_LAB, GROUPS, TIMETABLE, busiest, counted, open_with


def with_employees(enrolled, *numbers):
    """The cohort where these trainees are employees."""
    people = [
        one.model_copy(update={"status": "employee"}) if at in numbers else one
        for at, one in enumerate(enrolled.trainees)
    ]
    return enrolled.model_copy(update={"trainees": people})


def employees(**more):
    enrolled = cohort(**GROUPS, **more)
    return with_employees(enrolled, *range(len(enrolled.trainees)))


def at_once(published, people):
    """The most of these people who are at a station in one week."""
    groups = {one.group: {*one.trainee_ids} & people for one in published.groups}
    there = defaultdict(set)
    for stint in published.stints:
        there[stint.monday] |= groups[stint.group]
    return max(map(len, there.values()))


async def test_a_cohort_of_employees_is_no_share_of_the_staff_and_asks_for_no_numbers(
    client, sessions, said, token_for
):
    await open_with(sessions, counted(1, 1), AT_LAB, enrolled=employees())

    [published] = await said(sessions)

    assert type(published).__name__ == "TimetablePublished"
    assert busiest(published.stints) > 2
    assert (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()["warnings"] == []


async def test_employees_may_learn_beside_a_mentor_on_a_long_shift_under_the_pack_of_students(
    client, sessions, token_for
):
    await open_with(sessions, [], AT_LAB, enrolled=employees())
    assert len(LAB) == 2

    await rota(client, sessions, token_for, ["day"], 12)

    answer = await shown(client, token_for)
    assert (answer["status"], answer["warned"]) == ("published", [])


async def test_of_a_mixed_cohort_only_the_students_are_a_tenth_of_the_staff(sessions, said):
    enrolled = with_employees(cohort(**GROUPS), *range(0, 12, 2))
    await open_with(sessions, counted(10, 1000), AT_LAB, enrolled)

    [published] = await said(sessions)

    students = {one.trainee_id for one in enrolled.trainees if one.status == "student"}
    assert at_once(published, students) <= 4, "a tenth of four workshops with ten people each"
    assert at_once(published, {one.trainee_id for one in enrolled.trainees}) > 4


async def test_employees_of_another_cohort_leave_students_their_share_of_a_post(sessions, said):
    first, second = with_employees(cohort(2, 1), 0, 1), cohort(2, 1, name="next")
    await open_with(sessions, counted(1000, 10), AT_LAB, first)
    await tell(sessions, keep_mentor, *mentors())

    await tell(sessions, keep_cohort, second)
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="next"))
    await work_off(sessions)

    [one, other] = await said(sessions)
    [theirs], [ours] = one.stints, other.stints
    assert (theirs.station_id, theirs.monday) == (ours.station_id, ours.monday)
    assert ours.monday >= MONDAY + timedelta(weeks=4)
