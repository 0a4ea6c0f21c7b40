"""Applications from a nomination, in bulk and as a spreadsheet: every bad row is named at once, and none is saved."""

from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from services.recruitment import later
from services.recruitment.handlers import (
    keep_agreement_with_its_promises,
    take_application_of_nominated_employee,
)
from services.recruitment.imports import Import, ImportFile
from services.recruitment.model import Applicant, Application
from shared.errors import NotYetKnown, Refused
from shared.events.enterprise import AgreementSigned, EmployeeNominated
from shared.messaging.jobs import do_one

API = "/recruitment/v1"
CLOSES = date.today() + timedelta(days=30)  # noqa: DTZ011
JIYUAN = "jiyuan-on-the-job"


@pytest.fixture
def coordinator(token_for):
    return token_for("coordinator")


@pytest.fixture
async def intake(client, coordinator, sessions):
    signed = AgreementSigned(
        enterprise_id=uuid4(), agreement_id=uuid4(), college_id=uuid4(), signed_on=CLOSES
    )
    async with sessions.begin() as session:
        await keep_agreement_with_its_promises(signed, session)
        await keep_agreement_with_its_promises(signed, session)
    body = {"agreement_id": str(signed.agreement_id), "template": JIYUAN}
    programme = await client.post(f"{API}/programmes", json=body, headers=coordinator)
    assert programme.status_code == 201, programme.text
    body = {
        "programme_id": programme.json()["programme_id"],
        "year": 2021,
        "closes_on": str(CLOSES),
        "seats": 84,
    }
    answer = await client.post(f"{API}/intakes", json=body, headers=coordinator)
    assert answer.status_code == 201, answer.text
    return {**answer.json(), "enterprise": signed.enterprise_id}


def nomination(intake, **more) -> EmployeeNominated:
    fixed = {"enterprise_id": intake["enterprise"], "intake_id": intake["intake_id"], "employee_id": uuid4()}
    return EmployeeNominated.model_validate({**fixed, "hired_on": date(2015, 1, 1), "performance": 4, **more})


async def how_many(sessions, table) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def test_a_nominated_employee_becomes_an_application_once(intake, sessions):
    nominated = nomination(intake)
    async with sessions.begin() as session:
        await take_application_of_nominated_employee(nominated, session)
    with pytest.raises(Refused):
        async with sessions.begin() as session:
            await take_application_of_nominated_employee(nominated, session)
    assert await how_many(sessions, Application) == 1


async def test_a_nomination_for_an_intake_that_is_not_known_yet_waits(sessions, intake):
    with pytest.raises(NotYetKnown):
        async with sessions.begin() as session:
            await take_application_of_nominated_employee(
                nomination({**intake, "intake_id": uuid4()}), session
            )


async def test_84_of_more_than_250_are_selected_and_exactly_three_years_of_service_count(
    client, coordinator, intake, sessions
):
    three = CLOSES.replace(year=CLOSES.year - 3)
    async with sessions.begin() as session:
        for _ in range(84):
            await take_application_of_nominated_employee(nomination(intake, hired_on=three), session)
        for _ in range(170):
            short = nomination(intake, hired_on=three + timedelta(days=1), performance=5)
            await take_application_of_nominated_employee(short, session)
    answer = await client.post(f"{API}/intakes/{intake['intake_id']}/select", json={}, headers=coordinator)
    closed = answer.json()
    assert (closed["applicants"], closed["eligible"], closed["selected"]) == (254, 84, 84)


async def test_every_bad_row_of_a_list_is_named_at_once_and_nothing_is_saved(
    client, coordinator, intake, sessions
):
    rows = [
        {"person_number": "1", "hired_on": "2010-01-01"},
        {"person_number": "1", "hired_on": "2010-01-01"},
        {"person_number": "3", "hired_on": "not a day"},
        {"person_number": "4", "preference": 0, "misspelt": 1},
    ]
    url = f"{API}/intakes/{intake['intake_id']}/applications/bulk"
    answer = await client.post(url, json={"applications": rows}, headers=coordinator)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "E-RCR-ROWS"
    assert {(one["row"], one["column"]) for one in problem["problems"]} == {
        (3, "hired_on"), (4, "preference"), (4, "misspelt"),
    }  # fmt: skip
    assert await how_many(sessions, Applicant) == 0
    answer = await client.post(url, json={"applications": rows[:2]}, headers=coordinator)
    assert [one["column"] for one in answer.json()["problems"]] == ["person_number"]


async def test_the_empty_sheet_has_drop_downs_and_comes_back_filled_in(client, coordinator, intake, sessions):
    url = f"{API}/intakes/{intake['intake_id']}/applications"
    sheet = await client.get(f"{url}/template.xlsx", headers=coordinator)
    book = load_workbook(BytesIO(sheet.content))
    page = book.worksheets[0]
    header = [cell.value for cell in page[1]]
    assert {"name", "hired_on", "direction", "performance"} <= set(header)
    assert page.data_validations.dataValidation
    for n in range(3):
        row = {"name": f"职工{n}", "person_number": f"E{n}", "hired_on": date(2015, 1, 1), "performance": 4}
        page.append([row.get(name) for name in header])
    page.append([{"person_number": "E0", "preference": "first"}.get(name) for name in header])
    content = BytesIO()
    book.save(content)
    preview = await client.post(f"{url}/preview", content=content.getvalue(), headers=coordinator)
    told = preview.json()
    assert (told["rows"], told["good"]) == (4, 3)
    assert [(one["row"], one["column"], one["value"]) for one in told["problems"]] == [
        (5, "preference", "first")
    ]
    assert all(one["what"]["zh"] and one["remedy"]["en"] for one in told["problems"])
    assert await how_many(sessions, Application) == 0
    csv = "\ufeffname,person_number,hired_on,performance\r\n甲,C1,2015/3/1,4\r\n乙,C2,2015-03-01,3.5\r\n"
    for text, saved in ((csv.encode(), 2), (csv.replace("C", "D").lstrip("\ufeff").encode("gb18030"), 2)):
        answer = await client.post(f"{url}/import", content=text, headers=coordinator)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"accepted": saved}
    assert await how_many(sessions, Application) == 4
    broken = await client.post(f"{url}/preview", content=b"PK not a zip", headers=coordinator)
    assert broken.json()["problems"][0]["row"] == 0


async def test_a_large_file_is_imported_by_a_worker_with_progress(client, coordinator, intake, sessions):
    lines = "".join(f"P{n},2015-01-01,{n % 5 + 1}\n" for n in range(5200))
    url = f"{API}/intakes/{intake['intake_id']}/applications/import"
    content = ("person_number,hired_on,performance\n" + lines).encode()
    answer = await client.post(url, content=content, headers=coordinator)
    assert answer.status_code == 202, answer.text
    assert await do_one(later.on, sessions)
    told = await client.get(f"{API}/imports/{answer.json()['import_id']}", headers=coordinator)
    assert (told.json()["state"], told.json()["rows"], told.json()["done"]) == ("done", 5200, 5200)
    assert await how_many(sessions, Application) == 5200
    answer = await client.post(f"{API}/intakes/{intake['intake_id']}/select", json={}, headers=coordinator)
    assert answer.status_code == 202
    assert await do_one(later.on, sessions)
    closed = (await client.get(f"{API}/intakes/{intake['intake_id']}", headers=coordinator)).json()
    assert (closed["state"], closed["selected"]) == ("selected", 84)
    assert (await how_many(sessions, Import), await how_many(sessions, ImportFile)) == (1, 0)
