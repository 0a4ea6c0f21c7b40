"""An intake of a small scheme, and people who apply to it."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

API = "/recruitment/v1"
CLOSES = date.today() + timedelta(days=30)  # noqa: DTZ011

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
