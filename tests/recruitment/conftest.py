"""What stories of recruitment begin with: a coordinator, a signed agreement, an open programme."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.recruitment.handlers import keep_agreement_with_its_promises
from shared.events.enterprise import AgreementSigned, Promise
from tests.recruitment.world import A_TEMPLATE, API


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
