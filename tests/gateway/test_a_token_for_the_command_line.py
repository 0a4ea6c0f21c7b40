"""Whoever is signed in on a page may take their rights to a terminal."""

import re

import pytest

HTML = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def make_token(client):
    async def make(headers, **more):
        return await client.post(
            "/command-line", headers={**headers, **HTML, "Sec-Fetch-Site": "same-origin", **more}
        )

    return make


def token_in(page):
    return re.search(r"TAILORED_TOKEN=([\w.-]+)", page.text)[1]


async def test_a_token_from_the_page_opens_what_its_owner_may_do_and_no_more(client, token_for, make_token):
    operator = {"Authorization": f"Bearer {token_in(await make_token(token_for('operator')))}"}

    assert (await client.get("/gateway/v1/failed", headers=operator)).status_code == 200
    assert (await client.get("/v1/keys", headers=operator)).status_code == 403


async def test_looking_at_the_page_makes_no_token(client, token_for):
    page = await client.get("/command-line", headers={**token_for("admin"), **HTML})

    assert page.status_code == 200
    assert "TAILORED_TOKEN" not in page.text
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", ["mentor", "trainee", "panel-college", "panel-enterprise", "teacher"])
async def test_those_who_have_nothing_to_do_at_a_terminal_get_none(token_for, make_token, role):
    assert (await make_token(token_for(role))).status_code == 403


async def test_another_site_cannot_ask_for_one(token_for, make_token):
    page = await make_token(token_for("admin"), **{"Sec-Fetch-Site": "cross-site"})

    assert page.status_code == 403
    assert "TAILORED_TOKEN" not in page.text
