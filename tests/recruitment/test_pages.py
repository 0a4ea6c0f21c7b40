"""What panels, offices and applicants see and do on the pages of recruitment, in both languages."""

import re
from uuid import UUID, uuid4

import pytest

from services.recruitment import later
from shared.messaging.jobs import do_one
from tests.recruitment.world import API, an_intake, apply_all, people, post

PAGES = "/recruitment"


@pytest.fixture
async def intake(client, coordinator, programme):
    found = await an_intake(client, coordinator, programme, seats=4)
    found["rows"] = [{**row, "applicant_id": str(uuid4())} for row in people(12)]
    await apply_all(client, coordinator, found, found["rows"])
    return found


async def page(client, headers, path, language="en", **more) -> str:
    answer = await client.get(f"{PAGES}{path}", headers={**headers, "Accept-Language": language}, **more)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_a_panel_tries_seats_quotas_and_weights_and_sees_who_would_move_before_anything_is_saved(
    client, coordinator, intake, token_for
):
    panel = token_for("panel-college")
    path = f"/intakes/{intake['intake_id']}/what-if"
    assert "Nothing is saved" in await page(client, panel, path)
    form = {"seats": "6", "reserved|local": "0", "hard|local": "no", "weights|entrance_score": "2"}
    answer = await client.post(f"{PAGES}{path}", data=form, headers={**panel, "Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    assert "4 selected now, 6 then." in answer.text
    assert "would enter" in answer.text
    assert "<svg" in answer.text
    assert answer.text.count('<tr class="add">') >= 2
    chinese = await client.post(f"{PAGES}{path}", data=form, headers={**panel, "Accept-Language": "zh"})
    assert "会发生什么变化" in chinese.text
    state = (await client.get(f"{API}/intakes/{intake['intake_id']}", headers=coordinator)).json()
    assert (state["state"], state["seats"]) == ("open", 4)


async def test_a_wrong_rule_of_the_what_if_page_is_said_beside_the_form(client, intake, token_for):
    panel = token_for("panel-college")
    url = f"{PAGES}/intakes/{intake['intake_id']}/what-if"
    answer = await client.post(
        url,
        data={"seats": "4", "reserved|local": "80", "reserved|employees": "40"},
        headers={**panel, "Accept-Language": "en"},
    )
    assert "reserve more than all seats" in answer.text
    answer = await client.post(url, data={"seats": "-4"}, headers={**panel, "Accept-Language": "en"})
    assert "seats" in answer.text
    assert 'role="alert"' in answer.text


async def test_the_intake_page_shows_the_fingerprint_first_and_the_seed_and_cut_offs_after_the_decision(
    client, coordinator, intake
):
    path = f"/intakes/{intake['intake_id']}"
    before = await page(client, coordinator, path)
    assert intake["seed_hash"] in before
    assert "revealed after the decision" not in before
    answer = await client.post(f"{PAGES}{path}/select", headers=coordinator)
    assert answer.status_code == 303
    after = await page(client, coordinator, path)
    assert "revealed after the decision" in after
    assert "Cut-off of each pool, of 100 points" in after
    assert "候补名单" in await page(client, coordinator, path, "zh")
    waiting = await page(client, coordinator, f"{path}?state=waiting")
    assert waiting.count("/recruitment/applications/") == 8
    again = await client.post(f"{PAGES}{path}/select", headers={**coordinator, "Accept-Language": "en"})
    assert again.status_code == 409
    assert "E-RCR-NOT-OPEN" in again.text


async def test_an_applicant_sees_the_reason_what_would_have_admitted_them_and_answers_the_offer(
    client, coordinator, intake, token_for
):
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    rows = (await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes", headers=coordinator)).json()
    offered = next(row for row in rows if row["state"] == "offered")
    waiting = next(row for row in rows if row["waiting_place"] == 1)
    loser = token_for("trainee", person_id=UUID(waiting["applicant_id"]))
    english = await page(client, loser, f"/applications/{waiting['application_id']}")
    assert "Checked by deciding again" in english
    assert "would have admitted you to Metallurgical Engineering 2021" in english
    assert "entrance_score" in english
    chinese = await page(client, loser, f"/applications/{waiting['application_id']}", "zh")
    assert "经重新计算验证" in chinese
    hidden = await client.get(f"{PAGES}/applications/{offered['application_id']}", headers=loser)
    assert hidden.status_code == 404
    winner = token_for("trainee", person_id=UUID(offered["applicant_id"]))
    assert offered["application_id"] in await page(client, winner, "/applications")
    done = await client.post(f"{PAGES}/applications/{offered['application_id']}/accept", headers=winner)
    assert done.status_code == 303
    assert "You have accepted the offer" in await page(
        client, winner, f"/applications/{offered['application_id']}"
    )
    again = await client.post(
        f"{PAGES}/applications/{offered['application_id']}/decline",
        headers={**winner, "Accept-Language": "en"},
    )
    assert again.status_code == 409
    assert "E-RCR-OFFER" in again.text


async def test_a_minimum_class_size_is_said_with_what_it_costs(client, coordinator, programme):
    selection = {"criteria": [], "minimum": 2, "seats": 4}
    small = await an_intake(client, coordinator, programme, selection=selection)
    for path in (f"/intakes/{small['intake_id']}", f"/intakes/{small['intake_id']}/what-if"):
        assert "one small market of twenty" in await page(client, coordinator, path)
        assert "二十个小规模市场" in await page(client, coordinator, path, "zh")


async def test_a_file_is_looked_at_in_the_background_and_saved_when_a_person_says_so(
    client, coordinator, programme, sessions
):
    intake = await an_intake(client, coordinator, programme, seats=4)
    path = f"/intakes/{intake['intake_id']}/import"
    assert "template.xlsx" in await page(client, coordinator, path)
    bad = (
        "name,person_number,hired_on,entrance_score\n甲,1,2015-01-01,80\n乙,1,never,70\n丙,3,2016-02-30,60\n"
    )
    seen = await upload(client, coordinator, path, bad, sessions)
    assert "3 rows read, 1 of them good." in seen
    assert seen.count('<tr class="del">') == 2
    assert "problems.xlsx" in seen
    good = "name,person_number,hired_on,entrance_score\n甲,1,2015-01-01,80\n乙,2,2015-01-01,70\n"
    seen = await upload(client, coordinator, path, good, sessions)
    assert "Save 2 applications" in seen
    confirm = re.findall(r'action="(\S+/confirm)"', seen)[0]
    assert (await client.post(confirm, headers=coordinator)).status_code == 303
    assert await do_one(later.on, sessions)
    shown = await page(client, coordinator, confirm.removeprefix(PAGES).replace("confirm", "seen"))
    assert "2 applications saved." in shown
    listed = (
        await client.get(f"{API}/intakes/{intake['intake_id']}/applications", headers=coordinator)
    ).json()
    assert {row["name"] for row in listed} == {"甲", "乙"}


async def upload(client, headers, path, text, sessions) -> str:
    files = {"file": ("a.csv", text.encode(), "text/csv")}
    answer = await client.post(f"{PAGES}{path}", files=files, headers=headers)
    assert answer.status_code == 303, answer.text
    assert "looked at" in await page(client, headers, answer.headers["location"].removeprefix(PAGES))
    assert await do_one(later.on, sessions)
    return await page(client, headers, answer.headers["location"].removeprefix(PAGES))
