"""The door for applicants: a code of a letter signs in with a narrow token; wrong ones are counted."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request

from services.gateway.knocking import WRONG_TRIES
from shared.web.identity import COOKIE, Role, verify

CODE = "ABCD-EFGH-JKLMN"
PAGE = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture
def recruitment(client):
    """Recruitment, as it answers whose code it is."""
    stage = FastAPI()
    found = {"applicant_id": str(uuid4()), "application_id": str(uuid4()), "asked": [], "away": False}

    @stage.post("/recruitment/v1/codes/owner")
    async def owner(request: Request):
        if found["away"]:
            raise HTTPException(503)
        found["asked"].append((await request.json())["code"])
        if found["asked"][-1] != CODE:
            raise HTTPException(404)
        return {name: found[name] for name in ("applicant_id", "application_id")}

    client.app.state.transport = httpx.ASGITransport(stage)
    return found


async def typed(client, code, **headers):
    return await client.post("/a", data={"code": code}, headers={**PAGE, **headers})


async def test_a_code_signs_in_its_applicant_with_no_right_but_their_own_page(
    client, recruitment, signing_keys
):
    answer = await typed(client, CODE)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/recruitment/applications/{recruitment['application_id']}"
    token = answer.cookies[COOKIE]
    person = verify(token, signing_keys[1])
    assert (str(person.person_id), person.roles) == (recruitment["applicant_id"], {Role.APPLICANT})
    assert (person.side, person.college_id, person.enterprise_id) == (None, None, None)
    mine = {"Authorization": f"Bearer {token}"}
    for closed in ("/", "/events", "/excel", "/v1/events"):
        refused = await client.get(closed, headers=mine)
        assert (refused.status_code, refused.json()["code"]) == (403, "E-WEB-OWN"), closed
    renewed = await client.post("/sign-in/renew", headers=mine)
    assert renewed.status_code == 403


async def test_a_link_with_a_code_fills_the_form_and_opens_nothing_by_itself(client, recruitment):
    page = await client.get(f"/a/{CODE}", headers=PAGE)
    assert page.status_code == 200
    assert f'value="{CODE}"' in page.text
    assert COOKIE not in page.cookies
    assert recruitment["asked"] == []
    chinese = await client.get("/a", headers={**PAGE, "Accept-Language": "zh"})
    assert "通知书上的访问码" in chinese.text


async def test_a_wrong_code_is_refused_in_words_and_after_too_many_even_the_right_one_from_there(
    client, recruitment
):
    there = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9"}
    for number in range(WRONG_TRIES):
        answer = await typed(client, f"WRONG{number}", **there)
        assert answer.status_code == 404
        assert "compare" in answer.text.lower()
        assert COOKIE not in answer.cookies
    answer = await typed(client, CODE, **there)
    assert answer.status_code == 429
    assert "Too many wrong codes" in answer.text
    assert CODE not in recruitment["asked"]
    spoofed = await typed(client, CODE, **{"X-Forwarded-For": "192.0.2.1, 198.51.100.9"})
    assert spoofed.status_code == 429
    elsewhere = await typed(client, CODE, **{"X-Forwarded-For": "192.0.2.1"})
    assert elsewhere.status_code == 303


async def test_right_codes_are_not_counted_so_that_a_class_may_come_from_one_address(client, recruitment):
    for _ in range(WRONG_TRIES + 1):
        assert (await typed(client, CODE)).status_code == 303


async def test_where_recruitment_is_away_the_page_says_so_and_counts_nothing(client, recruitment):
    recruitment["away"] = True
    for _ in range(WRONG_TRIES + 1):
        answer = await typed(client, CODE)
        assert answer.status_code == 503
    assert "Try again in a minute" in answer.text
    recruitment["away"] = False
    assert (await typed(client, CODE)).status_code == 303


async def test_a_form_of_another_site_signs_nobody_in(client, recruitment):
    answer = await typed(client, CODE, **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert recruitment["asked"] == []
