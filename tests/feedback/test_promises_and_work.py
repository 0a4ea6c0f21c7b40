"""Payments and hirings are held against what an agreement promises."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from services.feedback import handlers
from shared.errors import NotYetKnown
from shared.events.enterprise import AgreementSigned, EmployeeHired, EmployeeLeft, Promise, PromiseKept
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock

ENTERPRISE, AGREEMENT = uuid4(), uuid4()
TUITION, JOBS = uuid4(), uuid4()
DUE = date(2022, 6, 30)


@pytest.fixture
async def signed(session):
    await advance_clock(ClockAdvanced(today=date(2022, 6, 1)), session)
    promises = [
        Promise(promise_id=TUITION, kind="tuition", amount=1000, due_on=DUE),
        Promise(promise_id=JOBS, kind="jobs", amount=2, due_on=DUE),
    ]
    agreement = AgreementSigned(
        enterprise_id=ENTERPRISE,
        agreement_id=AGREEMENT,
        college_id=uuid4(),
        signed_on=date(2021, 3, 1),
        promises=promises,
    )
    await handlers.watch_promises_of_agreement(agreement, session)
    await session.flush()


def paid(amount):
    return PromiseKept(
        enterprise_id=ENTERPRISE,
        agreement_id=AGREEMENT,
        promise_id=TUITION,
        amount=amount,
        occurred_on=date(2022, 6, 1),
    )


def hired(employee):
    return EmployeeHired(enterprise_id=ENTERPRISE, employee_id=employee, occurred_on=date(2022, 6, 1))


async def test_payments_add_up_to_a_kept_promise(signed, session):
    assert await handlers.count_towards_promise(paid(400), session) is None

    kept = await handlers.count_towards_promise(paid(600), session)

    assert (kept.promise_id, kept.verdict, kept.delivered) == (TUITION, "kept", Decimal(1000))


async def test_a_payment_that_comes_before_its_agreement_waits(session):
    with pytest.raises(NotYetKnown):
        await handlers.count_towards_promise(paid(400), session)


async def test_a_promise_short_on_its_day_is_broken_and_said_once(signed, session):
    await handlers.count_towards_promise(paid(999), session)
    await advance_clock(ClockAdvanced(today=date(2022, 7, 1)), session)

    broken = await handlers.check_promise_when_due(TUITION, session)

    assert (broken.verdict, broken.delivered) == ("broken", Decimal(999))
    assert await handlers.check_promise_when_due(TUITION, session) is None


async def test_people_hired_count_once_each_towards_a_promise_of_jobs(signed, session):
    one, other = uuid4(), uuid4()
    assert await handlers.follow_employment(hired(one), session) == []
    assert await handlers.follow_employment(hired(one), session) == []

    said = await handlers.follow_employment(hired(other), session)
    left = EmployeeLeft(
        enterprise_id=ENTERPRISE, employee_id=one, reason="resigned", occurred_on=date(2022, 6, 20)
    )
    after = await handlers.follow_employment(left, session)

    assert [(event.promise_id, event.verdict, event.delivered) for event in said] == [
        (JOBS, "kept", Decimal(2))
    ]
    assert after == []  # who has left was hired nevertheless


@pytest.mark.parametrize(("people", "told"), [(4, False), (5, True)])
async def test_a_salary_of_too_few_people_is_not_told_but_whether_the_promise_is_kept(
    people, told, client, sessions, token_for
):
    promise = Promise(promise_id=uuid4(), kind="salary_band", amount=6000, due_on=DUE)
    agreement = AgreementSigned(
        enterprise_id=ENTERPRISE, agreement_id=AGREEMENT, college_id=uuid4(), signed_on=date(2021, 3, 1),
        promises=[promise],
    )  # fmt: skip
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 6, 1)), session)
        await handlers.watch_promises_of_agreement(agreement, session)
        for number in range(people):
            person = hired(uuid4()).model_copy(
                update={"trainee_id": uuid4(), "monthly_salary": Decimal(5432 + number)}
            )
            await handlers.follow_employment(person, session)
        await advance_clock(ClockAdvanced(today=date(2022, 7, 1)), session)
        said = await handlers.check_promise_when_due(promise.promise_id, session)
    headers = token_for("panel-college")
    [shown] = (await client.get("/feedback/v1/promises", headers=headers)).json()
    page = (await client.get("/feedback/effects?lang=en", headers=headers | {"Accept": "text/html"})).text

    assert (said.verdict, shown["verdict"]) == ("broken", "broken")
    assert (said.delivered, said.suppressed) == ((Decimal(5432), False) if told else (Decimal(0), True))
    assert (shown["delivered"], shown["suppressed"]) == (("5432.0", False) if told else (None, True))
    assert ("5,432" in page, "too few to show" in page) == (told, not told)


async def test_both_sides_read_on_a_page_how_promises_stand_and_no_other_enterprise_does(
    client, sessions, token_for
):
    promise = Promise(promise_id=TUITION, kind="tuition", amount=1234, due_on=DUE)
    agreement = AgreementSigned(
        enterprise_id=ENTERPRISE, agreement_id=AGREEMENT, college_id=uuid4(), signed_on=date(2021, 3, 1),
        promises=[promise],
    )  # fmt: skip
    async with sessions.begin() as session:
        await handlers.watch_promises_of_agreement(agreement, session)

    async def page(role, **bound):
        headers = token_for(role, **bound) | {"Accept": "text/html"}
        return await client.get("/feedback/effects?lang=en", headers=headers)

    college, own = await page("panel-college"), await page("panel-enterprise", enterprise_id=ENTERPRISE)
    other = await page("panel-enterprise", enterprise_id=uuid4())

    assert ["1,234" in one.text for one in (college, own, other)] == [True, True, False]
    assert [one.status_code for one in (college, own, other)] == [200, 200, 200]
    assert ["What became of graduates" in one.text for one in (college, own)] == [True, False]


async def test_no_link_of_the_frame_leads_where_a_person_may_not_go(client, token_for):
    for role in ("integrator", "trainee", "panel-enterprise", "manager"):
        headers = token_for(role, enterprise_id=ENTERPRISE) | {"Accept": "text/html"}
        for path in ("/feedback/effects", "/feedback/verdicts"):
            answer = await client.get(path, headers=headers)
            assert (f'href="{path}"' in answer.text) is (answer.status_code == 200), (role, path)
