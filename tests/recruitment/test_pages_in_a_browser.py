"""Recruitment's pages in a real browser: accessible in both languages, on a desk and on a phone, nothing sideways."""

from datetime import date
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe

from shared.events.enterprise import AgreementSigned
from shared.web import personas
from tests.recruitment.world import A_TEMPLATE, CLOSES, people
from tests.web.conftest import browser, page_of, system

__all__ = ["browser", "page_of", "system"]
pytestmark = pytest.mark.browser
API = "/recruitment/v1"


async def an_open_intake(system) -> dict:
    agreement = AgreementSigned(
        enterprise_id=personas.JINGYE,
        agreement_id=uuid4(),
        college_id=personas.COLLEGE,
        signed_on=date(2021, 3, 1),
    )
    await system.say(agreement)

    async def opened():
        body = {"agreement_id": str(agreement.agreement_id), "template": A_TEMPLATE}
        answer = await system.ask("coordinator", "POST", f"{API}/programmes", json=body)
        return answer.json() if answer.status_code == 201 else None

    programme = await system.until(opened, "the agreement arrives")
    body = {
        "programme_id": programme["programme_id"],
        "year": 2021,
        "closes_on": str(CLOSES),
        "seats": 4,
        "selection": {**A_TEMPLATE["selection"], "minimum": 2},
    }
    intake = (await system.ask("coordinator", "POST", f"{API}/intakes", json=body)).json()
    url = f"{API}/intakes/{intake['intake_id']}/applications/bulk"
    await system.ask("coordinator", "POST", url, json={"applications": people(12)})
    return intake


async def wrong_with(page, url: str, width: int) -> list[str]:
    answer = await page.goto(url)
    found = await Axe().run(page)
    wrong = [f"{one['id']} {one['nodes'][0]['html'][:160]}" for one in found.response["violations"]]
    wrong += page.wrong
    wrong += [] if answer.status == 200 else [str(answer.status)]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append(f"wider than {width}")
    if await page.locator("[style]").count():
        wrong.append("an inline style")
    return [f"{url} {page.url}: {one}" for one in wrong]


@pytest.mark.long
async def test_the_pages_of_an_intake_are_accessible_in_both_languages_on_a_desk_and_on_a_phone(
    system, page_of
):
    intake = await an_open_intake(system)
    base = f"/recruitment/intakes/{intake['intake_id']}"
    wrong: list[str] = []
    for decided in (False, True):
        if decided:
            await system.ask("coordinator", "POST", f"{API}/intakes/{intake['intake_id']}/select", json={})
        rows = (
            await system.ask("coordinator", "GET", f"{API}/intakes/{intake['intake_id']}/outcomes")
        ).json()
        told = next(row for row in rows if not decided or row["state"] == "waiting")
        paths = [base, f"{base}/what-if", f"/recruitment/applications/{told['application_id']}"]
        paths += (
            ["/recruitment/intakes", "/recruitment/applications"]
            if decided
            else [f"{base}/marks", f"{base}/import"]
        )
        for language, width in (("zh", 1440), ("en", 390)):
            page = await page_of("coordinator", language, width)
            for path in paths:
                wrong += await wrong_with(page, system.url + path, width)
            await page.context.close()
    assert not wrong, "\n".join(wrong)


async def test_a_panel_tries_more_seats_in_a_browser_and_sees_who_would_enter(system, page_of):
    intake = await an_open_intake(system)
    page = await page_of("panel-college", "en")
    await page.goto(f"{system.url}/recruitment/intakes/{intake['intake_id']}/what-if")
    await page.fill("#seats", "7")
    await page.click("text=Show who would move")
    await page.wait_for_selector("text=4 selected now, 7 then.")
    assert await page.locator("#seen tr.add").count() == 3
    found = await Axe().run(page)
    assert [one["id"] for one in found.response["violations"]] == []
    assert page.wrong == []


async def test_an_applicant_types_the_code_of_a_letter_on_a_phone_and_accepts_the_seat(system, page_of):
    intake = await an_open_intake(system)
    base = f"{API}/intakes/{intake['intake_id']}"
    await system.ask("coordinator", "POST", f"{base}/select", json={})
    rows = (await system.ask("coordinator", "GET", f"{base}/outcomes")).json()
    mine = next(row["application_id"] for row in rows if row["state"] == "offered")
    other = next(row["application_id"] for row in rows if row["application_id"] != mine)
    body = {"application_ids": [mine]}
    (made,) = (await system.ask("coordinator", "POST", f"{base}/codes", json=body)).json()["codes"]
    page = await page_of(None, "zh", 390)
    wrong = await wrong_with(page, f"{system.url}/a", 390)
    await page.fill("#code", "WRONG")
    await page.click("text=打开我的页面")
    await page.wait_for_selector("text=此访问码无效")
    page.wrong.clear()
    await page.fill("#code", made["code"].lower())
    await page.click("text=打开我的页面")
    await page.wait_for_url(f"**/recruitment/applications/{mine}")
    wrong += await wrong_with(page, page.url, 390)
    wrong += await wrong_with(page, f"{system.url}/recruitment/applications?lang=en", 390)
    await page.click("main a")
    await page.click("text=Accept the seat")
    await page.wait_for_selector(".pill:text('accepted')")
    answer = await page.goto(f"{system.url}/recruitment/applications/{other}")
    assert answer.status == 404
    answer = await page.goto(f"{system.url}/curriculum/plans")
    assert answer.status == 403
    await page.context.close()
    for language, width in (("zh", 1440), ("en", 390)):
        page = await page_of("coordinator", language, width)
        wrong += await wrong_with(
            page, f"{system.url}/recruitment/intakes/{intake['intake_id']}/letters", width
        )
        await page.click("button[value=letters]")
        await page.wait_for_selector(".letter")
        found = await Axe().run(page)
        wrong += [one["id"] for one in found.response["violations"]]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"letters wider than {width}")
        await page.context.close()
    assert not wrong, "\n".join(wrong)
