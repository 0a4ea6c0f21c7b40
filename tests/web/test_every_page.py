"""Every page in both languages, on a desk and on a phone: accessible, nothing sideways, no error, no request outside."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from axe_playwright_python.async_playwright import Axe

from tests.web import story

pytestmark = pytest.mark.browser
AXE = Axe()


def pages(revision: UUID, event: UUID) -> list[tuple[str | None, str]]:
    return [
        (None, "/sign-in"),
        (None, "/catalogue"),
        (None, "/catalogue/TraineeRated"),
        ("coordinator", "/"),
        ("manager", "/?show=late"),
        ("panel-college", f"/curriculum/revisions/{revision}"),
        ("coordinator", f"/curriculum/revisions/{revision}?show=full"),
        ("coordinator", f"/curriculum/revisions/{revision}/modules"),
        ("panel-enterprise", f"/curriculum/revisions/{revision}/modules?module=steelmaking"),
        ("coordinator", "/curriculum/plans"),
        ("coordinator", "/curriculum/teachers"),
        ("coordinator", "/curriculum/secondments"),
        ("coordinator", "/curriculum/occupations?like=furnace"),
        ("coordinator", "/curriculum/frameworks"),
        ("coordinator", f"/curriculum/frameworks/{story.CASE}"),
        ("panel-enterprise", f"/curriculum/frameworks/positions/{story.POSITION.position_id}"),
        ("teacher", f"/curriculum/plans/{story.id_of('plan')}"),
        ("teacher", f"/curriculum/plans/{story.id_of('plan')}/diff?from=1&to=1"),
        ("panel-enterprise", f"/curriculum/plans/{story.id_of('plan')}/semesters"),
        ("coordinator", f"/curriculum/cohorts/{story.COHORT.cohort_id}"),
        ("coordinator", "/curriculum/ordinance"),
        ("operator", "/events"),
        ("operator", f"/events/{event}"),
        ("operator", "/failed"),
        ("operator", "/command-line"),
        ("admin", "/sources"),
        ("admin", "/people"),
        ("integrator", "/people/codes"),
        ("integrator", "/excel"),
        ("mentor", "/feedback/rate"),
        ("mentor", "/feedback/vignettes"),
        ("coordinator", "/feedback/vignettes/set"),
        ("coordinator", "/feedback/steps"),
        ("mentor", "/feedback/mine"),
        ("coordinator", "/feedback/contests"),
        ("panel-enterprise", "/feedback/comments"),
        ("coordinator", "/feedback/verdicts"),
        ("manager", "/feedback/effects"),
        ("panel-enterprise", "/feedback/effects"),
        ("manager", "/feedback/employment"),
        ("coordinator", "/placement/board"),
        ("coordinator", "/placement/board?from_week=14&by=group"),
        ("panel-enterprise", "/placement/board?from_week=14&by=trainee"),
        ("coordinator", f"/placement/cohorts/{story.COHORT.cohort_id}"),
        ("mentor", "/placement/calendar"),
        ("panel-enterprise", "/placement/rotas"),
        ("coordinator", "/recruitment/intakes"),
        ("coordinator", "/recruitment/programmes"),
    ]


@pytest.mark.long
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_accessible_and_stays_on_its_screen_and_host(system, page_of, language, width):
    revision = await story.tell(system)
    await story.ask_cases(system)
    await story.agree_steps(system)
    await story.contest_severity(system)
    await story.write_comments(system)
    await story.employ(system)
    await story.take_package(system)
    events = await system.ask("operator", "GET", "/v1/events?type=GapConfirmed")
    wrong = []
    for persona, path in pages(revision, events.json()["events"][0]["id"]):
        page = await page_of(persona, language, width)
        answer = await page.goto(system.url + path)
        found = await AXE.run(page)
        wrong += [
            f"{path}: {one['id']} {one['nodes'][0]['html'][:200]}" for one in found.response["violations"]
        ]
        wrong += [f"{path}: {one}" for one in page.wrong]
        if answer.status != 200:
            wrong.append(f"{path}: {answer.status}")
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{path}: wider than {width}")
        if await page.get_attribute("html", "lang") != {"zh": "zh-CN", "en": "en"}[language]:
            wrong.append(f"{path}: says another language")
        if await page.locator("[style]").count():
            wrong.append(f"{path}: has an inline style")
        await page.context.close()
    assert not wrong, "\n".join(wrong)


async def test_an_edit_after_a_vote_resets_the_votes(system, page_of):
    revision = await story.tell(system)
    path = f"/curriculum/revisions/{revision}"
    panel = await page_of("panel-college", "en")
    await panel.goto(system.url + path)
    await panel.click("button[value=approve]")
    await panel.wait_for_selector("text=1 / 2")
    coordinator = await page_of("coordinator", "en")
    await coordinator.goto(system.url + path)
    await coordinator.click("text=Edit the hours by hand")
    field = coordinator.locator("input[name='culture|theory']")
    await field.fill(str(float(await field.input_value()) + 1))
    field = coordinator.locator("input[name='casting|theory']")
    await field.fill(str(float(await field.input_value()) - 1))
    async with coordinator.expect_response(lambda answer: answer.request.method == "POST"):
        await coordinator.click("text=Save as the new draft")
    await coordinator.wait_for_load_state()
    assert await coordinator.locator("[role=alert]").all_inner_texts() == []
    await panel.goto(system.url + path)
    assert "1 earlier votes are void" in await panel.inner_text("#approval")
    assert "0 / 2" in await panel.inner_text("#approval")
    assert await panel.locator("button[value=approve]").count() == 1


async def test_return_without_a_comment_is_refused_and_keeps_the_page(system, page_of):
    revision = await story.tell(system)
    page = await page_of("panel-enterprise", "en")
    await page.goto(f"{system.url}/curriculum/revisions/{revision}")
    await page.click("button[value=return]")
    await page.wait_for_selector("[role=alert]:has-text('E-CUR-COMMENT')")
    assert "0 / 2" in await page.inner_text("#approval")


async def test_the_first_live_update_comes_within_a_second(system, page_of):
    await story.tell(system)
    page = await page_of("coordinator", "en")
    await page.goto(system.url + "/")
    await page.wait_for_selector("#live-state:has-text('Live')")
    await system.say(story.MENTORS[0].model_copy(update={"ratio": 9}))
    await page.wait_for_selector(".feed li:first-child:has-text('Mentor named')", timeout=5000)
    page_wrong = page.wrong
    assert page_wrong == []


async def test_ratings_given_without_a_signal_arrive_once_when_it_is_back(system, page_of):
    await story.enrol(system, story.COHORT.first_monday)
    mentor, mentor_id = await story.workshop_week(system)

    async def people():
        answer = await system.ask(mentor, "GET", f"/feedback/v1/mentors/{mentor_id}/tasks")
        return answer.status_code == 200 and answer.json()["tasks"]

    tasks = await system.until(people, "a trainee for this mentor")
    page = await page_of(mentor, "en", 390)
    await page.goto(system.url + "/feedback/rate")
    await page.click(".phone-list a >> nth=0")
    await page.context.set_offline(True)
    form = page.locator("[data-trainee]:not([hidden]) form")
    await form.locator("input[type=radio][value='2'] >> nth=0").check(force=True)
    await form.locator("button").click()
    assert "saved on this phone" in await page.inner_text("#signal")
    assert await rated(system) == 0
    await page.context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await page.wait_for_selector("#signal:has-text('Sent.')")
    await page.reload()
    assert await rated(system) == 1, tasks


async def test_steps_answered_on_a_phone_become_one_rating_and_an_open_step_is_asked_for(system, page_of):
    await story.enrol(system, story.COHORT.first_monday)
    mentor, mentor_id = await story.workshop_week(system)

    async def people():
        answer = await system.ask(mentor, "GET", f"/feedback/v1/mentors/{mentor_id}/tasks")
        return answer.status_code == 200 and answer.json()["tasks"]

    await system.until(people, "a trainee for this mentor")
    await story.agree_steps(system)
    page = await page_of(mentor, "en", 390)
    await page.goto(system.url + "/feedback/rate")
    await page.click(".phone-list a >> nth=0")
    form = page.locator("[data-trainee]:not([hidden]) form")
    await form.locator("summary:has-text('step by step')").click()
    for at, said in enumerate("110"):
        await form.locator(f"[data-step] >> nth={at}").locator(f"input[value='{said}']").check()
    await form.locator("button").click()
    assert "Answer every step" in await form.locator("[data-fault]").inner_text()
    await page.reload()
    await form.locator("[data-step] >> nth=3").locator("input[value='1']").check()
    assert "level 4" in await form.locator("[data-gives]").inner_text()
    await form.locator("button").click()
    await page.wait_for_selector("#signal:has-text('Sent.')")
    told = (await people())[0]["competencies"]
    assert [one["last_level"] for one in told if one["competency"] == "safety"] == [4]
    assert page.wrong == []


async def test_a_comment_waits_on_the_phone_with_its_rating_and_a_panel_says_what_it_is_about(
    system, page_of
):
    await story.enrol(system, story.COHORT.first_monday)
    mentor, mentor_id = await story.workshop_week(system)

    async def people():
        answer = await system.ask(mentor, "GET", f"/feedback/v1/mentors/{mentor_id}/tasks")
        return answer.status_code == 200 and answer.json()["tasks"]

    await system.until(people, "a trainee for this mentor")
    page = await page_of(mentor, "en", 390)
    await page.goto(system.url + "/feedback/rate")
    await page.click(".phone-list a >> nth=0")
    form = page.locator("[data-trainee]:not([hidden]) form")
    first = form.locator("[data-competency] >> nth=0")
    await first.locator("summary:has-text('add a comment')").click()
    await first.locator("textarea").fill("连铸操作时 the casting speed went up too fast.")
    await form.locator("button").click()
    assert "A comment stands beside a rating" in await form.locator("[data-fault]").inner_text()
    await page.reload()
    await first.locator("input[type=radio][value='2']").check(force=True)
    assert "too fast" in await first.locator("textarea").input_value()
    await form.locator("button").click()
    await page.wait_for_selector("#signal:has-text('Sent.')")
    panel = await page_of("panel-enterprise", "zh", 390)
    await panel.goto(system.url + "/feedback/comments")
    assert await panel.is_checked("text=连铸操作 >> xpath=ancestor::label/preceding-sibling::input")
    await panel.click("button:has-text('确认涉及以上能力')")
    await panel.wait_for_selector("text=涉及：")
    assert await panel.inner_text(".card .bd b") == "连铸操作"
    assert page.wrong == panel.wrong == []


async def test_a_coordinator_takes_a_framework_from_a_file_with_a_fault_and_then_without(system, page_of):
    await story.enrol(system, story.TODAY)
    page = await page_of("coordinator", "en", 390)
    await page.goto(system.url + "/curriculum/plans")
    await page.click("main a:has-text('Frameworks')")
    faulty = {"name": "x.json", "mimeType": "application/json", "buffer": b'{"CFDocument": {}}'}
    await page.set_input_files("#file", faulty)
    await page.click("text=Check and take it in")
    await page.wait_for_selector("[role=alert]:has-text('no UUID')")
    await page.set_input_files("#file", story.PACKAGE)
    await page.click("text=Check and take it in")
    async with page.expect_download() as started:
        await page.click(f"a[href$='CFPackages/{story.CASE}']")
    taken = Path(await (await started.value).path()).read_text()
    assert json.loads(taken) == json.loads(story.PACKAGE.read_text())
    await page.click(f"a[href='/curriculum/frameworks/{story.CASE}']")
    await page.fill("#like", "no such words")
    await page.click("button:has-text('Search')")
    assert "No competency of these words." in await page.inner_text("main")
    await page.goto(system.url + f"/curriculum/frameworks/positions/{story.POSITION.position_id}")
    await page.select_option("#plan", str(story.id_of("plan")))
    await page.click("button:has-text('Show')")
    assert await page.locator("tbody .pill").all_inner_texts() == ["in no framework"] * 4
    assert [one for one in page.wrong if "422" not in one] == []


async def rated(system) -> int:
    answer = await system.ask(
        "coordinator", "GET", f"/feedback/v1/ratings?cohort_id={story.COHORT.cohort_id}"
    )
    return answer.json()["ratings"]
