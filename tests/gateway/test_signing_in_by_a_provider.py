"""People sign in by the identity provider of their college; what they may do is said by an administrator."""

from uuid import UUID, uuid4

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select

from services.gateway.model import Account
from services.gateway.provider import Oidc, Provider, ProviderHalfSet
from shared.web.identity import COOKIE, Role, verify
from tests.gateway import identity_provider

HERE = "http://tailored.test"
HTML = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
async def provider(client):
    async with identity_provider.running() as provider:
        oidc = Oidc(
            issuer=provider.issuer, client_id="tailored", client_secret="s", public_url=HERE, admins="boss"
        )
        client.app.state.provider = Provider(oidc)
        yield provider


@pytest.fixture
def sign_in(client, provider, signing_keys):
    """`await sign_in()` -> (the last answer, whom its cookie names or None), as a browser follows it."""

    async def browse(back="/", **person):
        provider.person |= person
        client.cookies.clear()
        out = await client.get("/sign-in/oidc", params={"next": back})
        async with httpx.AsyncClient() as browser:
            there = await browser.get(out.headers["location"])
        cookie = out.headers["set-cookie"].split(";")[0]
        answer = await client.get(there.headers["location"], headers={**HTML, "Cookie": cookie})
        given = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{COOKIE}=")]
        return answer, verify(given[0].split(";")[0].partition("=")[2], signing_keys[1]) if given else None

    return browse


async def account(sessions, subject="u-1"):
    async with sessions() as session:
        return (await session.scalars(select(Account).where(Account.subject == subject))).one()


async def test_a_stranger_waits_until_an_administrator_gives_a_role_and_then_comes_in(
    client, sign_in, sessions, token_for
):
    enterprise, mentor = uuid4(), uuid4()
    first, nobody = await sign_in()
    listed = (await client.get("/v1/people", headers=token_for("admin"))).json()["people"]
    granted = await client.put(
        f"/v1/people/{listed[0]['account_id']}", headers=token_for("admin"),
        json={"roles": ["mentor"], "enterprise_id": str(enterprise), "person_id": str(mentor)},
    )  # fmt: skip
    second, person = await sign_in(back="/feedback/rate")

    assert (first.status_code, nobody) == (403, None)
    assert "nobody has said yet what you may do" in first.text
    assert [one["name"] for one in listed] == ["Li Wei"]
    assert granted.status_code == 200
    assert (second.status_code, second.headers["location"]) == (303, "/feedback/rate")
    assert (person.person_id, person.enterprise_id, person.roles) == (mentor, enterprise, {Role.MENTOR})
    assert person.side == "enterprise"


async def test_whom_the_operator_names_is_an_administrator_at_once(sign_in):
    _, person = await sign_in(sub="boss")

    assert person.roles == {Role.ADMIN}


async def test_a_person_prepared_by_address_comes_in_at_the_first_sign_in_if_the_address_is_verified(
    client, sign_in, token_for
):
    new = {"email": "Wang@example.org", "roles": ["panel-college"], "college_id": str(uuid4())}
    prepared = await client.post("/v1/people", headers=token_for("admin"), json=new)
    twice = await client.post("/v1/people", headers=token_for("admin"), json=new)
    _, unverified = await sign_in(sub="u-2", email="wang@example.org", email_verified=False)
    _, verified = await sign_in(sub="u-3", email="wang@example.org", email_verified=True)

    assert prepared.status_code == 201
    assert (twice.status_code, twice.json()["code"]) == (409, "E-GTW-PERSON")
    assert unverified is None
    assert verified.person_id == UUID(prepared.json()["person_id"])
    assert verified.side == "college"


async def test_an_ended_account_opens_nothing_and_an_open_page_is_not_renewed(
    client, sign_in, sessions, token_for
):
    _, admin = await sign_in(sub="boss")
    cookie = {"Sec-Fetch-Site": "same-origin"}
    mine = (await account(sessions, "boss")).account_id
    await client.put(f"/v1/people/{mine}", headers=token_for("admin"), json={"roles": ["operator"]})
    _, operator = await sign_in(sub="u-9")
    from shared.web.identity import issue

    assert admin.roles == {Role.ADMIN}
    assert operator is None
    token = issue(admin, client.app.state.settings.signing_key)
    client.cookies.set(COOKIE, token)
    renewed = await client.post("/sign-in/renew", headers=cookie)
    now = verify(
        renewed.headers["set-cookie"].split(";")[0].partition("=")[2], client.app.state.settings.verify_key
    )
    await client.delete(f"/v1/people/{mine}", headers=token_for("admin"))
    ended = await client.post("/sign-in/renew", headers=cookie)

    assert now.roles == {Role.OPERATOR}
    assert ended.status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example"}, {"aud": "another"}, {"nonce": "of another sign-in"}, {"exp": 1},
        {"aud": ["tailored", "another"], "azp": "another"}, {"sub": ""},
    ],
)  # fmt: skip
async def test_an_answer_that_is_not_for_us_or_not_for_this_sign_in_is_refused(provider, sign_in, lie):
    provider.lies = lie

    answer, person = await sign_in()

    assert (answer.status_code, person) == (403, None)
    assert "E-GTW-OIDC" in answer.text


async def test_a_token_signed_by_a_key_that_the_provider_does_not_publish_is_refused(provider, sign_in):
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "one"})

    answer, person = await sign_in()

    assert (answer.status_code, person) == (403, None)


async def test_a_key_that_the_provider_has_changed_since_is_asked_for_once_more(provider, sign_in):
    await sign_in()
    provider.key = RSAKey.generate_key(2048, {"kid": "two"})

    _, person = await sign_in(sub="boss")

    assert person.roles == {Role.ADMIN}
    assert provider.seen == ["keys", "keys"]


async def test_a_code_is_good_once_and_only_in_the_browser_that_began(client, provider):
    out = await client.get("/sign-in/oidc")
    async with httpx.AsyncClient() as browser:
        back = (await browser.get(out.headers["location"])).headers["location"]
    cookie = {"Cookie": out.headers["set-cookie"].split(";")[0], **HTML}
    client.cookies.clear()
    elsewhere = await client.get(back, headers=HTML)
    other_state = await client.get(back + "x", headers=cookie)
    other_issuer = await client.get(back + "&iss=https://elsewhere.example", headers=cookie)
    first = await client.get(back, headers=cookie)
    again = await client.get(back, headers=cookie)

    refused = (elsewhere, other_state, other_issuer, again)
    assert [one.status_code for one in refused] == [403, 403, 403, 403]
    assert all("E-GTW-OIDC" in one.text for one in refused)
    assert "nobody has said yet" in first.text
    assert "invalid_grant" in again.text


async def test_a_provider_that_is_away_is_said_and_says_nothing_of_secrets(client, provider):
    client.app.state.provider = Provider(
        Oidc(issuer="http://127.0.0.1:9", client_id="tailored", public_url=HERE)
    )

    answer = await client.get("/sign-in/oidc", headers=HTML)
    signed_out = await client.get("/sign-in?out=true", headers=HTML)

    assert answer.status_code == 502
    assert "E-GTW-OIDC-AWAY" in answer.text
    assert signed_out.status_code == 200


async def test_the_page_after_signing_out_offers_to_sign_out_of_the_provider_too(client, provider):
    out = await client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    page = await client.get(out.headers["location"], headers=HTML)

    assert f"{provider.issuer}/out?client_id=tailored" in page.text


async def test_one_is_sent_back_to_pages_of_our_own_alone(sign_in):
    answer, _ = await sign_in(back="https://evil.example/", sub="boss")

    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ({"roles": ["mentor", "teacher"], "enterprise_id": str(uuid4()), "college_id": str(uuid4())}, "E-GTW-SIDES"),
        ({"roles": ["mentor"]}, "E-GTW-WHOSE"),
        ({"roles": ["coordinator"]}, "E-GTW-WHOSE"),
        ({"roles": []}, "E-TLD-422"),
    ],
)  # fmt: skip
async def test_roles_that_do_not_go_together_or_are_nobodys_are_refused_on_the_page_too(
    client, sign_in, sessions, token_for, new, code
):
    await sign_in()
    mine = (await account(sessions)).account_id
    admin = token_for("admin")

    refused = await client.put(f"/v1/people/{mine}", headers=admin, json=new)
    page = await client.post(f"/people/{mine}", headers=admin | HTML, data=new)

    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert page.status_code == 422
    assert (await account(sessions)).roles == []


async def test_who_has_had_a_role_keeps_the_person_id_and_no_two_accounts_are_one_person(
    client, sign_in, sessions, token_for
):
    admin, mentor = token_for("admin"), {"roles": ["mentor"], "enterprise_id": str(uuid4())}
    await sign_in()
    await sign_in(sub="u-2")
    one, two = await account(sessions), await account(sessions, "u-2")
    await client.put(f"/v1/people/{one.account_id}", headers=admin, json=mentor)
    kept = {**mentor, "person_id": str(uuid4())}
    taken = {**mentor, "person_id": str(one.person_id)}

    answers = [
        (await client.put(f"/v1/people/{id_}", headers=admin, json=new)).json()["code"]
        for id_, new in ((one.account_id, kept), (two.account_id, taken))
    ]

    assert answers == ["E-GTW-PERSON-KEPT", "E-GTW-PERSON"]


async def test_the_page_gives_a_role_and_only_an_administrator_opens_it(client, sign_in, sessions, token_for):
    await sign_in(name="<b>Li</b>")
    mine = (await account(sessions)).account_id
    form = {"roles": "teacher", "college_id": str(uuid4()), "enterprise_id": "", "person_id": ""}
    page = await client.get("/people", headers=token_for("admin") | HTML)
    given = await client.post(f"/people/{mine}", headers=token_for("admin") | HTML, data=form)
    others = [
        (await client.get("/v1/people", headers=token_for(role))).status_code
        for role in ("coordinator", "operator", "integrator", "mentor")
    ]

    assert "&lt;b&gt;Li&lt;/b&gt;" in page.text
    assert given.status_code == 303
    assert (await account(sessions)).roles == ["teacher"]
    assert others == [403, 403, 403, 403]


def test_half_a_configuration_stops_the_start():
    with pytest.raises(ProviderHalfSet, match="OIDC_CLIENT_ID and OIDC_PUBLIC_URL"):
        Oidc(issuer="https://id.example.org").check()


async def test_without_a_provider_the_page_says_so(client):
    answer = await client.get("/sign-in/oidc", headers=HTML)

    assert answer.status_code == 404
    assert "OIDC_ISSUER" in answer.text
