"""A revision as its people play it in a browser: handed on, back again, two at a time, on a phone, after its end."""

from typing import Any

from shared.web import personas
from tests.web import story


async def act(page: Any, form: str, button: str | None = None, **fill: str) -> None:
    """Fill the form of one act, as a person who opens it does, and send it."""
    found = page.locator(f'form[action$="/{form}"]').first
    await found.evaluate("form => form.closest('details')?.setAttribute('open', '')")
    for name, value in fill.items():
        await found.locator(f'[name="{name}"]').fill(value)
    await (found.locator(f'button[value="{button}"]') if button else found.locator("button")).first.click()
    await page.wait_for_load_state("networkidle")


async def test_a_vote_goes_out_and_comes_back_and_two_tabs_do_not_overrun_each_other(system, page_of):
    url = f"{system.url}/curriculum/revisions/{await story.tell(system)}"
    teacher_id = str(personas.PERSONAS["teacher"].person_id)

    async def opened(persona, language="en", width=1360):
        page = await page_of(persona, language, width)
        await page.goto(url, wait_until="networkidle")
        return page

    async def told(page):
        """What was refused, if it stands where the eye falls after sending."""
        box = await page.locator('[role="alert"]').bounding_box()
        assert box, "nothing is said"
        assert box["y"] < await page.evaluate("innerHeight"), "it is said below the fold"
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert all("Failed to load resource" in each for each in page.wrong), page.wrong
        return await page.inner_text('[role="alert"]')

    giver, stale = await opened("panel-college"), await opened("panel-college-2", "zh", 390)
    await act(giver, "delegations", to="somebody")
    assert giver.url == url, "the browser asks for an id and sends nothing"
    await act(giver, "delegations", to=teacher_id)
    assert not await giver.locator('form[action$="/votes"]').count()
    teacher = await opened("teacher", width=390)
    await act(teacher, "votes", "return")
    assert "Say why" in await told(teacher)
    await act(teacher, "votes", "approve")
    assert "You have voted" in await teacher.inner_text("#approval")
    await act(teacher, "conflicts", comment="my brother runs the line")
    assert "the vote is again with College panel 1" in await teacher.inner_text(".hist")
    await giver.reload()
    assert await giver.locator('form[action$="/votes"]').count() == 1

    coordinator = await opened("coordinator", "zh")
    await act(coordinator, "draft", **{"casting|theory": "1999"})
    assert "其模块需" in await told(coordinator)
    assert await coordinator.locator('[name="casting|theory"]').input_value() == "1999"
    await act(coordinator, "draft", **{"casting|theory": "70"})
    await act(stale, "votes", "approve")
    assert "该提案在您阅读之后已被修改" in await told(stale)
    late = await opened("panel-college-3", "zh", 390)
    enterprise = await opened("panel-enterprise")
    await act(enterprise, "votes", "reject", comment="not now")
    await act(late, "votes", "approve")
    assert "当前状态" in await told(late)

    again = await opened("coordinator", width=390)
    await act(again, "reopen", comment="the furnace is back")
    assert again.url != url
    assert "takes up an earlier revision again" in await again.inner_text("main")
    assert not [
        each for page in (giver, teacher, again) for each in page.wrong if "Failed to load" not in each
    ]
