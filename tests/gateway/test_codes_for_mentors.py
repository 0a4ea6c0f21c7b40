"""A mentor without any account comes in with a code from a letter, and only as long as it is in force."""

import re
from datetime import date
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException
from sqlalchemy import update
from sqlmodel import col

from services.gateway.model import Account, at_once
from shared.events.enterprise import MentorNamed
from shared.web.codes import ALPHABET
from shared.web.identity import COOKIE, Role, verify

WRITTEN = re.compile(rf"[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}-[{ALPHABET}]{{5}}")
HTML = {"Accept": "text/html", "Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def recruitment(client):
    """Recruitment, which knows none of these codes."""
    stage = FastAPI()

    @stage.post("/recruitment/v1/codes/owner")
    async def owner():
        raise HTTPException(404)

    client.app.state.transport = httpx.ASGITransport(stage)


@pytest.fixture
async def mentors(client, enterprise, sessions, key, post):
    """Two mentors whom the enterprise has named."""
    named = [uuid4(), uuid4()]
    for number, mentor in enumerate(named):
        event = {
            "specversion": "1.0", "id": f"m-{number}", "source": "urn:jingye:mes",
            "type": MentorNamed.type_name(),
            "data": {"mentor_id": str(mentor), "workshop_id": str(uuid4()), "station_id": str(uuid4()), "ratio": 3,
                     "effective_from": str(date(2021, 9, 6))},
        }  # fmt: skip
        assert (await post(event, key)).status_code == 202
    return named


@pytest.fixture
def made(client, token_for, enterprise):
    """`await made()` -> a new code for each mentor of the enterprise, by person."""

    async def make(**more):
        body = {"kind": "mentor", "enterprise_id": str(enterprise), **more}
        answer = await client.post("/v1/people/codes", headers=token_for("admin"), json=body)
        assert answer.status_code == 201, answer.text
        return {one["person_id"]: one for one in answer.json()["codes"]}

    return make


@pytest.fixture
def come_in(client, signing_keys):
    """`await come_in(code)` -> (the answer, whom its cookie names or None)."""

    async def typed(code):
        client.cookies.clear()
        answer = await client.post("/a", data={"code": code}, headers=HTML)
        token = answer.cookies.get(COOKIE)
        return answer, verify(token, signing_keys[1]) if token else None

    return typed


async def test_every_mentor_whom_the_enterprise_named_gets_a_letter_and_comes_in_as_that_mentor(
    client, mentors, enterprise, made, come_in, token_for
):
    codes = await made()
    answer, person = await come_in(codes[str(mentors[0])]["code"].lower().replace("-", " "))

    listed = (await client.get("/v1/people", headers=token_for("admin"))).json()["people"]

    assert set(codes) == set(map(str, mentors))
    assert [one["person_id"] for one in listed if one["seen_at"]] == [str(mentors[0])]
    assert "code_hash" not in listed[0]
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (person.person_id, person.enterprise_id, person.roles) == (mentors[0], enterprise, {Role.MENTOR})


async def test_a_new_letter_ends_the_code_of_the_one_before_and_a_withdrawn_code_opens_nothing(
    client, mentors, made, come_in, token_for
):
    first = (await made())[str(mentors[0])]
    second = (await made())[str(mentors[0])]
    old, _ = await come_in(first["code"])
    new, _ = await come_in(second["code"])
    await client.delete(f"/v1/people/{second['account_id']}/code", headers=token_for("admin"))
    withdrawn, nobody = await come_in(second["code"])

    assert [one.status_code for one in (old, new, withdrawn)] == [404, 303, 404]
    assert nobody is None


async def test_an_open_page_is_renewed_only_while_the_code_is_in_force(
    client, mentors, made, come_in, sessions
):
    code = (await made())[str(mentors[0])]["code"]
    came, _ = await come_in(code)
    client.cookies.set(COOKIE, came.cookies[COOKIE])
    open_page = {"Sec-Fetch-Site": "same-origin"}
    during = await client.post("/sign-in/renew", headers=open_page)
    async with sessions.begin() as session:
        await session.execute(update(Account).values(code_ends_at=at_once()))
    after = await client.post("/sign-in/renew", headers=open_page)
    late, _ = await come_in(code)

    assert [one.status_code for one in (during, after, late)] == [204, 401, 404]


async def test_an_open_page_ends_with_its_code_also_where_a_new_one_was_drawn_or_the_account_may_do_more(
    client, mentors, made, come_in, sessions
):
    first, other = mentors
    pages = [(await come_in((await made())[str(mentor)]["code"]))[0].cookies[COOKIE] for mentor in mentors]
    open_page = {"Sec-Fetch-Site": "same-origin"}
    # `made` drew new codes for both when the second mentor came in, so the first page's code is an old one.
    async with sessions.begin() as session:
        mine = update(Account).where(col(Account.person_id) == other)
        await session.execute(mine.values(roles=["mentor", "coordinator"], issuer="https://idp.example"))
        known = update(Account).where(col(Account.person_id) == first)
        await session.execute(known.values(issuer="https://idp.example"))
    answers = []
    for page in pages:
        client.cookies.clear()
        client.cookies.set(COOKIE, page)
        answers.append(await client.post("/sign-in/renew", headers=open_page))

    assert [one.status_code for one in answers] == [401, 401]


async def test_an_ended_account_has_no_code_and_gets_none(client, mentors, made, come_in, token_for):
    codes = await made()
    mine = codes[str(mentors[0])]
    await client.delete(f"/v1/people/{mine['account_id']}", headers=token_for("admin"))
    answer, _ = await come_in(mine["code"])

    assert answer.status_code == 404
    assert set(await made()) == {str(mentors[1])}


async def test_who_may_do_more_than_a_mentor_gets_no_code(
    client, mentors, made, come_in, enterprise, token_for
):
    mine = (await made())[str(mentors[0])]
    path, admin = f"/v1/people/{mine['account_id']}", token_for("admin")
    more = {"roles": ["mentor", "panel-enterprise"], "enterprise_id": str(enterprise)}
    await client.put(path, headers=admin, json=more)
    answer, _ = await come_in(mine["code"])
    refused = await client.post(f"{path}/code", headers=admin, json={})

    assert answer.status_code == 404
    assert (refused.status_code, refused.json()["code"]) == (409, "E-GTW-NOT-BY-CODE")
    assert set(await made()) == {str(mentors[1])}


async def test_letters_are_printed_from_the_page_with_a_qr_code_each_and_codes_are_kept_nowhere(
    client, mentors, enterprise, sessions, token_for
):
    admin = token_for("admin") | HTML
    form = {"kind": "mentor", "enterprise_id": str(enterprise), "days": "30"}
    page = await client.post("/people/codes", headers=admin, data=form)
    listed = await client.get("/people", headers=admin)
    wrong = await client.post("/people/codes", headers=admin, data={**form, "days": "0"})
    nobody = await client.post("/people/codes", headers=token_for("coordinator") | HTML, data=form)

    assert len(set(WRITTEN.findall(page.text))) == 2
    assert page.text.count("<svg viewBox") >= 2
    assert page.headers["cache-control"] == "no-store"
    assert not WRITTEN.search(listed.text)
    assert "code in force until" in listed.text
    assert (wrong.status_code, nobody.status_code) == (422, 403)


async def test_mentors_of_another_enterprise_get_no_letter_of_this_one(client, mentors, made, token_for):
    assert await made(enterprise_id=str(uuid4())) == {}


async def test_an_integrator_prints_letters_for_the_own_mentors_and_for_nobody_else(
    client, mentors, enterprise, token_for
):
    ours = token_for("integrator", enterprise_id=enterprise)
    theirs = token_for("integrator", enterprise_id=uuid4())
    body = {"kind": "mentor", "enterprise_id": str(enterprise)}
    own = await client.post("/v1/people/codes", headers=ours, json=body)
    trainees = await client.post("/v1/people/codes", headers=ours, json={**body, "kind": "trainee"})
    others = await client.post("/v1/people/codes", headers=theirs, json=body)
    page = await client.get("/people/codes", headers=ours | HTML)
    people = await client.get("/people", headers=ours | HTML)

    assert len(own.json()["codes"]) == 2
    assert [one.status_code for one in (trainees, others, page, people)] == [403, 403, 200, 403]
    assert f'value="{enterprise}" readonly' in page.text
