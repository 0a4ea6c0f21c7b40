"""An intake from its opening to its cohort, over HTTP on a real database."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.recruitment.handlers import keep_agreement_with_its_promises
from services.recruitment.later import expire_offers
from shared.events.enterprise import AgreementSigned, Promise
from shared.events.recruitment import (
    ApplicantRefused,
    ApplicantSelected,
    CohortEnrolled,
    IntakeClosed,
    IntakeOpened,
    IntakeRefused,
    ProgrammeOpened,
    TraineeWithdrew,
)

API = "/recruitment/v1"
CLOSES = date.today() + timedelta(days=30)  # noqa: DTZ011


@pytest.fixture
def coordinator(token_for):
    return token_for("coordinator")


@pytest.fixture
def signed() -> AgreementSigned:
    return AgreementSigned(
        enterprise_id=uuid4(),
        agreement_id=uuid4(),
        college_id=uuid4(),
        signed_on=date(2021, 3, 1),
        promises=[Promise(promise_id=uuid4(), kind="seats", amount=180, due_on=date(2021, 9, 1))],
    )


@pytest.fixture
async def programme(client, coordinator, signed, sessions) -> dict[str, Any]:
    async with sessions.begin() as session:
        await keep_agreement_with_its_promises(signed, session)
    body = {"agreement_id": str(signed.agreement_id), "template": A_TEMPLATE}
    answer = await client.post(f"{API}/programmes", json=body, headers=coordinator)
    assert answer.status_code == 201, answer.text
    return answer.json()


A_TEMPLATE = {
    "template": "a-scheme",
    "title": {"zh": "冶金工程", "en": "Metallurgical Engineering"},
    "source": "a test",
    "steps": ["intake", "enrol"],
    "source_groups": [
        {
            "group": "local",
            "title": {"zh": "本县毕业生", "en": "local graduates"},
            "reserved_share": 0.5,
            "predicates": [
                {
                    "fact": "place",
                    "operator": "==",
                    "value": "pingshan",
                    "reason": {"zh": "须为平山县毕业生", "en": "must have graduated in Pingshan County"},
                }
            ],
        },
        {
            "group": "employees",
            "title": {"zh": "职工", "en": "employees"},
            "predicates": [
                {
                    "fact": "years_of_service",
                    "operator": ">=",
                    "value": 3,
                    "reason": {"zh": "工龄须满三年", "en": "three years of service are needed"},
                }
            ],
        },
    ],
    "selection": {"criteria": [{"fact": "entrance_score", "weight": 1}], "seats": 180, "offer_days": 14},
    "phases": [
        {
            "phase": "foundation",
            "title": {"zh": "基础", "en": "foundation"},
            "length": {"amount": 3, "unit": "month"},
            "settings": ["theory"],
        }
    ],
    "branches": [{"at_phase": "foundation", "by": "direction", "options": ["steelmaking", "rolling"]}],
}


async def an_intake(client, coordinator, programme, **more) -> dict[str, Any]:
    body = {"programme_id": programme["programme_id"], "year": 2021, "closes_on": str(CLOSES), **more}
    answer = await client.post(f"{API}/intakes", json=body, headers=coordinator)
    assert answer.status_code == 201, answer.text
    return answer.json()


def people(n: int, seed: int = 1) -> list[dict[str, Any]]:
    dice = random.Random(seed)
    return [
        {
            "application_id": str(UUID(int=dice.getrandbits(128), version=4)),
            "name": f"学员{i}",
            "person_number": f"N{i:04d}",
            "facts": {"place": "pingshan" if i % 3 else "elsewhere", "entrance_score": dice.randint(40, 100)},
            "hired_on": None if i % 3 else str(CLOSES.replace(year=CLOSES.year - 3)),
        }
        for i in range(n)
    ]


async def apply_all(client, coordinator, intake, rows) -> None:
    url = f"{API}/intakes/{intake['intake_id']}/applications/bulk"
    answer = await client.post(url, json={"applications": rows}, headers=coordinator)
    assert answer.status_code == 201, answer.text
    assert answer.json()["accepted"] == len(rows)


async def post(client, headers, path, body=None, status=200):
    answer = await client.post(f"{API}{path}", json=body or {}, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_180_of_612_are_selected_exactly_accept_and_become_a_cohort_in_groups(
    client, coordinator, programme, sessions, said
):
    intake = await an_intake(client, coordinator, programme)
    assert "seed" not in intake
    await apply_all(client, coordinator, intake, people(612))
    closed = await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    assert (closed["applicants"], closed["eligible"], closed["selected"], closed["waiting"]) == (612, 612, 180, 432)
    assert closed["seed_hash"] == intake["seed_hash"]
    accepted = await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    assert accepted == {"accepted": 180}
    enrol = {"first_monday": "2021-09-06"}
    cohort = await post(client, coordinator, f"/intakes/{intake['intake_id']}/enrol", enrol, 201)
    assert len(cohort["trainees"]) == 180
    sizes = [sum(t["group"] == g for t in cohort["trainees"]) for g in {t["group"] for t in cohort["trainees"]}]
    assert sizes == [15] * 12
    assert {t["direction"] for t in cohort["trainees"]} == {"steelmaking", "rolling"}
    assert len({t["college_number"] for t in cohort["trainees"]}) == 180
    events = await said(sessions)
    assert [type(event) for event in events[:2]] == [ProgrammeOpened, IntakeOpened]
    assert sum(isinstance(event, ApplicantSelected) for event in events) == 180
    assert sum(isinstance(event, ApplicantRefused) for event in events) == 432
    assert isinstance(events[-1], CohortEnrolled)
    assert any(isinstance(event, IntakeClosed) for event in events)
    assert "学员" not in "".join(event.model_dump_json() for event in events)
