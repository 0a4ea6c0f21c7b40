from datetime import date
from uuid import uuid4

import pytest

from services.feedback import handlers
from shared.events.gateway import ClockAdvanced
from shared.messaging.clock import advance_clock
from tests.feedback import world

HTML = {"Accept": "text/html"}


@pytest.fixture
async def ids(sessions):
    ids = world.world(mentors=8, trainees=12)
    async with sessions.begin() as session:
        await world.set_up(session, ids, due_week=6)
        await handlers.record_ratings(world.rate(ids, severe=ids.mentors[:1], weeks=range(5, 9)), session)
        await advance_clock(ClockAdvanced(today=date(2021, 12, 13)), session)
    return ids


@pytest.fixture
def mentor(ids, token_for):
    return token_for("mentor", person_id=ids.mentors[0], enterprise_id=ids.enterprise)


def path(ids, number=0):
    return f"/feedback/v1/mentors/{ids.mentors[number]}/report/contests"


async def test_a_mentor_contests_the_college_answers_and_both_stay_on_record(
    client, ids, sessions, token_for, mentor, said
):
    told = (await client.get(f"/feedback/v1/mentors/{ids.mentors[0]}/report", headers=mentor)).json()
    before = await said(sessions)
    raised = await client.post(path(ids), json={"comment": "They were beginners."}, headers=mentor)
    twice = await client.post(path(ids), json={"comment": "Again."}, headers=mentor)
    answer = f"/feedback/v1/contests/{raised.json()['contest_id']}/answer"
    await client.post(answer, json={"answer": "We look at it."}, headers=token_for("coordinator"))
    changed = await client.post(answer, json={"answer": "No."}, headers=token_for("coordinator"))
    again = await client.post(path(ids), json={"comment": "Again."}, headers=mentor)
    history = (await client.get(path(ids), headers=mentor)).json()

    assert (raised.status_code, raised.json()["severity"]) == (201, told["severity"])
    assert (twice.status_code, twice.json()["code"]) == (409, "E-FBK-CONTEST")
    assert (changed.status_code, changed.json()["code"]) == (409, "E-FBK-CONTEST-ANSWERED")
    assert again.status_code == 201
    assert [(one["comment"], one["answer"]) for one in history] == [
        ("Again.", None), ("They were beginners.", "We look at it."),
    ]  # fmt: skip
    assert await said(sessions) == before


async def test_no_employer_no_colleague_and_no_manager_sees_or_answers_what_is_contested(
    client, ids, token_for, mentor
):
    raised = (await client.post(path(ids), json={"comment": "Why?"}, headers=mentor)).json()["contest_id"]
    bound = {"enterprise_id": ids.enterprise}
    seen = {}
    for role in ("panel-enterprise", "integrator", "manager", "mentor"):
        headers = token_for(role, **bound)
        seen[role] = [
            (await client.get(path(ids), headers=headers)).status_code,
            (await client.get("/feedback/v1/contests", headers=headers)).status_code,
            (await client.get("/feedback/contests", headers=headers | HTML)).status_code,
            (await client.post(f"/feedback/v1/contests/{raised}/answer", json={"answer": "x"}, headers=headers)).status_code,
        ]  # fmt: skip

    assert seen.pop("mentor") == [404, 403, 403, 403]
    assert set(map(tuple, seen.values())) == {(403, 403, 403, 403)}


async def test_nobody_contests_for_another(client, ids, token_for, mentor):
    other = await client.post(path(ids, 1), json={"comment": "x"}, headers=mentor)
    coordinator = await client.post(path(ids), json={"comment": "x"}, headers=token_for("coordinator"))
    unknown = await client.post(f"/feedback/v1/contests/{uuid4()}/answer", json={"answer": "x"}, headers=token_for("coordinator"))  # fmt: skip

    assert (other.status_code, coordinator.status_code, unknown.status_code) == (404, 403, 404)


async def test_the_pages_carry_the_figures_the_contest_and_the_answer(client, ids, token_for, mentor):
    empty = await client.post("/feedback/mine?lang=en", data={"comment": "  "}, headers=mentor | HTML)
    await client.post("/feedback/mine", data={"comment": "They were <beginners>."}, headers=mentor | HTML)
    coordinator = token_for("coordinator") | HTML
    shown = await client.get("/feedback/contests?lang=en", headers=coordinator)
    noticed = await client.get("/feedback/verdicts?lang=en", headers=coordinator)
    [contest] = (await client.get("/feedback/v1/contests", headers=coordinator)).json()
    await client.post(f"/feedback/contests/{contest['contest_id']}", data={"answer": "We look."}, headers=coordinator)  # fmt: skip
    mine = await client.get("/feedback/mine?lang=en", headers=mentor | HTML)

    assert empty.status_code == 422
    assert "Say why" in empty.text
    assert "They were &lt;beginners&gt;." in shown.text
    assert "1 wait for you" in noticed.text
    assert "We look." in mine.text
    assert "waits for the college" not in mine.text


async def test_the_report_tells_how_ratings_fit_beside_those_of_others(client, ids, sessions, token_for):
    erratic = world.numbered(2, 50)
    ids.station_of[erratic] = 0
    usual = world.rate(ids, seed=9, weeks=[9, 10])
    odd = [
        one.model_copy(update={"mentor_id": erratic, "level": 1 if number % 2 else 5})
        for number, one in enumerate(usual[:40])
    ]
    async with sessions.begin() as session:
        await handlers.keep_mentor(world.named(ids, erratic), session)
        await handlers.record_ratings([*odd, *usual[40:]], session)
    fits = {}
    for who in (erratic, ids.mentors[1]):
        report = f"/feedback/v1/mentors/{who}/report"
        fits[who] = (await client.get(report, headers=token_for("coordinator"))).json()["fit"]

    assert fits[erratic] > 2
    assert fits[ids.mentors[1]] < 1.2
