"""A coordinator moves a group by hand, sees what it breaks, publishes, and goes back."""

from datetime import timedelta

from icalendar import Calendar

from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.placement.plant import MONDAY, an, cohort, open_programme, tell, work_off

V1 = "/placement/v1"
HERE = f"{V1}/cohorts/{an('cohort')}"


async def test_a_group_is_moved_in_a_draft_published_and_brought_back(client, sessions, said, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    shown = (await client.get(f"{HERE}/timetable", headers=staff)).json()
    stint = next(one for one in shown["stints"] if one["module"] == "quality")
    assert (await client.get(f"{HERE}/draft", headers=staff)).status_code == 404

    choices = (await client.get(f"{HERE}/stints/{stint['stint_id']}/options", headers=staff)).json()
    assert choices
    assert all(one["free"] >= 15 for one in choices)
    to = next(one for one in choices if one["week"] != stint["week"])
    move = {"stint_id": stint["stint_id"], "station_id": to["station_id"], "week": to["week"]}
    draft = (await client.post(f"{HERE}/draft/moves", json=move, headers=staff)).json()
    assert [one["to"]["week"] for one in draft["changes"]] == [to["week"]]
    assert draft["faults"] == []
    assert draft["visits_moved"] == 15
    assert draft["cost"] > draft["cost_published"], "the published plan was the cheapest"
    assert draft["cost_published"] == shown["cost"]
    assert len(await said(sessions)) == 1, "a draft is nobody else's business"

    published = (await client.post(f"{HERE}/draft/publish", headers=staff)).json()
    assert published == {"timetable_version": 2, "visits_moved": 15}
    _, changed = await said(sessions)
    assert [str(one) for one in changed.moved] == [stint["stint_id"]]
    assert changed.cost == draft["cost"]
    await client.post(f"{HERE}/reconsider", headers=staff)
    await work_off(sessions)
    assert len(await said(sessions)) == 2, "what a person has decided stays"

    back = (await client.post(f"{HERE}/undo", headers=staff)).json()
    assert [one["to"]["week"] for one in back["changes"]] == [stint["week"]]
    assert (await client.post(f"{HERE}/draft/publish", headers=staff)).json()["timetable_version"] == 3
    again = (await client.get(f"{HERE}/timetable", headers=staff)).json()
    assert (
        next(one for one in again["stints"] if one["stint_id"] == stint["stint_id"])["week"] == stint["week"]
    )

    mentor = again["stints"][0]["mentor_ids"][0]
    made = await client.post(f"{V1}/calendars", json={"kind": "mentor", "person_id": mentor}, headers=staff)
    assert Calendar.from_ical((await client.get(made.json()["url"])).content).walk("VEVENT")


async def test_a_draft_that_breaks_rules_is_kept_named_and_not_published(client, sessions, said, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    shown = (await client.get(f"{HERE}/timetable", headers=staff)).json()
    stint = next(one for one in shown["stints"] if one["module"] == "quality")
    move = {"stint_id": stint["stint_id"], "station_id": str(an("furnace-1")), "week": 5}

    draft = (await client.post(f"{HERE}/draft/moves", json=move, headers=staff)).json()
    words = " ".join(fault["en"] for fault in draft["faults"])
    assert "is not one where the module is practised" in words
    assert "is too early" in words
    assert all(fault["zh"] for fault in draft["faults"])
    refused = await client.post(f"{HERE}/draft/publish", headers=staff)
    assert refused.status_code == 409
    assert refused.json()["code"] == "E-PLC-412"
    assert len(await said(sessions)) == 1

    assert (await client.delete(f"{HERE}/draft", headers=staff)).status_code == 204
    assert (await client.post(f"{HERE}/draft/publish", headers=staff)).status_code == 404
    assert (await client.post(f"{HERE}/undo", headers=staff)).status_code == 404, "there is nothing earlier"
    other = token_for("panel-enterprise", enterprise_id=str(an("plant")))
    assert (await client.post(f"{HERE}/draft/moves", json=move, headers=other)).status_code == 403


async def test_what_lies_within_the_next_week_cannot_be_moved(client, sessions, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    shown = (await client.get(f"{HERE}/timetable", headers=staff)).json()
    stint = next(one for one in shown["stints"] if one["module"] == "quality")
    monday = MONDAY + timedelta(weeks=stint["week"] - 2)
    await tell(sessions, advance_clock, ClockAdvanced(today=monday))

    move = {"stint_id": stint["stint_id"], "station_id": stint["station_id"], "week": stint["week"] + 4}
    draft = (await client.post(f"{HERE}/draft/moves", json=move, headers=staff)).json()

    assert any("stay as they are" in fault["en"] for fault in draft["faults"])
