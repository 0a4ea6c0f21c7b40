"""The catalogue page checks an event by every rule of the door, and sends it only when told to."""

import json
import re

import pytest
from sqlalchemy import func, select

from services.gateway.model import Accepted, LoggedEvent, Refusal

HTML = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def integrator(token_for, enterprise):
    return {**token_for("integrator", enterprise_id=enterprise), **HTML}


@pytest.fixture
def attempt(client, integrator, rated):
    async def send(data=None, headers=None, **form):
        text = json.dumps(rated()["data"]) if data is None else data
        form = {"data": text, **form}
        return await client.post("/catalogue/TraineeRated/try", headers=headers or integrator, data=form)

    return send


async def traces(sessions):
    async with sessions() as session:
        kept = (Accepted, LoggedEvent, Refusal)
        return [await session.scalar(select(func.count()).select_from(one)) for one in kept]


async def test_a_check_says_that_it_would_be_taken_and_leaves_nothing(attempt, sessions):
    page = await attempt()

    assert "It would be taken. Nothing was sent or kept." in page.text
    assert await traces(sessions) == [0, 0, 0]


async def test_a_check_names_each_wrong_field_and_leaves_nothing(attempt, rated, sessions):
    page = await attempt(json.dumps(rated(level=9, colour="red")["data"]))

    assert "E-GTW-SCHEMA" in page.text
    assert "<code>level</code>" in page.text
    assert "<code>colour</code>" in page.text
    assert await traces(sessions) == [0, 0, 0]


async def test_what_is_sent_is_taken_and_can_be_followed(attempt, client, integrator, sessions):
    page = await attempt(send="yes")
    path = re.search(r"/events/[0-9a-f-]{36}", page.text)[0]

    assert await traces(sessions) == [1, 1, 0]
    assert (await client.get(path, headers=integrator)).status_code == 200


@pytest.mark.parametrize(
    "nonsense", ["", "{", "[]", '"x"', '{"a": NaN}', "\ud800".encode("utf-8", "replace").decode()]
)
async def test_nonsense_is_refused_with_a_way_out(attempt, sessions, nonsense):
    page = await attempt(nonsense)

    assert "E-GTW-JSON" in page.text
    assert "What to do:" in page.text
    assert await traces(sessions) == [0, 0, 0]


async def test_who_is_nobodys_hand_sends_nothing_and_is_not_offered_to(attempt, client, token_for, sessions):
    manager = {**token_for("manager"), **HTML}

    page = await attempt(headers=manager, send="yes")

    assert "E-GTW-SCOPE" in page.text
    assert await traces(sessions) == [0, 0, 0]
    assert "Check only" not in (await client.get("/catalogue/TraineeRated", headers=manager)).text
