"""A college's terms and the public holidays decide which weeks are taught."""

from datetime import date

import pytest

from services.placement.terms import weeks_without_teaching
from tests.placement.plant import MONDAY, an, cohort, open_programme

AUTUMN = (date(2021, 9, 1), date(2022, 1, 14))
SPRING = (date(2022, 2, 21), date(2022, 7, 1))


def test_weeks_between_terms_and_weeks_with_too_few_days_are_not_taught():
    weeks = dict(weeks_without_teaching([SPRING, AUTUMN], lambda day: day.month != 10 or day.day > 7, 3))

    assert weeks[date(2022, 1, 24)] == 0
    assert weeks[date(2021, 10, 4)] == 1
    assert date(2021, 9, 27) not in weeks, "four days are enough"
    assert date(2021, 8, 30) not in weeks, "the first term begins on a Wednesday"
    assert weeks_without_teaching([], lambda _: True, 3) == []


@pytest.mark.parametrize("least", [1, 5])
def test_the_fewest_days_of_a_teaching_week_are_configuration(least):
    weeks = dict(weeks_without_teaching([AUTUMN], lambda day: day.weekday() < 3, least))

    assert bool(weeks) == (least == 5)


async def test_terms_with_the_public_calendar_move_the_timetable(client, sessions, token_for):
    staff = token_for("coordinator")
    await open_programme(sessions, enrolled=cohort(30, 2))
    body = {
        "college_id": str(an("college")),
        "terms": [{"first_day": "2021-03-01", "last_day": "2021-12-31"}],
        "least_days": 5,
    }

    weeks = (await client.put("/placement/v1/terms", json=body, headers=staff)).json()

    mondays = {one["monday"]: one["teaching_days"] for one in weeks}
    assert mondays["2021-05-03"] == 2, "1 to 5 May were public holidays"
    assert mondays["2021-10-04"] == 1
    board = (await client.get("/placement/v1/board?from_week=1&to_week=20", headers=staff)).json()
    assert "2021-05-03" not in {one["monday"] for one in board["weeks"]}
    assert board["weeks"][0]["monday"] == str(MONDAY)
    unknown = body | {"terms": [{"first_day": "2049-03-01", "last_day": "2049-05-01"}]}
    refused = await client.put("/placement/v1/terms", json=unknown, headers=staff)
    assert (refused.status_code, refused.json()["code"]) == (422, "E-PLC-424")
    assert (
        await client.put("/placement/v1/terms", json=body, headers=token_for("teacher"))
    ).status_code == 403
