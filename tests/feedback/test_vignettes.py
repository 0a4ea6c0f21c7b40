from datetime import date
from uuid import uuid4

import pytest

from services.feedback import deciding, handlers, rules
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

STORY = {"zh": "学员独立完成浇注，忘记一次测温。", "en": "The trainee cast alone and once forgot to measure."}


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids)
        await advance_clock(ClockAdvanced(today=date(2021, 9, 10)), session)
    return ids


async def write(client, ids, token_for, competency="casting", agreed=3):
    body = {"competency": competency, "story": STORY, "agreed": agreed, "agreed_by": "both-panels"}
    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"
    return (await client.post(path, json=body, headers=token_for("coordinator"))).json()["vignette_id"]


def mentor(ids, token_for, number=0):
    return token_for("mentor", person_id=ids.mentors[number], enterprise_id=ids.enterprise)


async def test_a_mentor_is_asked_without_the_agreed_level_and_the_first_answer_of_a_term_counts(
    client, ids, token_for
):
    vignette = await write(client, ids, token_for)
    headers = mentor(ids, token_for)
    path = f"/feedback/v1/vignettes/{vignette}/answers"

    [asked] = (await client.get("/feedback/v1/vignettes", headers=headers)).json()
    answers = [
        (await client.post(path, json={"level": level}, headers=headers)).status_code for level in (2, 2, 4)
    ]
    [after] = (await client.get("/feedback/v1/vignettes", headers=headers)).json()

    assert set(asked) == {"vignette_id", "competency", "story", "term", "answered", "earlier"}
    assert answers == [201, 200, 409]
    assert (asked["answered"], after["answered"], after["term"]) == (None, 2, "2021-2")


async def test_the_coordinator_sees_whom_to_remind_and_no_single_level(client, ids, token_for):
    vignette = await write(client, ids, token_for)
    answer = f"/feedback/v1/vignettes/{vignette}/answers"
    await client.post(answer, json={"level": 2}, headers=mentor(ids, token_for))

    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"
    told = (await client.get(path, headers=token_for("coordinator"))).json()

    assert len(told["remind"]) == 7
    assert str(ids.mentors[0]) not in {one["mentor_id"] for one in told["remind"]}
    assert told["vignettes"][0]["answers"] == 1


async def test_mentors_of_another_enterprise_are_not_asked_and_no_employer_may_read(client, ids, token_for):
    vignette = await write(client, ids, token_for)
    stranger = token_for("mentor", person_id=uuid4(), enterprise_id=uuid4())
    path = f"/feedback/v1/programmes/{ids.programme}/vignettes"

    assert (await client.get("/feedback/v1/vignettes", headers=stranger)).json() == []
    refused = await client.post(
        f"/feedback/v1/vignettes/{vignette}/answers", json={"level": 3}, headers=stranger
    )
    assert (refused.status_code, refused.json()["code"]) == (404, "E-FBK-VIGNETTE")
    employer = token_for("panel-enterprise", enterprise_id=ids.enterprise)
    assert (await client.get(path, headers=employer)).status_code == 403


async def test_a_withdrawn_vignette_is_asked_of_nobody(client, ids, token_for):
    vignette = await write(client, ids, token_for)

    await client.post(f"/feedback/v1/vignettes/{vignette}/withdraw", headers=token_for("coordinator"))

    assert (await client.get("/feedback/v1/vignettes", headers=mentor(ids, token_for))).json() == []


async def test_answers_narrow_what_is_believed_of_a_competency(client, ids, sessions, token_for):
    severe = ids.mentors[::2]
    async with sessions.begin() as session:
        await handlers.record_ratings(world.rate(ids, weeks=[5, 6], severe=severe), session)
    width = {}
    for told in ("before", "after"):
        async with sessions() as session:
            [case] = await deciding.now(session, [ids.cohort])
            [found] = [one.finding for one in rules.judge(case) if one.asked.competency == "safety"]
            width[told] = found.high - found.low
        for competency in world.CODES if told == "before" else ():
            vignette = await write(client, ids, token_for, competency)
            for number in range(8):
                path = f"/feedback/v1/vignettes/{vignette}/answers"
                level = {"level": 3 - (ids.mentors[number] in severe)}
                await client.post(path, json=level, headers=mentor(ids, token_for, number))

    assert width["after"] < 0.9 * width["before"]
