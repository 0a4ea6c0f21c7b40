"""What a person sees of placement: the board, a draft without dragging, the own calendar, a table for Excel."""

import re

from tests.placement.plant import an, cohort, open_programme

COHORT = f"/placement/cohorts/{an('cohort')}"
V1 = "/placement/v1"


async def test_a_group_is_moved_and_published_on_pages_in_both_languages(client, sessions, said, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    english = staff | {"Accept-Language": "en"}
    page = (await client.get(COHORT, headers=english)).text
    assert "Move to …" in page
    link = re.findall(rf"{COHORT}/stints/[0-9a-f-]+/move", page)[-1]
    choose = (await client.get(link, headers=english)).text
    assert "places free" in choose
    place = re.findall(r'<option value="([^"]+)"', choose)[-1]

    sent = await client.post(link, data={"place": place}, headers=english)
    assert sent.status_code == 303
    drafted = (await client.get(COHORT, headers=english)).text
    assert "Publish draft (1 change)" in drafted
    assert "发布草稿" in (await client.get(COHORT, headers=staff | {"Accept-Language": "zh"})).text
    board = (await client.get("/placement/board?from_week=20", headers=english)).text
    assert "A draft with 1 change is not published yet." in board
    assert len(await said(sessions)) == 1

    assert (await client.post(f"{COHORT}/draft", data={"do": "publish"}, headers=english)).status_code == 303
    assert len(await said(sessions)) == 2
    assert "Undo: draft the version before" in (await client.get(COHORT, headers=english)).text
    assert (await client.post(f"{COHORT}/draft", data={"do": "undo"}, headers=english)).status_code == 303
    assert (await client.post(f"{COHORT}/draft", data={"do": "discard"}, headers=english)).status_code == 303
    refused = await client.post(f"{COHORT}/draft", data={"do": "publish"}, headers=english)
    assert refused.status_code == 409
    assert "E-PLC-410" in refused.text
    assert (await client.post(link, data={"place": place}, headers=token_for("teacher"))).status_code == 403


async def test_a_trainee_finds_the_own_weeks_and_an_address_that_can_be_revoked(client, sessions, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    shown = (await client.get(f"{V1}/cohorts/{an('cohort')}/timetable", headers=staff)).json()
    trainee = shown["groups"][0]["trainee_ids"][0]
    mine = token_for("trainee", person_id=trainee) | {"Accept-Language": "en"}

    page = (await client.get("/placement/calendar", headers=mine)).text
    assert page.count("<tr>") - 1 == 4
    form = {"kind": "trainee", "person_id": trainee}
    made = (await client.post("/placement/calendar", data=form | {"do": "make"}, headers=mine)).text
    address = re.search(r"/placement/v1/calendars/[\w-]+\.ics", made)[0]
    assert (await client.get(address)).status_code == 200
    assert address not in (await client.get("/placement/calendar", headers=mine)).text, "shown this once"
    stranger = token_for("trainee")
    assert (
        await client.post("/placement/calendar", data=form | {"do": "revoke"}, headers=stranger)
    ).status_code == 404
    await client.post("/placement/calendar", data=form | {"do": "revoke"}, headers=mine)
    assert (await client.get(address)).status_code == 404

    mentor = shown["stints"][0]["mentor_ids"][0]
    own = token_for("mentor", person_id=mentor, enterprise_id=str(an("plant")))
    assert "15" in (await client.get("/placement/calendar", headers=own)).text
    teacher = token_for("teacher") | {"Accept-Language": "en"}
    assert "No week at the plant yet." in (await client.get("/placement/calendar", headers=teacher)).text
    assert (
        "no calendar of your own"
        in (
            await client.get("/placement/calendar", headers=token_for("operator") | {"Accept-Language": "en"})
        ).text
    )


async def test_a_timetable_is_a_table_for_excel_without_formulas(client, sessions, token_for):
    await open_programme(sessions, enrolled=cohort(30, 2))
    found = await client.get(f"{V1}/cohorts/{an('cohort')}/timetable.csv", headers=token_for("coordinator"))
    assert found.content.startswith(b"\xef\xbb\xbf")
    assert len(found.text.splitlines()) == 9
    other = token_for("panel-enterprise", enterprise_id=str(an("other plant")))
    hidden = await client.get(f"{V1}/cohorts/{an('cohort')}/timetable.csv", headers=other)
    assert len(hidden.text.splitlines()) == 1
