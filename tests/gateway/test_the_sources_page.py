"""Sources and keys on their page: made, rotated and revoked by an administrator, seen by their own enterprise."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.gateway.model import Source

KEY = re.compile(r"tlr_[0-9a-f]{12}_[0-9a-f]{64}")
HTML = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def admin(token_for):
    return {**token_for("admin"), **HTML}


@pytest.fixture
def made(client, admin):
    """`await made(enterprise)` -> the page that shows the new source's first key."""

    async def make(enterprise, name="Jingye MES"):
        form = {"name": name, "enterprise": str(enterprise), "quota": "60"}
        return await client.post("/sources", headers=admin, data=form)

    return make


def bearer(page):
    return {"Authorization": f"Bearer {KEY.search(page.text)[0]}"}


async def test_a_new_source_shows_its_key_once_and_the_key_opens_the_door(
    client, admin, made, enterprise, post, rated
):
    page = await made(enterprise)
    later = await client.get("/sources", headers=admin)

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert (await post(rated(), bearer(page))).status_code == 202
    assert "Jingye MES" in later.text
    assert KEY.search(later.text) is None


async def test_a_key_is_rotated_with_overlap_and_revoked_at_once(
    client, admin, made, enterprise, post, rated
):
    first = bearer(await made(enterprise))
    key_id = first["Authorization"].split("_")[1]

    rotated = await client.post(f"/sources/keys/{key_id}/rotate", headers=admin, data={"overlap_hours": "1"})
    second = bearer(rotated)
    during = [(await post(rated(f"r-{n}"), each)).status_code for n, each in enumerate((first, second))]
    revoked = await client.post(f"/sources/keys/{key_id}/revoke", headers=admin)
    after = [(await post(rated(f"s-{n}"), each)).status_code for n, each in enumerate((first, second))]

    assert "in force until" in rotated.text
    assert f"Key {key_id} opens nothing any more." in revoked.text
    assert (during, after) == ([202, 202], [401, 202])


async def test_a_scope_chosen_on_the_page_is_the_scope_of_the_key(
    client, admin, made, enterprise, post, rated
):
    await made(enterprise)
    source = re.search(r"/sources/([0-9a-f-]{36})/keys", (await client.get("/sources", headers=admin)).text)
    page = await client.post(source[0], headers=admin, data={"event_types": ["MentorLeft"]})

    refused = await post(rated(), bearer(page))

    assert (refused.status_code, refused.json()["code"]) == (403, "E-GTW-SCOPE")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"enterprise": "Jingye"}, "enterprise_id"),
        ({"quota": "none"}, "quota_per_minute"),
    ],
)
async def test_what_is_wrong_with_a_form_is_said_on_the_page_and_nothing_is_kept(
    client, admin, sessions, given, field
):
    form = {"name": "MES", "enterprise": str(uuid4()), "quota": "60", **given}

    page = await client.post("/sources", headers=admin, data=form)

    assert page.status_code == 422
    assert "E-TLD-422" in page.text
    assert f"({field})" in page.text
    async with sessions() as session:
        assert (await session.scalars(select(Source))).all() == []


async def test_an_unknown_key_is_refused_by_name(client, admin):
    page = await client.post("/sources/keys/0123456789ab/rotate", headers=admin)

    assert page.status_code == 404
    assert "E-GTW-NOKEY" in page.text


async def test_an_integrator_sees_the_own_sources_with_their_refusals_and_changes_nothing(
    client, made, enterprise, post, rated, token_for
):
    key = bearer(await made(enterprise))
    await made(uuid4(), name="Another plant")
    await post(rated(level=9), key)
    integrator = {**token_for("integrator", enterprise_id=enterprise), **HTML}

    page = await client.get("/sources", headers=integrator)
    attempts = [
        await client.post("/sources", headers=integrator, data={"name": "x"}),
        await client.post(f"/sources/keys/{key['Authorization'].split('_')[1]}/revoke", headers=integrator),
    ]

    assert "Jingye MES" in page.text
    assert "Another plant" not in page.text
    assert "E-GTW-SCHEMA" in page.text
    assert [answer.status_code for answer in attempts] == [403, 403]
    assert (await client.get("/sources", headers={**token_for("manager"), **HTML})).status_code == 403
