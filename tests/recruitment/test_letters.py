"""Letters: a code opens one applicant's own page and nothing else, until a day or until it is withdrawn."""

import csv
import re
from datetime import date, timedelta
from io import BytesIO, StringIO
from uuid import UUID, uuid4

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from services.recruitment.model import Code
from shared.web import codes
from tests.recruitment.world import API, an_intake, apply_all, people, post

WRITTEN = re.compile(rf"[{codes.ALPHABET}]{{4}}-[{codes.ALPHABET}]{{4}}-[{codes.ALPHABET}]{{5}}")


@pytest.fixture
async def intake(client, coordinator, programme):
    found = await an_intake(client, coordinator, programme, seats=4)
    found["rows"] = [{**row, "applicant_id": str(uuid4())} for row in people(6)]
    await apply_all(client, coordinator, found, found["rows"])
    await post(client, coordinator, f"/intakes/{found['intake_id']}/select")
    return found


@pytest.fixture
def make(client, coordinator, intake):
    async def made(**body):
        path = f"/intakes/{intake['intake_id']}/codes"
        answer = await post(client, coordinator, path, body, status=201)
        return {one["application_id"]: one["code"] for one in answer["codes"]}

    return made


@pytest.fixture
def owner(client, token_for):
    async def asked(code):
        body = {"code": code}
        answer = await client.post(f"{API}/codes/owner", json=body, headers=token_for("operator"))
        return answer.json()["application_id"] if answer.status_code == 200 else answer.json()["code"]

    return asked


async def test_a_code_of_sixty_five_bits_names_its_applicant_however_it_is_typed(make, owner, intake):
    made = await make()
    assert len(set(made.values())) == 6
    assert set(made) == {row["application_id"] for row in intake["rows"]}
    for application_id, code in made.items():
        assert WRITTEN.fullmatch(code)
        assert await owner(code) == application_id
        assert await owner(f" {code.lower().replace('-', ' ')} ") == application_id
    assert len(codes.ALPHABET) ** codes.LENGTH >= 2**60
    assert not set("01OI") & set(codes.ALPHABET)


async def test_only_the_hash_of_a_code_is_kept(make, sessions):
    made = await make()
    async with sessions() as session:
        rows = (await session.scalars(select(Code))).all()
    kept = " ".join(str(row.model_dump()) for row in rows)
    assert len(rows) == 6
    assert not any(code in kept or code.replace("-", "") in kept for code in made.values())


async def test_a_wrong_a_withdrawn_a_renewed_and_an_expired_code_are_refused_alike(
    make, owner, client, coordinator, intake, sessions
):
    first = await make()
    one, two, three = list(first)[:3]
    assert await owner("ABCD-EFGH-JKLMN") == "E-RCR-CODE"
    assert await owner("") == "E-RCR-CODE"
    answer = await client.delete(f"{API}/applications/{one}/code", headers=coordinator)
    assert answer.json() == {"withdrawn": 1}
    again = await make(application_ids=[two])
    assert await owner(first[one]) == await owner(first[two]) == "E-RCR-CODE"
    assert await owner(again[two]) == two
    async with sessions.begin() as session:
        (await session.get(Code, UUID(three))).expires_on = date.today() - timedelta(days=1)  # noqa: DTZ011
    assert await owner(first[three]) == "E-RCR-CODE"
    answer = await client.delete(f"{API}/intakes/{intake['intake_id']}/codes", headers=coordinator)
    assert answer.json() == {"withdrawn": 5}
    assert await owner(again[two]) == "E-RCR-CODE"


async def test_only_coordinators_make_and_withdraw_codes_and_only_the_gateway_asks_whose_they_are(
    client, intake, token_for
):
    base = f"{API}/intakes/{intake['intake_id']}/codes"
    own = intake["rows"][0]["application_id"]
    for role in ("applicant", "trainee", "panel-college", "teacher", "operator"):
        for answer in (
            await client.post(base, json={}, headers=token_for(role)),
            await client.post(f"{base}.csv", json={}, headers=token_for(role)),
            await client.delete(base, headers=token_for(role)),
            await client.delete(f"{API}/applications/{own}/code", headers=token_for(role)),
        ):
            assert answer.status_code == 403
    for role in ("applicant", "coordinator"):
        answer = await client.post(f"{API}/codes/owner", json={"code": "x"}, headers=token_for(role))
        assert answer.status_code == 403


async def test_an_application_of_another_intake_is_named_when_a_code_is_asked_for_it(
    client, coordinator, intake
):
    stranger = str(uuid4())
    path = f"/intakes/{intake['intake_id']}/codes"
    answer = await post(client, coordinator, path, {"application_ids": [stranger]}, status=404)
    assert (answer["code"], answer["field"]) == ("E-RCR-APPLICATION", "application_ids")
    assert stranger in answer["detail"]


async def test_who_came_with_a_code_sees_and_answers_their_own_application_and_opens_nothing_else(
    client, intake, token_for
):
    rows = (
        await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes", headers=token_for("manager"))
    ).json()
    mine = next(row for row in rows if row["state"] == "offered")
    other = next(row for row in rows if row["application_id"] != mine["application_id"])
    me = token_for("applicant", person_id=UUID(mine["applicant_id"]))
    page = await client.get(
        f"/recruitment/applications/{mine['application_id']}", headers={**me, "Accept-Language": "en"}
    )
    assert page.status_code == 200
    assert "Accept the seat" in page.text
    assert "/recruitment/intakes" not in page.text
    assert "Make a new code" not in page.text
    assert (await client.get("/recruitment/applications", headers=me)).status_code == 200
    for what in ("", "/explanation"):
        answer = await client.get(f"{API}/applications/{other['application_id']}{what}", headers=me)
        assert answer.status_code == 404
    answer = await client.get(f"/recruitment/applications/{other['application_id']}", headers=me)
    assert answer.status_code == 404
    answer = await client.post(f"{API}/applications/{other['application_id']}/withdraw", headers=me)
    assert answer.status_code == 404
    for closed in ("/recruitment/intakes", f"{API}/intakes", f"{API}/programmes", f"{API}/cohorts"):
        answer = await client.get(closed, headers=me)
        assert (answer.status_code, answer.json()["code"]) == (403, "E-WEB-OWN"), closed
    accepted = await client.post(f"/recruitment/applications/{mine['application_id']}/accept", headers=me)
    assert accepted.status_code == 303
    now = await client.get(f"{API}/applications/{mine['application_id']}", headers=me)
    assert now.json()["state"] == "accepted"


async def test_codes_are_taken_along_once_as_letters_as_excel_or_as_csv(client, coordinator, intake, owner):
    url = f"/recruitment/intakes/{intake['intake_id']}/letters"
    headers = {**coordinator, "Accept-Language": "en", "Host": "college.example"}
    letters = await client.post(url, data={"kind": "letters", "days": "30"}, headers=headers)
    assert letters.text.count('class="card gap-bottom letter"') == 6
    assert (
        letters.text.count('lang="zh-CN">您的录取结果') == letters.text.count('lang="en">Your outcome') == 6
    )
    assert "college.example/a</code>" in letters.text
    printed = WRITTEN.findall(letters.text)
    assert await owner(printed[0]) in {row["application_id"] for row in intake["rows"]}

    answer = await client.post(url, data={"kind": "csv"}, headers=headers)
    lines = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))
    assert [line["name"] for line in lines] == sorted(row["name"] for row in intake["rows"])
    assert lines[0]["link"] == f"http://college.example/a/{lines[0]['code']}"
    assert await owner(printed[0]) == "E-RCR-CODE"

    answer = await client.post(url, data={"kind": "xlsx", "state": "offered"}, headers=headers)
    sheet = list(load_workbook(BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True))
    assert sheet[0][:3] == ("name", "person_number", "code")
    assert len(sheet) == 5

    page = await client.get(url, headers=headers)
    assert "<b>6</b> of 6" in page.text
    assert not WRITTEN.search(page.text)
    await client.post(f"{url}/withdraw", headers=headers)
    page = await client.get(url, headers={**headers, "Accept-Language": "zh"})
    assert "<b>0</b>" in page.text
    assert "有效的访问码" in page.text


async def test_a_single_letter_is_made_anew_and_withdrawn_on_the_applicants_page(
    client, coordinator, intake, owner
):
    application_id = intake["rows"][0]["application_id"]
    url = f"/recruitment/applications/{application_id}/code"
    answer = await client.post(url, headers=coordinator)
    (code, *_) = WRITTEN.findall(answer.text)
    assert await owner(code) == application_id
    assert (await client.post(f"{url}/withdraw", headers=coordinator)).status_code == 303
    assert await owner(code) == "E-RCR-CODE"
