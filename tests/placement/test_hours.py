"""Student interns work at most eight hours a day and never at night: held by the rotas of their mentors."""

from datetime import timedelta

from tests.placement.plant import MONDAY, an, cohort, module, open_programme, plan, programme, work_off

TIMETABLE = f"/placement/v1/cohorts/{an('cohort')}/timetable"
AT_LAB = plan(modules=[module("quality", 15, ["lab-1"])])
LAST = MONDAY + timedelta(weeks=30)
LAB = [str(an(f"mentor-lab-1-{number}")) for number in range(2)]


async def open_for(sessions, pack):
    await open_programme(sessions, programme(rule_pack=pack), cohort(10, 2), AT_LAB)


async def rota(client, sessions, token_for, pattern, hours, last=LAST):
    """Both mentors of the laboratory go through the pattern together, from the first Monday on."""
    body = {
        "pattern": pattern, "crews": {"甲": 0}, "mentors": dict.fromkeys(LAB, "甲"),
        "first_day": str(MONDAY), "last_day": str(last), "hours": hours,
    }  # fmt: skip
    headers = token_for("panel-enterprise", enterprise_id=str(an("plant")))
    assert (await client.put("/placement/v1/rotas", json=body, headers=headers)).status_code == 200
    await work_off(sessions)


async def shown(client, token_for):
    answer = (await client.get(TIMETABLE, headers=token_for("coordinator"))).json()
    return answer | {"warned": [one["words"]["en"] for one in answer["warnings"]]}


async def test_a_mentor_on_a_shift_of_twelve_hours_guides_no_student(client, sessions, token_for):
    await open_for(sessions, "cn-2021")

    await rota(client, sessions, token_for, ["day"], 12)

    answer = await shown(client, token_for)
    assert answer["status"] == "impossible"
    assert any(
        "mentors at “lab-1” are on shifts of more than 8 hours in weeks 1-" in one for one in answer["warned"]
    )
    assert all(one["words"]["zh"] for one in answer["warnings"])


async def test_employees_learn_beside_a_mentor_on_a_shift_of_twelve_hours(client, sessions, token_for):
    await open_for(sessions, "none")

    await rota(client, sessions, token_for, ["day"], 12)

    answer = await shown(client, token_for)
    assert (answer["status"], answer["warned"]) == ("published", [])


async def test_students_are_only_there_in_weeks_with_short_day_shifts(client, sessions, said, token_for):
    await open_for(sessions, "cn-2021")
    stints = (await said(sessions))[-1].stints
    begin = min(one.monday for one in stints)

    await rota(client, sessions, token_for, ["day"], 8)
    assert not any("hours" in one for one in (await shown(client, token_for))["warned"])
    night = MONDAY + timedelta(weeks=15)
    assert begin < night + timedelta(weeks=1)
    await rota(client, sessions, token_for, ["night"], 8, last=night + timedelta(days=6))

    moved = (await said(sessions))[-1]
    assert {one.module for one in moved.stints} == {"quality"}
    assert all(one.monday > night for one in moved.stints), "weeks 1 to 16 are nights"


async def test_where_no_rota_says_the_hours_the_timetable_says_so(client, sessions, token_for):
    await open_for(sessions, "cn-2021")

    warned = (await shown(client, token_for))["warned"]

    [words] = [one for one in warned if "lab-1" in one and "hours" in one]
    assert words.startswith("no rota says the shifts and their length at “lab-1” in weeks")
    await rota(client, sessions, token_for, ["day"], None)
    assert words in (await shown(client, token_for))["warned"], "days without their hours are not enough"


async def test_the_page_of_the_rota_asks_for_the_hours_of_a_shift(client, sessions, token_for):
    await open_for(sessions, "cn-2021")
    plant = token_for("panel-enterprise", enterprise_id=str(an("plant")))
    days = [str(MONDAY + timedelta(days=day)) for day in range(200)]
    lines = [["mentor_id", *days], *([mentor, *["白"] * 200] for mentor in LAB)]
    sheet = {"file": ("rota.csv", "\n".join(",".join(line) for line in lines).encode())}

    kept = await client.post("/placement/rotas", files=sheet, data={"hours": "12"}, headers=plant)
    await work_off(sessions)

    assert kept.status_code == 200
    assert (await shown(client, token_for))["status"] == "impossible"
