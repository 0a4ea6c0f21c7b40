from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.feedback import handlers
from services.feedback.careers import CHANGES, Career, first, shares
from shared.events.enterprise import EmployeeHired, EmployeeLeft, EmployeePromoted, LeavingReason
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

HIRED, DAY = date(2022, 7, 1), date(2025, 8, 1)
days = some.one_of(some.none(), some.dates(HIRED, date(2026, 1, 1)))
careers = some.lists(
    some.builds(Career, hired=some.just(HIRED), left=days, because=some.sampled_from(["resigned", "transferred"]), promoted=days),
    min_size=1, max_size=20,
)  # fmt: skip


def test_the_first_of_two_changes_is_the_one_that_counts_and_what_lies_ahead_is_none():
    promoted_then_left = Career(HIRED, date(2024, 7, 1), "resigned", date(2023, 7, 1))

    assert first(promoted_then_left, DAY) == (pytest.approx(11.99, abs=0.02), 3)
    assert first(promoted_then_left, date(2023, 1, 1))[1] == 0
    assert first(Career(HIRED, date(2024, 7, 1), "transferred", None), DAY)[1] == 2


@given(careers)
def test_the_shares_of_all_changes_never_pass_the_whole_and_only_grow(found):
    told = {one["change"]: [point["share"] for point in one["points"]] for one in shares(found, DAY)}

    assert list(told) == list(CHANGES)
    for at in zip(*told.values(), strict=True):
        assert sum(at) <= 1 + 1e-9
    assert all(parts == sorted(parts) for parts in told.values())


def test_where_all_are_followed_a_share_is_the_part_to_whom_it_happened_first():
    found = [
        Career(HIRED, date(2023, 1, 1), "resigned", None), Career(HIRED, None, None, date(2023, 3, 1)),
        Career(HIRED, date(2022, 12, 1), "transferred", None), Career(HIRED, None, None, None),
    ]  # fmt: skip

    assert {one["change"]: one["points"][0]["share"] for one in shares(found, DAY)} == pytest.approx(
        dict.fromkeys(CHANGES, 0.25)
    )


async def test_the_indicators_and_the_page_tell_what_happened_first_of_enough_people(
    client, sessions, token_for
):
    ids = world.world(mentors=4, trainees=6)
    people = [UUID(int=(8 << 32) + number) for number in range(6)]
    by = {"enterprise_id": ids.enterprise}
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=DAY), session)
        for who, trainee in zip(people[:4], ids.trainees, strict=False):
            await handlers.follow_employment(hired(by, who, trainee), session)
    headers = token_for("manager")
    few = (await client.get(f"/feedback/v1/indicators?cohort_id={ids.cohort}", headers=headers)).json()
    async with sessions.begin() as session:
        for who, trainee in zip(people[4:], ids.trainees[4:], strict=True):
            await handlers.follow_employment(hired(by, who, trainee), session)
        left = EmployeeLeft(
            **by, employee_id=people[0], reason=LeavingReason.RESIGNED, occurred_on=date(2023, 1, 1)
        )
        up = EmployeePromoted(
            **by, employee_id=people[1], position_id=UUID(int=5), occurred_on=date(2023, 2, 1)
        )
        for fact in (left, up):
            await handlers.follow_employment(fact, session)
    told = (await client.get(f"/feedback/v1/indicators?cohort_id={ids.cohort}", headers=headers)).json()
    page = await client.get("/feedback/effects?lang=en", headers=headers | {"Accept": "text/html"})

    assert few["first_change"] == {"n": 4, "suppressed": True, "changes": []}
    assert few["retention"] == {"employed": None, "left": None, "points": [], "suppressed": True}
    assert (told["retention"]["employed"], told["retention"]["left"]) == (5, 1)
    found = {one["change"]: one["points"][0]["share"] for one in told["first_change"]["changes"]}
    assert found == pytest.approx({"left": 1 / 6, "transferred": 0.0, "promoted": 1 / 6})
    assert "What happened first to graduates who were hired" in page.text


def hired(by, employee, trainee):
    return EmployeeHired(
        **by,
        employee_id=employee,
        trainee_id=trainee,
        position_id=UUID(int=4),
        monthly_salary=5000,
        occurred_on=HIRED,
    )
