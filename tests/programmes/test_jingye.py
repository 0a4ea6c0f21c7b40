"""Jingye: two programmes, two sources, three months of foundation, then three weeks of theory to one in the workshop."""

from datetime import timedelta

import pytest

from tests.programmes.front import text
from tests.programmes.play import Play

pytestmark = pytest.mark.asyncio(loop_scope="session")
PROFILE = {"safety": 3, "endpoint": 3, "green-metallurgy": 3}


def people(play, programmes):
    """102 people, a sixth of the paper's 612: every third an employee, the last two of no source; all want both."""
    for number in range(102):
        employee, nobody = number % 3 == 0, number >= 100
        facts = {
            "exam": 40 + number % 60, "interview": 70, "graduate": not employee and not nobody,
            "place": "shijiazhuang" if employee or nobody else "pingshan",
        }  # fmt: skip
        status = "employee" if employee and not nobody else "student"
        for preference in (1, 2):
            yield programmes[(number + preference) % 2], {
                "applicant_id": play.id("applicant", number), "application_id": play.id("application", number, preference),
                "preference": preference, "facts": facts, "status": status, "person_number": f"J{number:04}",
            }  # fmt: skip


async def test_jingye_from_612_applicants_to_a_kept_agreement(system):
    play = Play(system, "jingye-concentrated", "jingye")
    await play.open(
        PROFILE,
        {
            "seats": ("18", 300),
            "stations_per_week": ("2", 300),
            "mentor_ratio": ("15", 300),
            "jobs": ("3", 900),
        },
    )
    metallurgy, materials = play.template.titles
    other = play.id("programme-2")
    await play.open_programme(other, materials.model_dump())
    await choose_together(play, other)

    trainees = await play.enrol()
    await a_plan_in_turn(play, trainees)
    await the_plant_becomes_greener(play)
    awards = await play.graduate(60)
    assert len(awards) == 18
    assert {one["plan_version"] for one in awards} == {2}
    await play.hire(*((one, "6200") for one in trainees[:3]))
    delivered = await play.promises(
        dict.fromkeys(("seats", "stations_per_week", "mentor_ratio", "jobs"), "kept")
    )
    assert delivered == {"seats": "18", "stations_per_week": "2", "mentor_ratio": "9.00", "jobs": "3"}
    play.ended()
    assert metallurgy.en == "Metallurgical Engineering"


async def choose_together(play, other):
    """30 of 102 are chosen for two programmes, the share of 180 in 612; either source is enough, none is not."""
    rows = list(people(play, ("intake", "intake-2")))
    own = play.programme
    await play.take_applications(
        play.id("intake"), [row for where, row in rows if where == "intake"], 2021, seats=18
    )
    play.programme = other
    await play.take_applications(
        play.id("intake-2"), [row for where, row in rows if where == "intake-2"], 2021, seats=12
    )
    play.programme = own
    ids = [play.id("intake"), play.id("intake-2")]
    closed = await play.system.call("POST", "/recruitment/v1/selections", {"intake_ids": ids})
    assert sorted((one["applicants"], one["eligible"], one["selected"]) for one in closed) == [
        (102, 100, 12),
        (102, 100, 18),
    ]
    assert sum(one["selected"] for one in closed) / 102 == pytest.approx(180 / 612)
    outcomes = await play.outcomes()
    refused = [one for one in outcomes if one["reason"] == "not-eligible"]
    assert len(refused) == 2
    chosen = {one["application_id"] for one in outcomes if one["state"] == "offered"}
    statuses = {row["status"] for _, row in rows if row["application_id"] in chosen}
    assert statuses == {"student", "employee"}
    play.did("intake")


async def a_plan_in_turn(play, trainees):
    stations = play.stations()
    modules = [
        play.module("basics", "foundation", {"theory": 168}, "safety"),
        *(
            play.module(f"steel-{each}", "alternation", {"theory": hours}, builds, practised_at=stations, **more)
            for each, hours, builds, more in (
                (1, 300, "endpoint", {}), (2, 200, "green-metallurgy", {"full_effect_until": 600}), (3, 300, "safety", {}),
            )
        ),
        play.module("culture", "alternation", {"theory": 300}, "history", least_hours=60),
    ]  # fmt: skip
    plan = await play.publish_plan(modules)
    foundation, alternation = plan["phases"]
    assert (foundation["last_week"], alternation["first_week"], alternation["last_week"]) == (12, 13, 60)
    table = await play.timetable()
    assert sorted(len(group["trainee_ids"]) for group in table["groups"]) == [9, 9]
    assert min(one["week"] for one in table["stints"]) > 12
    cycles = {(one["group"], (one["week"] - 13) // 4) for one in table["stints"]}
    assert len(cycles) == len(table["stints"]) == 2 * 3
    ends = {module["module"]: module["last_week"] for module in plan["modules"]}
    within = play.template.precedence.module_then_workshop_within_weeks
    assert all(0 <= one["week"] - ends[one["module"]] <= within for one in table["stints"])
    assert all(
        set(one["mentor_ids"]) <= set(play.mentors["jingye"]) and one["mentor_ids"] for one in table["stints"]
    )
    await play.rate(trainees, "safety", play.first_monday() + timedelta(weeks=14))


async def the_plant_becomes_greener(play):
    """Technology changes; both sides approve; version 2 begins at a cycle and asks more of the new process."""
    change = {
        "change_id": play.id("change"),
        "title": text("绿色冶金"),
        "requirements": [{"competency": "green-metallurgy", "level": 4, "importance": 3}],
    }
    await play.system.to(play.first_monday() + timedelta(weeks=2))
    await play.say("technology_changed", {**change, "effective_from": str(play.system.day)})
    revision = await play.drafted()
    assert revision["revision_class"] == "adjustment"
    states = await play.revise(revision)
    assert states[-1] == "published"
    force = await play.in_force(2)
    assert force["from_week"] in {13 + 4 * each for each in range(12)}
    version = await play.system.get(f"/curriculum/v1/plans/{play.plan}/versions/2")
    asked = {one["competency"]: one["level"] for one in version["requirements"]}
    assert asked["green-metallurgy"] == 4
    assert version["coverage"]["green-metallurgy"] == pytest.approx(300)
    await play.timetable(version=2)
