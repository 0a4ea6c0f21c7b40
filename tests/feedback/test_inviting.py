from datetime import date, timedelta

import pytest

from services.feedback import handlers, inviting
from services.feedback.inviting import ask_for_vignettes
from services.feedback.looks import on
from services.feedback.statistics import VignetteAnswer
from shared.events.feedback import VignettesAsked
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due
from tests.feedback import world
from tests.feedback.test_vignettes import write

HTML = {"Accept": "text/html"}


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=6, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
    await to(sessions, date(2021, 9, 3))
    return ids


async def to(sessions, day):
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=day), session)
    await fire_due(on, sessions)


@pytest.fixture
def asked(sessions, said):
    async def found():
        return [event for event in await said(sessions) if isinstance(event, VignettesAsked)]

    return found


async def answer(client, ids, token_for, vignette, number, level=3):
    headers = token_for("mentor", person_id=ids.mentors[number], enterprise_id=ids.enterprise)
    path = f"/feedback/v1/vignettes/{vignette}/answers"
    await client.post(path, json={"level": level}, headers=headers)


async def test_mentors_are_invited_when_the_cohort_starts_and_only_those_behind_are_reminded(
    client, ids, sessions, token_for, asked
):
    vignette = await write(client, ids, token_for)
    before = await asked()
    await to(sessions, world.START)
    invited = await asked()
    await answer(client, ids, token_for, vignette, 0)
    await to(sessions, world.START + timedelta(days=13))
    too_early = await asked()
    await to(sessions, world.START + timedelta(days=14))
    reminded = (await asked())[len(invited) :]

    assert before == []
    assert {(one.mentor_id, one.times, one.reason) for one in invited} == {
        (mentor, 1, "invitation") for mentor in ids.mentors
    }
    assert too_early == invited
    assert {(one.mentor_id, one.times, one.reason, one.open) for one in reminded} == {
        (mentor, 2, "reminder", 1) for mentor in ids.mentors[1:]
    }


async def test_a_term_has_two_reminders_and_the_next_term_asks_again(client, ids, sessions, token_for, asked):
    await write(client, ids, token_for)
    for weeks in range(0, 18, 2):
        await to(sessions, world.START + timedelta(weeks=weeks))

    told = [(one.term, one.times) for one in await asked() if one.mentor_id == ids.mentors[0]]
    assert told == [("2021-2", 1), ("2021-2", 2), ("2021-2", 3)]
    await to(sessions, date(2022, 1, 10))
    told = [(one.term, one.times) for one in await asked() if one.mentor_id == ids.mentors[0]]
    assert told[3:] == [("2022-1", 1)]


async def test_a_second_cohort_of_the_programme_asks_nobody_twice(client, ids, sessions, token_for, asked):
    await write(client, ids, token_for)
    async with sessions.begin() as session:
        other = world.cohort(ids, ids.later, ids.late_trainees, world.START, 2022)
        await handlers.keep_cohort_and_plan_its_looks(other, session)
    await to(sessions, world.START)

    assert len(await asked()) == len(ids.mentors)


async def test_without_vignettes_nobody_is_asked(ids, sessions, asked):
    await to(sessions, world.START)

    assert await asked() == []


async def test_a_mentor_named_later_is_invited_too(client, ids, sessions, token_for, asked):
    await write(client, ids, token_for)
    await to(sessions, world.START)
    new = world.numbered(2, 99)
    ids.station_of[new] = 0
    async with sessions.begin() as session:
        await handlers.keep_mentor(world.named(ids, new), session)
    await to(sessions, world.START + timedelta(days=14))

    assert [one.times for one in await asked() if one.mentor_id == new] == [1]


async def test_a_mentor_whose_ratings_never_vary_is_asked_for_that_reason_until_the_cases_are_rated(
    client, ids, sessions, token_for, asked
):
    vignette = await write(client, ids, token_for)
    alike = [one.model_copy(update={"level": 4, "mentor_id": ids.mentors[0]}) for one in world.rate(ids)]
    async with sessions.begin() as session:
        await handlers.record_ratings(alike, session)
    for weeks in range(0, 10, 2):
        await to(sessions, world.START + timedelta(weeks=weeks))
    told = [one for one in await asked() if one.mentor_id == ids.mentors[0]]
    await answer(client, ids, token_for, vignette, 0)
    await to(sessions, world.START + timedelta(weeks=10))

    assert [one.times for one in told] == [1, 2, 3, 4, 5]
    assert {one.reason for one in told} == {"ratings-all-alike"}
    assert len([one for one in await asked() if one.mentor_id == ids.mentors[0]]) == 5


async def test_the_asking_ends_with_the_cohort(client, ids, sessions, token_for):
    await write(client, ids, token_for)
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 7, 4)), session)
        await ask_for_vignettes(ids.cohort, session)
        left = [one for one in session.new if getattr(one, "function", "") == "ask_for_vignettes"]

    assert left == []


async def test_the_coordinator_sees_how_often_a_mentor_was_asked(client, ids, sessions, token_for):
    await write(client, ids, token_for)
    await to(sessions, world.START)
    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"

    told = (await client.get(path, headers=token_for("coordinator"))).json()

    assert {(one["asked"], one["asked_on"]) for one in told["remind"]} == {(1, "2021-09-06")}


async def test_the_phone_page_takes_levels_and_shows_an_earlier_one_only_after_that(
    client, ids, sessions, token_for
):
    vignette = await write(client, ids, token_for)
    headers = token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise) | HTML
    first = await client.post("/feedback/vignettes", data={f"level|{vignette}": "4"}, headers=headers)
    await to(sessions, date(2022, 2, 7))
    open_again = await client.get("/feedback/vignettes?lang=en", headers=headers)
    nothing = await client.post("/feedback/vignettes?lang=en", data={}, headers=headers)
    wrong = await client.post("/feedback/vignettes", data={f"level|{vignette}": "9"}, headers=headers)
    await client.post("/feedback/vignettes", data={f"level|{vignette}": "2"}, headers=headers)
    done = await client.get("/feedback/vignettes?lang=en", headers=headers)

    assert first.status_code == 303
    assert "2021-2" not in open_again.text
    assert (nothing.status_code, wrong.status_code) == (422, 404)
    assert "2.00 levels lower than in 2021-2" in done.text


async def test_the_rating_page_tells_a_mentor_why_ratings_that_never_vary_are_not_scored(
    client, ids, sessions, token_for
):
    headers = token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise) | HTML
    usual = await client.get("/feedback/rate?lang=en", headers=headers)
    alike = [one.model_copy(update={"level": 4, "mentor_id": ids.mentors[0]}) for one in world.rate(ids)]
    async with sessions.begin() as session:
        await handlers.record_ratings(alike, session)
    without_cases = await client.get("/feedback/rate?lang=en", headers=headers)
    await write(client, ids, token_for)
    with_cases = await client.get("/feedback/rate?lang=en", headers=headers)
    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"
    told = (await client.get(path, headers=token_for("coordinator"))).json()
    page = await client.get("/feedback/vignettes/set?lang=en", headers=token_for("coordinator") | HTML)

    assert "are alike" not in usual.text
    assert "as soon as the college has written some" in without_cases.text
    assert "Please rate the common cases (1 open)" in with_cases.text
    assert told["unvaried"] == [str(ids.mentors[0])]
    assert "All ratings are alike of: …000000." in page.text


async def test_the_coordinator_writes_and_withdraws_a_case_on_the_page(client, ids, token_for):
    headers = token_for("coordinator") | HTML
    path = f"/feedback/vignettes/set/{ids.programme}"
    form = {"competency": "casting", "zh": "独立完成。", "en": "Alone.", "agreed": "4", "agreed_by": "both-panels"}  # fmt: skip
    incomplete = await client.post(f"{path}?lang=en", data=form | {"en": ""}, headers=headers)
    written = await client.post(path, data=form, headers=headers)
    shown = await client.get("/feedback/vignettes/set?lang=en", headers=headers)
    told = await client.get(f"/feedback/v1/programmes/{ids.programme}/vignettes", headers=headers)
    [vignette] = told.json()["vignettes"]
    await client.post(f"{path}/{vignette['vignette_id']}/withdraw", headers=headers)
    after = await client.get("/feedback/vignettes/set?lang=en", headers=headers)

    assert incomplete.status_code == 422
    assert "独立完成。" in incomplete.text
    assert written.status_code == 303
    assert "Alone." in shown.text
    assert "withdrawn 3 Sep 2021" in after.text


async def test_a_drift_of_mentors_is_told_of_enough_of_them_and_a_mean_of_few_is_not(
    client, ids, sessions, token_for
):
    vignette = await write(client, ids, token_for)
    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"
    for number in range(4):
        await answer(client, ids, token_for, vignette, number, 4)
    few = (await client.get(path, headers=token_for("coordinator"))).json()
    for number in (4, 5):
        await answer(client, ids, token_for, vignette, number, 4)
    await to(sessions, date(2022, 2, 7))
    for number in range(6):
        await answer(client, ids, token_for, vignette, number, 3)
    told = (await client.get(path, headers=token_for("coordinator"))).json()

    assert (few["vignettes"][0]["answers"], few["vignettes"][0]["mean"], few["drift"]) == (4, None, None)
    assert told["drift"] == {
        "before": "2021-2",
        "after": "2022-1",
        "change": -1.0,
        "vignettes": 1,
        "mentors": 6,
    }


async def test_every_half_year_has_answers_of_its_own(client, ids, sessions, token_for):
    vignette = await write(client, ids, token_for)
    await answer(client, ids, token_for, vignette, 0, 4)
    await to(sessions, date(2022, 2, 7))
    await answer(client, ids, token_for, vignette, 0, 2)

    async with sessions() as session:
        programme = await session.get_one(inviting.Programme, ids.programme)
        left = await inviting.missing(session, programme, "2022-1")
        kept = [
            await session.get(VignetteAnswer, (vignette, ids.mentors[0], term))
            for term in ("2021-2", "2022-1")
        ]
    assert [one.level for one in kept] == [4, 2]
    assert ids.mentors[0] not in {mentor.mentor_id for mentor, _ in left}
