"""The shipped templates run through recruitment with the figures of the paper."""

import random
from datetime import date, timedelta
from uuid import uuid4

import pytest

from services.recruitment.handlers import keep_agreement_with_its_promises
from shared import programmes
from shared.events.enterprise import AgreementSigned
from shared.events.recruitment import IntakeRefused, ProgrammeOpened

API = "/recruitment/v1"
CLOSES = date.today() + timedelta(days=30)  # noqa: DTZ011
WITH_INTAKE = [code for code in programmes.codes() if "intake" in programmes.load(code).steps]


@pytest.fixture
def coordinator(token_for):
    return token_for("coordinator")


@pytest.fixture
async def agreement(sessions):
    signed = AgreementSigned(
        enterprise_id=uuid4(), agreement_id=uuid4(), college_id=uuid4(), signed_on=CLOSES
    )
    async with sessions.begin() as session:
        await keep_agreement_with_its_promises(signed, session)
    return signed


async def opened(client, coordinator, agreement, code, **more):
    body = {"agreement_id": str(agreement.agreement_id), "template": code}
    programme = await client.post(f"{API}/programmes", json=body, headers=coordinator)
    assert programme.status_code == 201, programme.text
    body = {"programme_id": programme.json()["programme_id"], "year": 2021, "closes_on": str(CLOSES), **more}
    intake = await client.post(f"{API}/intakes", json=body, headers=coordinator)
    assert intake.status_code == 201, intake.text
    return intake.json()


def eligible(code: str, n: int, seed: int = 7) -> list[dict]:
    """Applicants who meet every condition of one source group in turn, with random marks."""
    template = programmes.load(code)
    dice = random.Random(seed)
    rows = []
    for i in range(n):
        facts: dict[str, object] = {
            c.fact: round(dice.uniform(c.worst, c.best), 1) for c in template.selection.criteria
        }
        groups = template.source_groups
        for predicate in groups[i % len(groups)].predicates if groups else ():
            value = predicate.value
            facts[predicate.fact] = (
                {">": 1, "<": -1}.get(predicate.operator, 0) + value
                if (isinstance(value, float | int) and not isinstance(value, bool))
                else (value[0] if isinstance(value, list) else value)
            )
        status = facts.pop("status", None)
        rows.append({"person_number": f"{seed}-{i}", "facts": facts, "status": status})
    return rows


async def selected(client, coordinator, intake, rows):
    url = f"{API}/intakes/{intake['intake_id']}"
    taken = await client.post(f"{url}/applications/bulk", json={"applications": rows}, headers=coordinator)
    assert taken.status_code == 201, taken.text
    answer = await client.post(f"{url}/select", json={}, headers=coordinator)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("code", WITH_INTAKE)
async def test_a_template_with_an_intake_fills_its_seats_and_enrols_a_cohort(
    client, coordinator, agreement, sessions, said, code
):
    template = programmes.load(code)
    intake = await opened(client, coordinator, agreement, code)
    assert intake["seats"] == template.selection.seats
    closed = await selected(client, coordinator, intake, eligible(code, intake["seats"] + 5))
    assert (closed["eligible"], closed["selected"]) == (intake["seats"] + 5, intake["seats"])
    url = f"{API}/intakes/{intake['intake_id']}"
    await client.post(f"{url}/accept", json={}, headers=coordinator)
    cohort = await client.post(f"{url}/enrol", json={"first_monday": "2021-09-06"}, headers=coordinator)
    assert cohort.status_code == 201, cohort.text
    trainees = cohort.json()["trainees"]
    groups = {trainee["group"] for trainee in trainees}
    assert len(trainees) == intake["seats"]
    assert max(sum(each["group"] == group for each in trainees) for group in groups) <= template.group_size
    first = (await said(sessions))[0]
    assert isinstance(first, ProgrammeOpened)
    assert first.template == template


async def test_jingye_selects_180_of_612_in_2021_and_130_in_2022_from_both_source_groups(
    client, coordinator, agreement
):
    intake = await opened(client, coordinator, agreement, "jingye-concentrated")
    closed = await selected(client, coordinator, intake, eligible("jingye-concentrated", 612))
    assert (closed["applicants"], closed["selected"], closed["waiting"]) == (612, 180, 432)
    body = {"programme_id": intake["programme_id"], "year": 2022, "closes_on": str(CLOSES), "seats": 130}
    second = (await client.post(f"{API}/intakes", json=body, headers=coordinator)).json()
    closed = await selected(client, coordinator, second, eligible("jingye-concentrated", 400, seed=8))
    assert closed["selected"] == 130


@pytest.mark.parametrize(
    ("applicants", "state", "taken"), [(24, "refused", 0), (25, "selected", 25), (40, "selected", 30)]
)
async def test_a_commissioned_class_has_25_to_30_trainees_or_does_not_run(
    client, coordinator, agreement, sessions, said, applicants, state, taken
):
    intake = await opened(client, coordinator, agreement, "commissioned")
    closed = await selected(client, coordinator, intake, eligible("commissioned", applicants))
    assert (closed["state"], closed["selected"]) == (state, taken)
    refused = [event for event in await said(sessions) if isinstance(event, IntakeRefused)]
    assert [(event.needed, event.had) for event in refused] == ([(25, 24)] if state == "refused" else [])
