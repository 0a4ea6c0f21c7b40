"""What a person sees of placement: the board, a draft without dragging, the own calendar, a table for Excel."""

import re
from io import BytesIO

from openpyxl import load_workbook

from services.placement.papers import Proof
from shared.programmes.phases import Prerequisite
from tests.placement.plant import MONDAY, an, cohort, open_programme, programme

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


def book_of(answer):
    """Sheet by sheet, the lines of a workbook as texts."""
    book = load_workbook(BytesIO(answer.content))
    return {
        sheet.title: [
            ["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
        ]
        for sheet in book
    }


async def test_the_board_shows_weeks_by_group_and_by_trainee_as_the_timetable_says_them(
    client, sessions, token_for
):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    stints = (await client.get(f"{V1}/cohorts/{an('cohort')}/timetable", headers=staff)).json()["stints"]
    said = {(one["group"], one["week"], one["station_id"]) for one in stints}

    async def rows(by, headers=staff):
        return (await client.get(f"{V1}/board?to_week=28&by={by}", headers=headers)).json()["rows"]

    groups = await rows("group")
    shown = {
        (row["title"]["en"], cell["week"], one["station_id"])
        for row in groups
        for cell in row["cells"]
        for one in cell["stints"]
    }
    assert shown == said
    trainees = await rows("trainee")
    assert [row["title"]["zh"] for row in trainees] == sorted(f"c{n}" for n in range(15)) + sorted(
        f"c{n}" for n in range(15, 30)
    )
    for row in trainees:
        weeks = {cell["week"] for cell in row["cells"] if cell["stints"]}
        assert weeks == {week for group, week, _ in said if group == row["note"]["en"]}
    other = token_for("panel-enterprise", enterprise_id=str(an("other plant")))
    assert await rows("trainee", other) == []
    assert (await client.get(f"{V1}/board?by=mentor", headers=staff)).status_code == 422

    for language, words in (("en", "By trainee"), ("zh", "按学员")):
        heard = staff | {"Accept-Language": language}
        for by, row in (("group", "g01"), ("trainee", "c29")):
            page = await client.get(f"/placement/board?from_week=5&by={by}", headers=heard)
            assert page.status_code == 200
            assert words in page.text
            assert row in page.text


async def test_a_trainee_without_papers_has_the_reason_in_place_of_weeks(client, sessions, token_for):
    async with sessions.begin() as session:
        session.add_all(
            Proof(trainee_id=an(f"cohort-trainee-{number}"), proof="safety-card", valid_from=MONDAY)
            for number in range(29)
        )
    asks = [Prerequisite(proof="safety-card")]
    await open_programme(sessions, opened=programme(prerequisites=asks), enrolled=cohort(30, 2))

    heard = token_for("coordinator") | {"Accept-Language": "en"}
    rows = (await client.get(f"{V1}/board?to_week=28&by=trainee", headers=heard)).json()["rows"]

    without = [row["title"]["en"] for row in rows if not any(cell["stints"] for cell in row["cells"])]
    assert without == ["c29"]
    page = (await client.get("/placement/board?by=trainee", headers=heard)).text
    assert page.count("held back:") == 1


async def test_the_workbook_has_a_sheet_for_each_view_and_no_formulas(client, sessions, token_for):
    staff = token_for("coordinator")
    enrolled = cohort(30, 2)
    wicked = enrolled.trainees[0].model_copy(update={"enterprise_number": None, "college_number": "=1+1"})
    enrolled = enrolled.model_copy(update={"trainees": [wicked, *enrolled.trainees[1:]]})
    await open_programme(sessions, enrolled=enrolled)
    path = f"{V1}/cohorts/{an('cohort')}/timetable.xlsx"

    book = book_of(await client.get(path, headers=staff | {"Accept-Language": "en"}))

    assert list(book) == ["by station", "by group", "by trainee"]
    groups = [line for line in book["by group"] if line[0] in {"g01", "g02"}]
    assert [sum(bool(cell) for cell in line[2:]) for line in groups] == [4, 4]
    stations = [cell for line in book["by station"][2:] for cell in line[2:] if cell]
    assert sorted(cell.split()[0] for cell in stations) == ["g01"] * 4 + ["g02"] * 4
    assert len(book["by trainee"]) == 2 + 30
    numbers = [line[0] for line in book["by trainee"][2:]]
    assert "'=1+1" in numbers
    assert "=1+1" not in numbers
    assert list(book_of(await client.get(path, headers=staff))) == ["按工位", "按小组", "按学员"]
    other = token_for("panel-enterprise", enterprise_id=str(an("other plant")))
    assert all(len(lines) == 2 for lines in book_of(await client.get(path, headers=other)).values())


async def test_an_enterprise_reads_no_numbers_of_another_enterprises_people(client, sessions, token_for):
    enrolled = cohort(30, 2)
    guest = enrolled.trainees[0].model_copy(
        update={"enterprise_id": an("other plant"), "enterprise_number": "e7"}
    )
    own = enrolled.trainees[1].model_copy(update={"enterprise_number": "e8"})
    enrolled = enrolled.model_copy(update={"trainees": [guest, own, *enrolled.trainees[2:]]})
    await open_programme(sessions, enrolled=enrolled)

    async def titles(headers):
        answer = await client.get(f"{V1}/board?to_week=28&by=trainee", headers=headers)
        return {row["title"]["en"] for row in answer.json()["rows"]}

    assert {"c0 · e7", "c1 · e8"} <= await titles(token_for("coordinator"))
    host = token_for("panel-enterprise", enterprise_id=str(an("plant")))
    assert {"c0", "c1 · e8"} <= await titles(host)
    timetable = (await client.get(f"{V1}/cohorts/{an('cohort')}/timetable", headers=host)).json()
    numbers = {number for group in timetable["groups"] for number in group["numbers"].values()}
    assert {"c0", "c1 · e8"} <= numbers
    assert not any("e7" in number for number in numbers)
