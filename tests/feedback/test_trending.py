"""How competencies were rated from cohort to cohort is told, and nothing more."""

from uuid import uuid4

import pytest

from services.feedback import handlers
from tests.feedback import world
from tests.feedback.test_handlers import answered_by_version_two


@pytest.fixture
async def ids(sessions):
    ids = world.world()
    async with sessions.begin() as session:
        await answered_by_version_two(session, ids, low={"casting": 0.2}, at=4.4)
    return ids


async def trend_of(client, headers, **asked):
    answer = await client.get("/feedback/v1/trend", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return {one["competency"]: one["points"] for one in answer.json()}


async def test_each_competency_is_told_by_cohort_and_version_the_oldest_first(client, ids, token_for):
    points = (await trend_of(client, token_for("teacher"), programme_id=str(ids.programme)))["casting"]

    assert [(one["cohort_id"], one["plan_version"]) for one in points] == [
        (str(ids.cohort), 1),
        (str(ids.later), 2),
    ]
    assert points[1]["mean"] > points[0]["mean"] + 0.5
    assert points[1]["title"]["zh"]


async def test_what_was_rated_before_the_due_week_is_not_in_it(client, ids, sessions, token_for):
    known = (await trend_of(client, token_for("teacher")))["casting"]
    early = [
        one.model_copy(update={"rating_id": uuid4()}) for one in world.rate(ids, weeks=[1, 2, 3], at=1.5)
    ]
    async with sessions.begin() as session:
        await handlers.record_ratings(early, session)

    assert "casting" in {one.competency for one in early}
    assert (await trend_of(client, token_for("teacher")))["casting"] == known


async def test_a_mean_of_fewer_trainees_than_may_be_shown_is_left_out(client, ids, token_for, monkeypatch):
    monkeypatch.setenv("FEEDBACK_MINIMUM_N", "1000")

    points = (await trend_of(client, token_for("teacher")))["casting"]

    assert {(one["mean"], one["suppressed"]) for one in points} == {(None, True)}


async def test_an_enterprise_sees_its_own_ratings_alone_and_a_mentor_none(client, ids, token_for):
    own = token_for("panel-enterprise", enterprise_id=ids.enterprise)

    assert "casting" in await trend_of(client, own)
    assert await trend_of(client, token_for("panel-enterprise", enterprise_id=uuid4())) == {}
    assert (await client.get("/feedback/v1/trend", headers=token_for("mentor"))).status_code == 403


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", ("历届对照", "仅作描述")), ("en", ("From cohort to cohort", "no cause can be read"))],
)
async def test_the_page_of_effects_shows_it_as_a_description(language, said, client, ids, token_for):
    headers = {**token_for("coordinator"), "Accept": "text/html"}

    page = await client.get(f"/feedback/effects?lang={language}", headers=headers)

    assert [words for words in said if words not in page.text] == []
