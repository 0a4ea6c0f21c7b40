"""Who may teach a module: what it asks, what a teacher holds until when, and what the pack makes of the difference."""

import runpy
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.curriculum import handlers, people
from services.curriculum.people import Teacher
from services.curriculum.rule_packs import Consequence, Teaching, names, pack_of
from services.curriculum.staffing import objections, staff
from shared.events.curriculum import QualificationEnding, TeacherAssigned
from shared.events.gateway import ClockAdvanced
from shared.events.plan_parts import PlanModule
from shared.messaging.clock import advance_clock
from shared.messaging.schedule import fire_due
from tests.curriculum.conftest import module
from tests.curriculum.test_hours_and_rules import KINDS

API = "/curriculum/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}
DAY = date(2021, 12, 6)
CRANE = PlanModule.model_validate(
    module("crane", "turns", 20, 20, qualifications=["crane-licence"], contribution={"casting": 1})
)


def teacher(name, **more) -> Teacher:
    given = {
        "teacher_id": uuid4(),
        "college_id": uuid4(),
        "modules": [],
        "competencies": [],
        "qualifications": {},
    }
    return Teacher(name=name, **{**given, **more})


DUAL = {"dual_from": date(2021, 1, 1), "dual_until": date(2022, 1, 1)}
LICENCE = {"qualifications": {"crane-licence": "2021-12-06"}}
OWN, KNOWS = {"modules": ["crane"]}, {"competencies": ["casting"]}


@pytest.mark.parametrize(
    ("who", "verdict"),
    [
        ([OWN | DUAL | LICENCE], "ready"),
        ([OWN, KNOWS | DUAL | LICENCE], "assign"),
        ([OWN | LICENCE, KNOWS], "second-first"),
        ([OWN | DUAL], "qualify-first"),
        ([OWN | DUAL | {"qualifications": {"crane-licence": "2021-12-05"}}], "qualify-first"),
        ([{"competencies": ["history"]} | DUAL | LICENCE], "nobody"),
    ],
)
def test_what_it_takes_to_teach_a_module(who, verdict):
    found = staff(CRANE, [teacher(f"t{number}", **one) for number, one in enumerate(who)], DAY)

    assert found.verdict == verdict


def test_only_those_who_lack_nothing_else_are_sent_to_the_plant():
    lacking = teacher("Li", **OWN)
    licensed = teacher("Wang", **OWN, **LICENCE)

    found = staff(CRANE, [lacking, licensed], DAY)

    assert found.second_first == [licensed]
    assert [(fit.teacher, fit.missing) for fit in found.qualify_first] == [(lacking, ["crane-licence"])]


@pytest.mark.parametrize("follows", list(Consequence))
def test_the_pack_decides_what_follows_from_an_objection(follows):
    expired = teacher("Li", dual_from=date(2020, 1, 1), dual_until=date(2021, 12, 5))
    rule = Teaching(unqualified=follows, not_dual=follows)

    found = list(objections(CRANE, expired, DAY, rule, {}))

    if follows is Consequence.ALLOW:
        assert found == []
        return
    assert [each for each, _ in found] == [follows, follows]
    assert "crane-licence" in found[0][1].en
    assert "2021-12-05" in found[1][1].zh


def test_every_pack_says_where_its_rule_for_teachers_comes_from():
    assert {name: pack_of(name).teachers.source for name in names()} == {"cn-plan": "configuration"}


@pytest.fixture
async def strict(client, told, token_for, hear):
    """A plan under the Chinese pack, whose module asks for a licence; the coordinator of its college."""
    await hear(handlers.keep_programme, told.programme(plan_rules="cn-plan"))
    modules = [one | {"phase": "turns"} for one in KINDS]
    modules[3] |= {"qualifications": ["crane-licence"]}
    answer = await client.post(
        f"{API}/programmes/{told.programme_id}/plans",
        json={"modules": modules},
        headers=token_for("coordinator"),
    )
    assert answer.status_code == 201, answer.text
    return token_for("coordinator", college_id=told.college_id)


async def test_an_assignment_is_refused_until_the_qualification_is_held(strict, client, sessions, said):
    refused = await client.post(f"{API}/teachers", json={"name": "Li", "modules": ["steel"]}, headers=strict)
    assert (refused.status_code, refused.json()["code"]) == (409, "E-CUR-UNFIT")
    assert "crane-licence" in refused.json()["detail"]
    li = (await client.post(f"{API}/teachers", json={"name": "Li"}, headers=strict)).json()["teacher_id"]
    url = f"{API}/teachers/{li}"

    before = await client.put(f"{url}/modules/steel", headers=strict)
    await client.put(f"{url}/qualifications/crane-licence", json={"until": "2021-12-05"}, headers=strict)
    ended = await client.put(f"{url}/modules/steel", headers=strict)
    await client.put(f"{url}/qualifications/crane-licence", json={"until": None}, headers=strict)
    held = await client.put(f"{url}/modules/steel", headers=strict)

    assert [one.status_code for one in (before, ended, held)] == [409, 409, 200]
    assert held.json()["teacher"]["modules"] == ["steel"]
    assert "not dual-qualified" in held.json()["warnings"][0]["en"]
    off = await client.delete(f"{url}/modules/steel", headers=strict)
    assert off.json()["teacher"]["modules"] == []
    heard = [one.modules for one in await said(sessions) if isinstance(one, TeacherAssigned)]
    assert heard == [[], ["steel"], []]


async def test_what_ends_is_said_sixty_days_before_and_again_when_it_is_renewed(
    strict, client, sessions, said, told
):
    async def soon():
        heard = [one for one in await said(sessions) if type(one).__name__.startswith("Qualification")]
        return [(type(one).__name__, one.qualification, str(one.ends_on)) for one in heard]

    async def on_day(day):
        async with sessions.begin() as session:
            await advance_clock(ClockAdvanced(today=day), session)
        await fire_due(handlers.on, sessions)

    held = {"crane-licence": "2022-03-01", "welding": "2021-12-20", "lifting": None}
    body = {"name": "Li", "teacher_id": str(uuid4()), "qualifications": held, "modules": ["steel"]}
    for _ in range(2):
        assert (await client.post(f"{API}/teachers", json=body, headers=strict)).status_code == 201
    await fire_due(handlers.on, sessions)
    assert await soon() == [("QualificationEnding", "welding", "2021-12-20")]
    assert "ends soon, on" in (await client.get("/curriculum/teachers", headers=strict | PAGE)).text
    await on_day(date(2021, 12, 30))
    assert len(await soon()) == 1
    await on_day(date(2021, 12, 31))
    assert (await soon())[1:] == [("QualificationEnding", "crane-licence", "2022-03-01")]
    [ending] = [one for one in await said(sessions) if isinstance(one, QualificationEnding)][1:]
    assert (ending.modules, ending.college_id) == (["steel"], told.college_id)

    url = f"{API}/teachers/{body['teacher_id']}/qualifications/crane-licence"
    await client.put(url, json={"until": "2023-03-01"}, headers=strict)
    await fire_due(handlers.on, sessions)
    assert (await soon())[2:] == [("QualificationRenewed", "crane-licence", "2023-03-01")]


async def test_a_qualification_is_read_by_the_name_that_its_college_gives_it(strict, client, token_for):
    body = {"name": "Li", "qualifications": {"crane-licence": "2022-03-01"}}
    await client.post(f"{API}/teachers", json=body, headers=strict)
    url, page = f"{API}/qualifications", "/curriculum/teachers"
    unnamed = (await client.get(page, headers=strict | PAGE)).text
    wrong = {"code": "crane-licence", "zh": "", "en": "x"}
    refused = await client.post(f"{page}/qualifications", data=wrong, headers=strict | PAGE)
    named = wrong | {"zh": "起重机操作证", "en": "crane driver's licence"}
    saved = await client.post(f"{page}/qualifications", data=named, headers=strict | PAGE)

    assert "not named yet" in unnamed
    assert (refused.status_code, saved.status_code) == (422, 303)
    chinese = (await client.get(page, headers=strict | PAGE | {"Accept-Language": "zh"})).text
    assert "<div>起重机操作证" in chinese
    [known] = (await client.get(url, headers=strict)).json()
    assert known["title"] == {"zh": "起重机操作证", "en": "crane driver's licence"}
    other = token_for("coordinator", college_id=uuid4())
    assert (await client.get(url, headers=other)).json() == []
    nobodys = await client.put(f"{url}/x", json={"zh": "甲", "en": "a"}, headers=token_for("coordinator"))
    assert (nobodys.status_code, nobodys.json()["field"]) == (422, "college_id")


async def test_a_teacher_said_again_keeps_the_dual_status_and_another_college_says_nothing(
    strict, client, sessions, told, token_for
):
    li = (await client.post(f"{API}/teachers", json={"name": "Li"}, headers=strict)).json()["teacher_id"]
    async with sessions.begin() as session:
        row = await session.get(Teacher, li)
        row.dual_from, row.dual_until = DUAL.values()

    again = await client.post(f"{API}/teachers", json={"teacher_id": li, "name": "Li Na"}, headers=strict)
    other = token_for("coordinator", college_id=uuid4())
    stolen = await client.post(f"{API}/teachers", json={"teacher_id": li, "name": "X"}, headers=other)
    assigned = await client.put(f"{API}/teachers/{li}/modules/steel", headers=other)

    assert (again.json()["name"], again.json()["dual_until"]) == ("Li Na", "2022-01-01")
    assert {stolen.status_code, assigned.status_code} == {404}


async def test_a_proposal_shows_who_lacks_what(planned, hear, draft, client, token_for):
    coordinator = token_for("coordinator", college_id=planned.college_id)
    await client.post(
        f"{API}/teachers", json={"name": "Li", "competencies": ["casting"]}, headers=coordinator
    )
    [opened] = await hear(handlers.open_revision_for_gap, planned.gap(estimate=3.8))
    await draft()
    url = f"{API}/revisions/{opened.revision_id}"
    seen = (await client.get(url, headers=coordinator)).json()["content_hash"]
    crane = CRANE.model_dump(mode="json")

    edit = await client.patch(f"{url}/draft", json={"added": [crane], "seen": seen}, headers=coordinator)

    [one] = [each for each in edit.json()["impact"]["staffing"] if each["module"] == "crane"]
    assert one["verdict"] == "qualify-first"
    assert [(who["name"], who["missing"]) for who in one["qualify_first"]] == [("Li", ["crane-licence"])]
    at = f"/curriculum/revisions/{opened.revision_id}"
    assert "Li lacks crane-licence" in (await client.get(at, headers=coordinator | PAGE)).text
    name = {"zh": "起重机操作证", "en": "a crane driver's licence"}
    await client.put(f"{API}/qualifications/crane-licence", json=name, headers=coordinator)
    assert "Li lacks a crane driver&#39;s licence" in (await client.get(at, headers=coordinator | PAGE)).text


async def test_the_page_of_teachers_assigns_warns_and_refuses(strict, client, token_for, told):
    await client.post("/curriculum/teachers", data={"name": "Li"}, headers=strict | PAGE)
    [li] = (await client.get(f"{API}/teachers", headers=strict)).json()
    url = f"/curriculum/teachers/{li['teacher_id']}"

    refused = await client.post(f"{url}/assign", data={"module": "steel"}, headers=strict | PAGE)
    held = {"code": "crane-licence", "until": "2022-03-01"}
    recorded = await client.post(f"{url}/qualify", data=held, headers=strict | PAGE)
    warned = await client.post(f"{url}/assign", data={"module": "steel"}, headers=strict | PAGE)

    assert (refused.status_code, "E-CUR-UNFIT" in refused.text) == (409, True)
    assert recorded.status_code == 303
    assert "Done, but:" in warned.text
    assert "to the plant first" in warned.text
    wrong = await client.post(f"{url}/qualify", data={"code": "x", "until": "soon"}, headers=strict | PAGE)
    assert wrong.status_code == 422
    assert (await client.post(f"{url}/nonsense", headers=strict | PAGE)).status_code == 404
    off = await client.post(f"{url}/take-off", data={"module": "steel"}, headers=strict | PAGE)
    assert off.status_code == 303
    enterprise = token_for("panel-enterprise", enterprise_id=told.enterprise_id) | PAGE
    assert (await client.get("/curriculum/teachers", headers=enterprise)).status_code == 403


async def test_refusals_and_warnings_name_a_qualification_as_its_college_calls_it(strict, client):
    name = {"zh": "起重机操作证", "en": "crane driver's licence"}
    await client.put(f"{API}/qualifications/crane-licence", json=name, headers=strict)
    refused = await client.post(f"{API}/teachers", json={"name": "Li", "modules": ["steel"]}, headers=strict)
    assert "holds, crane driver's licence / " in refused.json()["detail"]
    assert "资格已过期：起重机操作证" in refused.json()["detail"]
    assert "crane-licence" not in refused.json()["detail"]


@pytest.fixture
def on_day(sessions):
    async def advance(day):
        async with sessions.begin() as session:
            await advance_clock(ClockAdvanced(today=day), session)
        await fire_due(handlers.on, sessions)

    return advance


async def endings(sessions, said):
    return [str(one.ends_on) for one in await said(sessions) if isinstance(one, QualificationEnding)]


async def test_an_ending_is_said_once_though_its_day_was_changed_and_changed_back(
    strict, client, sessions, said, on_day
):
    body = {"name": "Li", "teacher_id": str(uuid4()), "qualifications": {"welding": "2022-06-01"}}
    await client.post(f"{API}/teachers", json=body, headers=strict)
    url = f"{API}/teachers/{body['teacher_id']}/qualifications/welding"
    for until in ("2022-09-01", "2022-06-01", None, "2022-06-01"):
        await client.put(url, json={"until": until}, headers=strict)
    await on_day(date(2022, 4, 10))
    assert await endings(sessions, said) == ["2022-06-01"]
    for until in ("2023-06-01", "2022-06-01"):
        await client.put(url, json={"until": until}, headers=strict)
    await fire_due(handlers.on, sessions)
    assert await endings(sessions, said) == ["2022-06-01"] * 2, "renewed in between, so it is news"


def watch_of_migration() -> str:
    folder = Path(people.__file__).parent / "migrations/versions"
    return runpy.run_path(str(folder / "0007_endings_said_once.py"))["WATCH"]


async def test_what_was_recorded_before_endings_were_watched_is_watched_after_the_migration(
    strict, client, sessions, said, on_day, told
):
    seen = {"name": "Li", "teacher_id": str(uuid4()), "qualifications": {"welding": "2022-06-01"}}
    await client.post(f"{API}/teachers", json=seen, headers=strict)
    held = {"crane-licence": "2022-07-01", "lifting": None, "old": "2020-01-01"}
    early = teacher("Wang", college_id=told.college_id, qualifications=held, dual_until=date(2022, 8, 1))
    async with sessions.begin() as session:
        session.add(early)
        await session.flush()
        for _ in range(2):
            await session.execute(text(watch_of_migration()))
    await on_day(date(2022, 5, 1))
    assert await endings(sessions, said) == ["2022-06-01"]
    await on_day(date(2022, 5, 2))
    assert await endings(sessions, said) == ["2022-06-01", "2022-07-01"]
    await on_day(date(2022, 6, 2))
    assert await endings(sessions, said) == ["2022-06-01", "2022-07-01", "2022-08-01"]
