from datetime import date
from uuid import uuid4

import pytest

from services.feedback import doubting, handlers, queries, tallying
from services.feedback.looks import look_at_ratings_of_month
from shared.events.enterprise import TraineeRated
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

LOOK = date(2021, 12, 1)


@pytest.fixture
async def ids(sessions):
    ids = world.world()
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=date(2021, 10, 13)), session)
    return ids


@pytest.fixture
def mentor(ids, token_for):
    return token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise)


async def my_trainee(client, ids, mentor):
    page = (await client.get(f"/feedback/v1/mentors/{ids.mentors[0]}/tasks", headers=mentor)).json()
    return page["tasks"][0]


async def test_a_mentor_sees_whom_to_rate_on_what_this_week(client, ids, mentor):
    task = await my_trainee(client, ids, mentor)

    assert {one["competency"] for one in task["competencies"]} == set(world.CODES)
    assert not any(one["rated"] for one in task["competencies"])


async def test_a_rating_from_the_phone_is_kept_and_said_and_sending_it_again_changes_nothing(
    client, ids, mentor, sessions, said
):
    task = await my_trainee(client, ids, mentor)
    draft = {"rating_id": str(uuid4()), "trainee_id": task["trainee_id"], "competency": "safety", "level": 4}

    first = await client.post("/feedback/v1/ratings", json=draft, headers=mentor)
    again = await client.post("/feedback/v1/ratings", json=draft, headers=mentor)
    changed = await client.post("/feedback/v1/ratings", json={**draft, "level": 2}, headers=mentor)

    assert (first.status_code, again.status_code, changed.status_code) == (201, 200, 409)
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert changed.json()["code"] == "E-FBK-RATING"
    [event] = [one for one in await said(sessions) if isinstance(one, TraineeRated)]
    assert (event.mentor_id, event.level, event.observed_on) == (ids.mentors[0], 4, date(2021, 10, 13))


async def test_observed_steps_map_to_a_level(client, ids, mentor):
    task = await my_trainee(client, ids, mentor)
    new = {"trainee_id": task["trainee_id"], "competency": "safety", "steps": [True, True, True, False]}

    response = await client.post("/feedback/v1/ratings", json=new, headers=mentor)

    assert response.json()["level"] == 4


async def test_a_mentor_rates_only_own_trainees_and_only_what_the_plan_asks(
    client, ids, mentor, sessions, said
):
    task = await my_trainee(client, ids, mentor)
    many = [
        {"trainee_id": str(uuid4()), "competency": "safety", "level": 3},
        {"trainee_id": task["trainee_id"], "competency": "poetry", "level": 3},
        {"trainee_id": task["trainee_id"], "competency": "safety", "level": 3, "observed_on": "2030-01-01"},
        {"trainee_id": task["trainee_id"], "competency": "safety", "level": None},
    ]

    response = await client.post("/feedback/v1/ratings/bulk", json={"ratings": many}, headers=mentor)

    assert response.status_code == 207
    assert [one["status"] for one in response.json()["results"]] == [403, 404, 422, 201]
    assert len(await said(sessions)) == 1


async def test_nobody_without_an_identity_or_with_another_role_writes_or_reads(client, ids, token_for):
    new = {"trainee_id": str(ids.trainees[0]), "competency": "safety", "level": 3}

    assert (await client.post("/feedback/v1/ratings", json=new)).status_code == 401
    assert (
        await client.post("/feedback/v1/ratings", json=new, headers=token_for("coordinator"))
    ).status_code == 403
    other = token_for("mentor", person_id=uuid4(), enterprise_id=ids.enterprise)
    assert (
        await client.get(f"/feedback/v1/mentors/{ids.mentors[0]}/tasks", headers=other)
    ).status_code == 404


async def test_verdicts_show_the_uncorrected_mean_the_estimate_and_why(client, ids, sessions, token_for):
    async with sessions.begin() as session:
        await handlers.record_ratings(world.rate(ids, low={"casting": 1.2}), session)
        await look_at_ratings_of_month(ids.cohort, LOOK, session)
    coordinator = token_for("coordinator")

    shown = (await client.get(f"/feedback/v1/verdicts?cohort_id={ids.cohort}", headers=coordinator)).json()
    gaps = (await client.get(f"/feedback/v1/gaps?cohort_id={ids.cohort}", headers=coordinator)).json()
    gap = (await client.get(f"/feedback/v1/gaps/{gaps[0]['gap_id']}", headers=coordinator)).json()
    counts = (await client.get(f"/feedback/v1/ratings?cohort_id={ids.cohort}", headers=coordinator)).json()

    casting = next(one for one in shown["competencies"] if one["competency"] == "casting")
    assert (shown["looked_on"], casting["answer"], casting["uncorrected_short"]) == (
        "2021-12-01",
        "short",
        True,
    )
    assert casting["low"] < casting["estimate"] < casting["high"] < 4
    assert set(casting["why"]) == {"zh", "en"}
    assert casting["gap_id"] == gap["gap_id"]
    assert gap["curve"]
    assert counts["ratings"] == 60 * 8 * 5


async def test_a_growth_curve_leaves_out_weeks_in_which_too_few_people_were_rated(
    client, ids, sessions, token_for
):
    alone = world.rate(ids, seed=3, weeks=range(20, 22))
    mine = [one for one in alone if one.trainee_id == ids.trainees[0] and one.competency == "safety"]
    often = [one.model_copy(update={"rating_id": uuid4()}) for one in mine for _ in range(6)]
    async with sessions.begin() as session:
        said = await handlers.record_ratings(world.rate(ids, low={"safety": 1.2}), session)
        await handlers.record_ratings(often, session)
    [gap] = [one for one in said if one.competency == "safety"]

    told = (await client.get(f"/feedback/v1/gaps/{gap.gap_id}", headers=token_for("coordinator"))).json()

    assert [one["week"] for one in told["curve"]] == list(range(5, 13))


async def test_figures_of_too_few_people_are_not_shown(client, sessions, token_for):
    ids = world.world(trainees=4)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await handlers.record_ratings(world.rate(ids), session)
        await look_at_ratings_of_month(ids.cohort, LOOK, session)

    shown = (
        await client.get(f"/feedback/v1/verdicts?cohort_id={ids.cohort}", headers=token_for("manager"))
    ).json()

    assert {
        (one["suppressed"], one["estimate"], one["uncorrected_mean"]) for one in shown["competencies"]
    } == {(True, None, None)}
    assert {(one["answer"], one["reason"], one["e_value"]) for one in shown["competencies"]} == {
        ("not-shown", "too-few-trainees", None)
    }
    independence = (await client.get("/feedback/v1/indicators", headers=token_for("manager"))).json()[
        "independence"
    ]
    assert (independence["median_weeks"], independence["suppressed"]) == (None, True)
    async with sessions.begin() as session:
        case = await queries.case_of(session, ids.cohort, LOOK)
        kept = await tallying.assumption(session, ids.cohort)
    assert doubting.audited(case, doubting.frozen_of(kept), LOOK) is None


async def test_an_enterprise_sees_nothing_of_a_cohort_without_its_trainees(client, ids, token_for):
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())

    response = await client.get(f"/feedback/v1/verdicts?cohort_id={ids.cohort}", headers=stranger)

    assert response.status_code == 404


async def test_indicators_reach_promises_and_effects_answer(client, ids, token_for):
    headers = token_for("manager")
    for path in (
        f"indicators?programme_id={ids.programme}",
        f"cohorts/{ids.cohort}/reach",
        "promises",
        "effects",
        f"verdicts/history?cohort_id={ids.cohort}&competency=casting",
    ):
        response = await client.get(f"/feedback/v1/{path}", headers=headers)
        assert response.status_code == 200, (path, response.text)
