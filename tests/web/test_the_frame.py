"""Who may see a page, in which language, and under which headers; without a browser."""

import pytest
from httpx import ASGITransport, AsyncClient

from services.curriculum.app import create
from shared.settings import Settings
from shared.web import personas
from shared.web.identity import COOKIE, issue
from shared.web.language import accepted
from shared.web.names import NAMES
from shared.web.translations.__main__ import LOCALES, faults


@pytest.fixture
async def curriculum(database_url, settings_for):
    app = create(settings_for(await database_url("curriculum")))
    async with AsyncClient(transport=ASGITransport(app), base_url="https://tailored.test") as client:
        yield client
    await app.state.sessions.kw["bind"].dispose()


@pytest.fixture
def signed_in_as(curriculum, signing_keys):
    def sign_in(persona):
        curriculum.cookies.set(COOKIE, issue(personas.PERSONAS[persona], signing_keys[0]))
        return curriculum

    return sign_in


HTML = {"Accept": "text/html"}


async def test_a_page_says_what_it_may_load(signed_in_as):
    answer = await signed_in_as("coordinator").get("/curriculum/plans", headers=HTML)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;")
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


async def test_nobody_is_led_to_the_sign_in_page_and_back(curriculum):
    answer = await curriculum.get("/curriculum/plans", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/curriculum/plans"


async def test_a_form_from_another_site_is_refused_though_the_cookie_comes_with_it(signed_in_as):
    client = signed_in_as("coordinator")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.test"}, {}):
        answer = await client.post("/curriculum/v1/teachers", json={"name": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "E-WEB-403")
    same = {"Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/curriculum/v1/teachers", json={"name": "x"}, headers=same)).status_code != 403


async def test_a_language_chosen_in_the_address_is_kept(signed_in_as):
    client = signed_in_as("coordinator")
    chosen = await client.get("/curriculum/plans?lang=en", headers=HTML)
    assert '<html lang="en">' in chosen.text
    assert client.cookies["lang"] == "en"
    assert "No plan yet." in (await client.get("/curriculum/plans", headers=HTML)).text


async def test_a_refusal_that_a_person_reads_is_a_page(signed_in_as):
    client = signed_in_as("coordinator")
    path = f"/curriculum/revisions/{personas.JINGYE}"
    answer = await client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "<html" in answer.text
    assert (await client.get(path)).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("fr", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-CN,en;q=0.8", "zh"),
        ("en;q=0.2,zh;q=0.9", "zh"),
    ],
)
def test_chinese_comes_first_unless_english_is_preferred(header, language):
    assert accepted(header) == language


def test_a_process_outside_the_demo_does_not_start_with_personas():
    with pytest.raises(personas.PersonasOutsideTheDemo):
        personas.check(
            Settings(database_url="postgresql+asyncpg://x", environment="production", personas=True)
        )


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_of_every_page_is_translated(locale):
    assert list(faults(locale)) == []


def test_every_code_has_a_name_in_both_languages():
    assert all(zh and en for names in NAMES.values() for zh, en in names.values())
