import asyncio
from datetime import timedelta
from itertools import pairwise

from icalendar import Calendar
from sqlmodel import select

from services.placement.handlers import move_stints_for_shutdown
from services.placement.papers import Proof
from shared.events.enterprise import ShutdownPlanned
from tests.placement.plant import MONDAY, an, cohort, open_programme, tell, work_off

V1 = "/placement/v1"


async def test_placement_over_http_from_a_timetable_to_calendars(client, sessions, said, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))

    shown = (await client.get(f"{V1}/cohorts/{an('cohort')}/timetable", headers=staff)).json()
    assert shown["status"] == "published"
    assert shown["lower_bound"] <= shown["cost"]
    assert len(shown["stints"]) == 8
    assert shown["stints"][0]["station"]["zh"]
    [row] = (await client.get(f"{V1}/cohorts", headers=staff)).json()
    assert row["timetable_version"] == 1

    board = (await client.get(f"{V1}/board?from_week=1&to_week=28", headers=staff)).json()
    assert len(board["weeks"]) == 28
    cells = [cell for shop in board["workshops"] for station in shop["stations"] for cell in station["cells"]]
    assert sum(len(cell["groups"]) for cell in cells) == 8
    assert not any(cell["overload"] for cell in cells)
    refused = await client.get(f"{V1}/board?from_week=9&to_week=2", headers=staff)
    assert refused.status_code == 422
    assert refused.json()["code"] == "E-PLC-422"

    stations = (await client.get(f"{V1}/stations", headers=staff)).json()
    assert {one["capacity"] for one in stations} == {20}
    other = token_for("panel-enterprise", enterprise_id=str(an("other plant")))
    assert (await client.get(f"{V1}/stations", headers=other)).json() == []
    assert (await client.get(f"{V1}/cohorts/{an('cohort')}/timetable", headers=other)).json()["stints"] == []

    stint = shown["stints"][0]
    mentor = stint["mentor_ids"][0]
    assert (
        await client.put(f"{V1}/mentors/{mentor}/name", json={"name": "王师傅"}, headers=staff)
    ).status_code == 204
    assert (
        await client.put(f"{V1}/mentors/{mentor}/name", json={"name": "x"}, headers=other)
    ).status_code == 404
    own = token_for("mentor", person_id=mentor, enterprise_id=str(an("plant")))
    calendar = (await client.get(f"{V1}/mentors/{mentor}/calendar", headers=own)).json()
    assert calendar["name"] == "王师傅"
    assert len(calendar["stints"][0]["trainee_ids"]) == 15
    assert all(a["monday"] != b["monday"] for a, b in pairwise(calendar["stints"]))

    trainee = shown["groups"][0]["trainee_ids"][0]
    mine = token_for("trainee", person_id=trainee)
    assert len((await client.get(f"{V1}/trainees/{trainee}/calendar", headers=mine)).json()["stints"]) == 4
    stranger = token_for("trainee")
    assert (await client.get(f"{V1}/trainees/{trainee}/calendar", headers=stranger)).status_code == 404
    assert (await client.get(f"{V1}/trainees/{trainee}/calendar")).status_code == 401

    made = await client.post(f"{V1}/calendars", json={"kind": "trainee", "person_id": trainee}, headers=mine)
    url = made.json()["url"]
    before = Calendar.from_ical((await client.get(url)).content).walk("VEVENT")
    assert len(before) == 4

    first = next(
        one for one in shown["stints"] if one["group"] == shown["groups"][0]["group"] and one["week"] > 4
    )
    monday = MONDAY + timedelta(weeks=first["week"] - 1)
    shutdown = ShutdownPlanned(
        enterprise_id=an("plant"),
        shutdown_id=an("s"),
        workshop_id=first["workshop_id"],
        first_day=monday,
        last_day=monday,
    )
    await tell(sessions, move_stints_for_shutdown, shutdown)
    await work_off(sessions)
    after = {
        str(one["uid"]): one for one in Calendar.from_ical((await client.get(url)).content).walk("VEVENT")
    }
    assert set(after) == {str(one["uid"]) for one in before}
    assert int(after[first["stint_id"]]["sequence"]) > 0
    assert len(await said(sessions)) == 2

    assert (await client.delete(url, headers=stranger)).status_code == 404
    assert (await client.delete(url, headers=mine)).status_code == 204
    assert (await client.get(url)).status_code == 404


async def test_proofs_that_are_sent_twice_at_once_are_kept_once(client, sessions, token_for):
    staff = token_for("coordinator")
    proofs = [
        {"trainee_id": str(an(f"t{number}")), "proof": "safety-card", "valid_from": "2021-01-01"}
        for number in range(300)
    ]

    answers = await asyncio.gather(
        client.post(f"{V1}/proofs", json={"proofs": proofs}, headers=staff),
        client.post(f"{V1}/proofs", json={"proofs": proofs[::-1]}, headers=staff),
    )

    assert [answer.status_code for answer in answers] == [201, 201]
    async with sessions() as session:
        assert len((await session.scalars(select(Proof))).all()) == 300


async def test_proofs_are_kept_with_the_validity_of_their_kind(client, sessions, token_for):
    staff = token_for("coordinator")
    body = {"proofs": [{"trainee_id": str(an("t")), "proof": "safety-card", "valid_from": "2021-01-01"}]}

    assert (await client.post(f"{V1}/proofs", json=body, headers=staff)).json() == {"kept": 1}
    assert (await client.post(f"{V1}/proofs", json=body, headers=token_for("trainee"))).status_code == 403
    assert (await client.post(f"{V1}/proofs", json={"proofs": []}, headers=staff)).status_code == 422


async def test_holidays_are_mondays(client, token_for):
    body = {"college_id": str(an("college")), "mondays": ["2021-03-02"]}

    refused = await client.put(f"{V1}/holidays", json=body, headers=token_for("coordinator"))

    assert refused.status_code == 422
    assert refused.json()["field"] == "mondays[0]"


async def test_every_rule_of_a_pack_names_its_source(client, token_for):
    packs = (await client.get(f"{V1}/rule-packs", headers=token_for("trainee"))).json()

    assert {pack["pack"] for pack in packs} == {"none", "cn-2021"}
    assert all(rule["source"] for pack in packs for rule in [*pack["rules"], *pack["proofs"]])
