from datetime import date
from uuid import uuid4

import pytest

from services.feedback.model import Rating
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

HTML = {"Accept": "text/html"}
WORDS = [{"zh": f"步骤{n}", "en": f"step {n}"} for n in range(4)]


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=4, trainees=8)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=date(2021, 9, 8)), session)
    return ids


@pytest.fixture
def mentor(ids, token_for):
    return token_for("mentor", person_id=ids.mentors[1], enterprise_id=ids.enterprise)


async def agree(client, ids, token_for, words=WORDS, competency="safety"):
    path = f"/feedback/v1/programmes/{ids.programme}/steps/{competency}"
    return await client.put(path, json={"steps": words}, headers=token_for("coordinator"))


async def tasks_of(client, ids, mentor):
    path = f"/feedback/v1/mentors/{ids.mentors[1]}/tasks"
    return (await client.get(path, headers=mentor)).json()["tasks"]


def form(answers, competency="safety", **more):
    given = {f"step|{competency}|{at}": "01"[said] for at, said in enumerate(answers) if said is not None}
    return {f"id|{competency}": str(uuid4()), f"steps|{competency}": "4", **given, **more}


async def test_a_mentor_is_shown_the_steps_agreed_for_a_competency_and_none_of_others(
    client, ids, token_for, mentor
):
    await agree(client, ids, token_for)

    [first, *_] = await tasks_of(client, ids, mentor)

    shown = {one["competency"]: one["steps"] for one in first["competencies"]}
    assert shown["safety"] == WORDS
    assert {code for code, steps in shown.items() if steps} == {"safety"}


async def test_steps_given_on_the_page_map_to_a_level_and_are_kept(client, ids, sessions, token_for, mentor):
    await agree(client, ids, token_for)
    [first, *_] = await tasks_of(client, ids, mentor)
    sent = form([True, True, False, True], **{"level|safety": "1"})
    path = f"/feedback/rate/{first['trainee_id']}"

    answer = await client.post(path, data=sent, headers=mentor | HTML)

    assert answer.status_code == 303
    async with sessions() as session:
        kept = await session.get_one(Rating, sent["id|safety"])
        assert (kept.level, kept.steps) == (4, [True, True, False, True])


async def test_a_step_without_an_answer_is_asked_for_and_nothing_is_kept(
    client, ids, sessions, token_for, mentor
):
    await agree(client, ids, token_for)
    [first, *_] = await tasks_of(client, ids, mentor)
    sent = form([True, None, False, True])

    answer = await client.post(
        f"/feedback/rate/{first['trainee_id']}?lang=en", data=sent, headers=mentor | HTML
    )

    assert answer.status_code == 422
    assert "Every step needs a yes or a no" in answer.text
    async with sessions() as session:
        assert await session.get(Rating, sent["id|safety"]) is None


@pytest.mark.parametrize("broken", [{"steps|safety": "9999999"}, {"steps|safety": "x"}, {"id|safety": "x"}])
async def test_a_form_that_the_page_cannot_send_is_refused(client, ids, token_for, mentor, broken):
    [first, *_] = await tasks_of(client, ids, mentor)

    path = f"/feedback/rate/{first['trainee_id']}"
    answer = await client.post(path, data=form([True] * 4) | broken, headers=mentor | HTML)

    assert answer.status_code == 422


async def test_no_chance_to_see_it_goes_before_steps(client, ids, sessions, token_for, mentor):
    await agree(client, ids, token_for)
    [first, *_] = await tasks_of(client, ids, mentor)
    sent = form([True] * 4, **{"unseen|safety": "1"})

    await client.post(f"/feedback/rate/{first['trainee_id']}", data=sent, headers=mentor | HTML)

    async with sessions() as session:
        kept = await session.get_one(Rating, sent["id|safety"])
        assert (kept.level, kept.steps) == (None, None)


async def test_more_steps_than_agreed_are_refused_alone_in_a_list(client, ids, token_for, mentor):
    await agree(client, ids, token_for)
    [first, *_] = await tasks_of(client, ids, mentor)
    one = {"trainee_id": first["trainee_id"], "competency": "safety"}
    ratings = [one | {"steps": [True] * 5}, one | {"steps": [True] * 4}]

    answer = await client.post("/feedback/v1/ratings/bulk", json={"ratings": ratings}, headers=mentor)

    results = answer.json()["results"]
    assert [each["status"] for each in results] == [422, 201]
    assert results[0]["code"] == "E-FBK-STEPS-AGREED"


async def test_the_coordinator_writes_steps_on_the_page_and_no_line_ends_them(client, ids, token_for):
    headers = token_for("coordinator") | HTML
    path = f"/feedback/steps/{ids.programme}"
    uneven = {"competency": "safety", "zh": "戴好护具\n测温", "en": "wears protection"}
    refused = await client.post(f"{path}?lang=en", data=uneven, headers=headers)
    nameless = await client.post(path, data={"zh": "测温", "en": "measures"}, headers=headers)
    await client.post(path, data=uneven | {"en": "wears protection\r\nmeasures"}, headers=headers)
    shown = await client.get("/feedback/steps?lang=en", headers=headers)
    await client.post(path, data={"competency": "safety", "zh": "", "en": ""}, headers=headers)
    ended = await client.get("/feedback/steps?lang=en", headers=headers)

    assert (refused.status_code, nameless.status_code) == (422, 422)
    assert "测温" in refused.text
    assert "measures" in shown.text
    assert "No steps yet." in ended.text


async def test_only_the_coordinator_writes_steps_and_no_employer_does(client, ids, token_for):
    path = f"/feedback/v1/programmes/{ids.programme}/steps/safety"
    answers = [
        (
            await client.put(
                path, json={"steps": WORDS}, headers=token_for(role, enterprise_id=ids.enterprise)
            )
        ).status_code
        for role in ("mentor", "panel-enterprise", "teacher")
    ]

    unknown = await client.put(
        path.replace(str(ids.programme), str(uuid4())),
        json={"steps": WORDS},
        headers=token_for("coordinator"),
    )
    assert answers == [403, 403, 403]
    assert (unknown.status_code, unknown.json()["code"]) == (404, "E-FBK-PROGRAMME")


async def test_an_earlier_day_keeps_the_steps_that_were_agreed_then(client, ids, sessions, token_for, mentor):
    await agree(client, ids, token_for)
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2021, 9, 15)), session)
    await agree(client, ids, token_for, WORDS[:2])
    path = f"/feedback/v1/mentors/{ids.mentors[1]}/tasks"
    found = {}
    for day in ("2021-09-08", "2021-09-15"):
        [first, *_] = (await client.get(f"{path}?day={day}", headers=mentor)).json()["tasks"]
        found[day] = next(len(one["steps"]) for one in first["competencies"] if one["competency"] == "safety")

    assert found == {"2021-09-08": 4, "2021-09-15": 2}
