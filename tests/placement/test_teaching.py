"""The theory side's teachers: fairly over the weeks, never beyond a week's hours, never while at a plant."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.placement.handlers import (
    keep_cohort,
    keep_secondment,
    keep_teacher,
    plan_cohort_for_plan_in_force,
)
from services.placement.staff import Teacher
from services.placement.teaching import HOURS_A_WEEK, Course, assign, terms
from shared.events.base import Text
from shared.events.curriculum import SecondmentPlanned, TeacherAssigned
from tests.placement.plant import MODULES, MONDAY, an, cohort, in_force, open_programme, tell

A, B = an("teacher a"), an("teacher b")


def teacher(who, *modules, college="college"):
    return Teacher(teacher_id=who, college_id=an(college), modules=list(modules))


def course(module, first, last, hours=10.0, name="cohort"):
    weeks = tuple((week, MONDAY + timedelta(weeks=week - 1)) for week in range(first, last + 1))
    return Course(an(name), module, Text(zh=module, en=module), weeks, hours, 1)


def told(lessons):
    return [(one.course.module, one.teacher_id, one.first.week, one.last.week) for one in terms(lessons)]


def test_one_teacher_has_a_course_to_its_end_and_the_next_course_goes_to_whoever_has_taught_least():
    found = assign([course("m", 1, 4), course("n", 5, 8)], [teacher(A, "m", "n"), teacher(B, "m", "n")], {})

    first, second = told(found)
    assert first[2:] == (1, 4)
    assert second[2:] == (5, 8)
    assert {first[1], second[1]} == {A, B}


def test_who_goes_to_a_plant_is_replaced_for_those_weeks_and_nobody_else_where_none_can():
    away = {A: {MONDAY + timedelta(weeks=1), MONDAY + timedelta(weeks=2)}}

    assert told(assign([course("m", 1, 4)], [teacher(A, "m"), teacher(B, "x")], away)) == [
        ("m", A, 1, 1), ("m", None, 2, 3), ("m", A, 4, 4),
    ]  # fmt: skip
    assert told(assign([course("m", 1, 4)], [teacher(A, "m"), teacher(B, "m")], away)) == [("m", B, 1, 4)]


def test_courses_of_two_cohorts_in_one_week_fit_into_the_hours_of_one_teacher_or_go_to_two():
    both = [course("m", 1, 2, hours, name) for name in ("one", "two") for hours in (10.0,)]
    long = [course("m", 1, 2, 12.0, name) for name in ("one", "two")]
    people = [teacher(A, "m")]

    assert {one.teacher_id for one in assign(both, people, {})} == {A}
    assert sorted(str(one.teacher_id) for one in assign(long, people, {})) == sorted(
        [str(A)] * 2 + ["None"] * 2
    )
    assert {one.teacher_id for one in assign(long, [*people, teacher(B, "m")], {})} == {A, B}


@given(st.lists(st.tuples(st.integers(1, 8), st.integers(0, 5), st.sampled_from("mn"), st.floats(1, 20)), max_size=12),
       st.sets(st.tuples(st.sampled_from([A, B]), st.integers(0, 12))))  # fmt: skip
def test_nobody_teaches_beyond_a_week_or_while_away_or_what_is_not_theirs(courses, gone):
    people = [teacher(A, "m"), teacher(B, "m", "n")]
    away = {who: {MONDAY + timedelta(weeks=week) for one, week in gone if one == who} for who in (A, B)}
    wanted = [
        course(m, first, first + more, hours, str(at)) for at, (first, more, m, hours) in enumerate(courses)
    ]

    found = assign(wanted, people, away)

    assert len(found) == sum(len(one.weeks) for one in wanted)
    hours = {}
    for one in found:
        if one.teacher_id:
            assert one.course.module in {A: "m", B: "mn"}[one.teacher_id]
            assert one.monday not in away[one.teacher_id]
            key = one.teacher_id, one.monday
            hours[key] = hours.get(key, 0) + one.course.hours
    assert all(total <= HOURS_A_WEEK + 1e-9 for total in hours.values())


TIMETABLE = f"/placement/v1/cohorts/{an('cohort')}/timetable"


def assigned(who, *modules, college="college"):
    return TeacherAssigned(teacher_id=who, college_id=an(college), modules=modules)


@pytest.fixture
async def taught(sessions):
    """Two teachers of the college, of whom one goes to the plant in the week in which safety is taught last."""
    await open_programme(sessions, enrolled=cohort(30, 2))
    names = [one.module for one in MODULES]
    await tell(
        sessions,
        keep_teacher,
        assigned(A, *names),
        assigned(B, "safety"),
        assigned(uuid4(), *names, college="x"),
    )
    monday = MONDAY + timedelta(weeks=2)
    await tell(sessions, keep_secondment, SecondmentPlanned(
        secondment_id=uuid4(), teacher_id=B, enterprise_id=an("plant"), workshop_id=None,
        first_day=monday + timedelta(days=3), last_day=monday + timedelta(days=5), goals=["casting"],
    ))  # fmt: skip


async def test_the_timetable_shows_each_course_with_its_teacher_to_the_college_alone(
    client, taught, token_for
):
    shown = (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()["lessons"]

    assert {one["module"] for one in shown} == {one.module for one in MODULES}
    assert {one["teacher_id"] for one in shown} <= {str(A), str(B), None}
    by = {one["module"]: one for one in shown}
    assert by["safety"]["teacher_id"] == str(A), "the other is at the plant in week 3"
    assert (by["safety"]["first_week"], by["safety"]["last_week"]) == (1, 3)
    plant = (await client.get(TIMETABLE, headers=token_for("integrator", enterprise_id=an("plant")))).json()
    assert plant["lessons"] == []
    english = token_for("coordinator") | {"Accept-Language": "en"}
    page = (await client.get(f"/placement/cohorts/{an('cohort')}", headers=english)).text
    assert "Theory and its teachers" in page
    assert f"…{str(A)[-6:]}" in page


async def test_the_calendar_of_a_teacher_has_the_courses_beside_the_secondments(client, taught, token_for):
    mine = token_for("teacher", person_id=A) | {"Accept-Language": "en"}

    shown = (await client.get(f"/placement/v1/teachers/{A}/calendar", headers=mine)).json()
    page = (await client.get("/placement/calendar", headers=mine)).text
    url = (
        await client.post(
            "/placement/v1/calendars", json={"kind": "teacher", "person_id": str(A)}, headers=mine
        )
    ).json()
    calendar = (await client.get(url["url"])).text

    assert "safety" in {one["module"] for one in shown["lessons"]}
    assert "Theory that I teach" in page
    assert "SUMMARY:safety / safety" in calendar
    assert calendar.count("BEGIN:VEVENT") == len(shown["lessons"])


async def test_what_another_cohort_is_taught_in_the_same_weeks_falls_to_who_is_free(
    client, sessions, taught, token_for
):
    await tell(sessions, keep_cohort, cohort(30, 2, name="next"))
    await tell(sessions, plan_cohort_for_plan_in_force, in_force(name="next"))

    found = [
        (
            await client.get(f"/placement/v1/cohorts/{an(name)}/timetable", headers=token_for("coordinator"))
        ).json()
        for name in ("cohort", "next")
    ]

    safety = [
        (one["teacher_id"], one["first_week"], one["last_week"])
        for shown in found
        for one in shown["lessons"]
        if one["module"] == "safety"
    ]
    whole = (str(A), 1, 3)
    assert sorted(safety, key=str) == sorted([whole, (str(B), 1, 2), (None, 3, 3)], key=str)
