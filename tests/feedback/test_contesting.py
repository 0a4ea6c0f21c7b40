from datetime import date
from importlib import import_module
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from services.feedback import handlers
from services.feedback.model import Contest
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


async def test_a_college_reads_and_answers_what_was_contested_in_its_own_programmes_alone(
    client, ids, sessions, token_for, mentor
):
    """The other college has a programme with the same enterprise, and so the same mentors."""
    other = world.world(mentors=0)
    other.enterprise = ids.enterprise
    async with sessions.begin() as session:
        await handlers.keep_programme_with_its_thresholds(world.opened(other), session)
        idle = world.numbered(2, 70)
        ids.station_of[idle] = 0
        await handlers.keep_mentor(world.named(ids, idle), session)
    raised = (await client.post(path(ids), json={"comment": "Beginners."}, headers=mentor)).json()
    silent = token_for("mentor", person_id=idle, enterprise_id=ids.enterprise)
    of_nobody = (await client.post(path(ids).replace(str(ids.mentors[0]), str(idle)), json={"comment": "I rated nobody."}, headers=silent)).json()  # fmt: skip
    answer = f"/feedback/v1/contests/{raised['contest_id']}/answer"
    colleges = [token_for("coordinator", college_id=one) for one in (ids.college, other.college, uuid4())]

    async def seen(at):
        return [(await client.get(at, headers=one)).json() for one in colleges]

    listed = [{one["contest_id"] for one in told} for told in await seen("/feedback/v1/contests")]
    assert listed == [{raised["contest_id"], of_nobody["contest_id"]}, {of_nobody["contest_id"]}, set()]
    history = [(await client.get(path(ids), headers=one)) for one in colleges]
    assert [one.status_code for one in history] == [200, 200, 404]
    assert [len(one.json()) for one in history[:2]] == [1, 0]
    report = f"/feedback/v1/mentors/{ids.mentors[0]}/report"
    assert [(await client.get(report, headers=one)).status_code for one in colleges] == [200, 200, 404]
    pages = [(await client.get("/feedback/contests", headers=one | HTML)).text for one in colleges]
    assert ["Beginners." in one for one in pages] == [True, False, False]
    refused = await client.post(answer, json={"answer": "No."}, headers=colleges[1])
    given = await client.post(answer, json={"answer": "We look."}, headers=colleges[0])
    assert (refused.status_code, given.status_code) == (404, 200)
    assert [one["answer"] for one in (await client.get(path(ids), headers=mentor)).json()] == ["We look."]


async def test_what_was_contested_before_is_given_the_college_of_the_cohort_that_was_rated(
    client, ids, sessions, mentor
):
    await client.post(path(ids), json={"comment": "Beginners."}, headers=mentor)
    migration = import_module("services.feedback.migrations.versions.0015_of_whom_effects_and_contests_are")

    async with sessions.begin() as session:
        await session.execute(update(Contest).values(college_id=None))
        await session.execute(text(migration.WHOSE))
        assert list(await session.scalars(select(Contest.college_id))) == [ids.college]


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
