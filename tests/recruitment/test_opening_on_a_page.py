"""A coordinator opens a programme and an intake on a page, without a program that speaks HTTP."""

import re
from uuid import uuid4

import pytest

from services.recruitment.handlers import keep_agreement_with_its_promises
from shared.events.recruitment import IntakeOpened, ProgrammeOpened

PAGE = "/recruitment/programmes"
EN = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
async def agreement(signed, sessions):
    async with sessions.begin() as session:
        await keep_agreement_with_its_promises(signed, session)
    return signed


@pytest.fixture
def fill_in(client, coordinator):
    async def send(path="", **form):
        return await client.post(f"{PAGE}{path}", data=form, headers={**coordinator, **EN})

    return send


async def test_a_programme_and_its_intake_are_opened_by_two_forms_and_everybody_hears_of_them(
    client, coordinator, agreement, fill_in, said, sessions
):
    position = uuid4()
    opened = await fill_in(
        agreement_id=str(agreement.agreement_id), template="jingye-concentrated", zh="炼钢班", en="",
        position_ids=[str(position)],
    )  # fmt: skip
    page = (await client.get(PAGE, headers={**coordinator, **EN})).text
    programme_id = re.search(r'name="programme_id" required><option value="([^"]+)"', page)[1]
    round_ = await fill_in(
        "/intakes", programme_id=programme_id, year="2021", closes_on="2999-06-30", opens_on="", seats=""
    )

    assert (opened.status_code, opened.headers["location"]) == (303, PAGE)
    assert round_.status_code == 303
    assert (await client.get(round_.headers["location"], headers={**coordinator, **EN})).status_code == 200
    programme, intake = await said(sessions)
    assert isinstance(programme, ProgrammeOpened)
    assert (programme.title.zh, programme.title.en) == ("炼钢班", "炼钢班")
    assert programme.position_ids == [position]
    assert isinstance(intake, IntakeOpened)
    rules = programme.template.selection
    assert intake.seats == (rules.seats or rules.maximum)


async def test_what_is_wrong_is_said_above_the_forms_and_nothing_is_opened(
    fill_in, agreement, said, sessions
):
    page = await fill_in(agreement_id=str(agreement.agreement_id), template="no-such-template")

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert await said(sessions) == []


async def test_without_an_agreement_the_page_says_where_one_comes_from(client, coordinator):
    page = await client.get(PAGE, headers={**coordinator, "Accept-Language": "zh"})

    assert "尚未收到协议" in page.text


@pytest.mark.parametrize("role", ["teacher", "panel-college", "mentor", "integrator"])
async def test_only_the_coordinator_opens_anything(client, token_for, role):
    assert (await client.get(PAGE, headers={**token_for(role), **EN})).status_code == 403
    assert (await client.post(PAGE, data={}, headers={**token_for(role), **EN})).status_code == 403
