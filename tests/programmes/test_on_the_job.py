"""Jiyuan, Jinding and Yongyang: employees who learn beside or before their work."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.programmes.front import Said
from tests.programmes.play import Play

pytestmark = pytest.mark.asyncio(loop_scope="session")


def years_before(day, years):
    return day.replace(year=day.year - years)


async def test_jiyuan_takes_84_of_over_250_who_served_three_years_and_sends_its_teacher_to_the_plant(system):
    play = Play(system, "jiyuan-on-the-job", "jiyuan")
    await play.open({"metallurgy": 3, "melting": 3, "rolling": 3, "surface-treatment": 2})
    three = years_before(play.closes(), 3)
    rows = [
        {
            "hired_on": str(three - timedelta(days=number % 900)),
            "status": "employee",
            "facts": {"performance": 3 + number % 3, "exam": 40 + number % 60},
        }
        for number in range(250)
    ]
    best = {"performance": 5, "exam": 100}
    rows += [
        {"application_id": play.id("exact"), "hired_on": str(three), "facts": best, "status": "employee"},
        {
            "application_id": play.id("a-day-less"),
            "hired_on": str(three + timedelta(days=1)),
            "facts": best,
            "status": "employee",
        },
        {
            "application_id": play.id("poor"),
            "hired_on": str(three),
            "facts": {**best, "performance": 2},
            "status": "employee",
        },
    ]

    closed = await play.intake(rows)

    assert (closed["applicants"], closed["eligible"], closed["selected"]) == (253, 251, 84)
    found = {one["application_id"]: one for one in await play.outcomes()}
    assert found[play.id("exact")]["state"] == "offered"
    assert found[play.id("a-day-less")]["state"] == "refused"
    (refused,) = await play.events("recruitment.applicant_refused", play.id("a-day-less"))
    assert (refused["reason"], refused["predicate"], refused["had"]) == (
        "not-eligible",
        "years_of_service >= 3",
        "2.99",
    )
    (refused,) = await play.events("recruitment.applicant_refused", play.id("poor"))
    assert refused["predicate"] == "performance >= 3"

    trainees = await play.enrol()
    assert Counter(one["direction"] for one in trainees) == {"steelmaking": 42, "rolling": 42}
    plan = await three_semesters(play)
    await play.rate(trainees, "metallurgy", play.first_monday() + timedelta(weeks=20))
    await the_teacher_comes_back_with_surface_treatment(play, plan)
    awards = await play.graduate(54)
    assert (len(awards), {one["plan_version"] for one in awards}) == (84, {2})
    play.ended()


async def three_semesters(play):
    """Common, then steelmaking or rolling in the simulation centre, then modules of positions with their workshops."""
    at = {"practised_at": play.stations()}
    plan = await play.publish_plan([
        play.module("basics", "common", {"theory": 120}, "metallurgy"),
        play.module("culture", "common", {"theory": 96}, "history", least_hours=20),
        play.module("melting", "direction", {"theory": 72, "simulation": 72}, "melting", layer="direction", direction="steelmaking"),
        play.module("rolling", "direction", {"theory": 72, "simulation": 72}, "rolling", layer="direction", direction="rolling"),
        play.module("furnace", "position", {"theory": 60}, "melting", layer="position", direction="steelmaking", **at),
        play.module("casting", "position", {"theory": 60}, "melting", layer="position", direction="steelmaking", **at),
        play.module("mill", "position", {"theory": 120}, "rolling", layer="position", direction="rolling", **at),
        play.module("surface", "position", {"theory": 40}, "surface-treatment", full_effect_until=100, most_hours=90),
        play.module("english", "position", {"theory": 40}, "history", least_hours=0),
    ])  # fmt: skip
    assert [(one["first_week"], one["last_week"]) for one in plan["phases"]] == [(1, 18), (19, 36), (37, 54)]
    table = await play.timetable()
    assert sorted(len(group["trainee_ids"]) for group in table["groups"]) == [14] * 6
    assert {one["week"] >= 37 for one in table["stints"]} == {True}
    modules = {(one["group"].rpartition("-")[0], one["module"]) for one in table["stints"]}
    assert modules == {("steelmaking", "furnace"), ("steelmaking", "casting"), ("rolling", "mill")}
    return plan


async def the_teacher_comes_back_with_surface_treatment(play, plan):
    assert play.template.staffing.teachers_sent_to_plant
    teacher, first = play.id("teacher"), play.first_monday() + timedelta(weeks=4)
    await play.post(
        "/curriculum/v1/teachers", {"teacher_id": teacher, "name": "教师", "modules": ["surface"]}
    )
    before = (await play.system.get("/curriculum/v1/teachers/share"))["dual"]
    weeks = play.template.weeks(play.template.secondment.stint)
    secondment = await play.second(teacher, "surface-treatment", first, weeks * 7)
    await play.system.to(first + timedelta(days=weeks * 7))
    await play.report(secondment, teacher, "surface-treatment", 3, play.system.day)
    revision = await play.drafted()
    assert [cause["kind"] for cause in revision["causes"]] == ["secondment"]
    states = await play.revise(revision)
    assert states[-1] == "published"
    await play.in_force(2)
    after = await play.system.get(f"/curriculum/v1/plans/{play.plan}")
    assert after["coverage"]["surface-treatment"] > plan["coverage"]["surface-treatment"] == 40
    assert (await play.system.get("/curriculum/v1/teachers/share"))["dual"] == before + 1


def new_employees(count, play, name):
    return [
        {
            "facts": {"exam": 50 + number % 50},
            "status": "new-employee",
            "person_number": f"{name}{number:03}",
            "enterprise_id": play.enterprise(name),
        }
        for number in range(count)
    ]


async def test_jinding_and_yongyang_commission_25_to_30_each_for_two_years_at_school_and_one_on_the_job(
    system,
):
    play = Play(system, "commissioned", "jinding", "yongyang")
    await play.open({"theory": 3, "work": 3})
    year = play.begins.year

    refused = await play.intake(
        new_employees(24, play, "jinding"), year - 1, "too-few", enterprise_id=play.enterprise("jinding")
    )
    assert refused["state"] == "refused"
    (event,) = await play.events("recruitment.intake_refused", play.id("too-few"))
    assert (event["needed"], event["had"]) == (25, 24)
    with pytest.raises(Said, match="1 asked, 0 left|31 asked, 30 left"):
        await play.take_applications(
            play.id("too-many"), [], year, enterprise_id=play.enterprise("jinding"), seats=31
        )

    merge = {**play.template.selection.model_dump(mode="json"), "below_minimum": "merge"}
    await small_and_large(play, year, merge)
    trainees = await play.enrol("large")
    assert Counter(one["enterprise_id"] for one in trainees) == {
        play.enterprise("jinding"): 24,
        play.enterprise("yongyang"): 30,
    }

    modules = [
        play.module("school", "school", {"theory": 1200, "simulation": 400}, "theory"),
        *(
            play.module(f"job-{each}", "on-the-job", {"line": 400}, "work", practised_at=play.stations())
            for each in (1, 2, 3)
        ),
    ]
    plan = await play.publish_plan(modules)
    assert [(one["first_week"], one["last_week"]) for one in plan["phases"]] == [(1, 72), (73, 108)]
    table = await play.timetable()
    assert len(table["stints"]) == 3 * len(table["groups"])
    assert {one["week"] > 72 for one in table["stints"]} == {True}
    await nobody_leaves_their_own_plant(play, table, trainees)
    await play.rate(trainees, "theory", play.first_monday() + timedelta(weeks=80))
    assert len(await play.graduate(108)) == 54
    play.ended()


async def small_and_large(play, year, merge):
    """Jinding has 24, too few for a class: they join that of Yongyang, which takes 30 of 40."""
    ids = []
    for name, enterprise, count in (("small", "jinding", 24), ("large", "yongyang", 40)):
        await play.take_applications(
            play.id(name), new_employees(count, play, enterprise), year, enterprise_id=play.enterprise(enterprise), selection=merge
        )  # fmt: skip
        ids.append(play.id(name))
    await play.system.call("POST", "/recruitment/v1/selections", {"intake_ids": ids})
    small, large = [await play.system.get(f"/recruitment/v1/intakes/{one}") for one in ids]
    assert (small["state"], small["merged_into"], large["state"]) == ("merged", play.id("large"), "selected")
    await play.system.call("POST", f"/recruitment/v1/intakes/{play.id('small')}/accept", {})


async def nobody_leaves_their_own_plant(play, table, trainees):
    plant = {one["trainee_id"]: one["enterprise_id"] for one in trainees}
    of_group = {group["group"]: {plant[one] for one in group["trainee_ids"]} for group in table["groups"]}
    assert all(len(plants) == 1 for plants in of_group.values()), of_group
    workshops = {play.id("workshop", name): play.enterprise(name) for name in play.names}
    assert all({workshops[one["workshop_id"]]} == of_group[one["group"]] for one in table["stints"])
