"""Teachers go to plants and come back dual-qualified; teams solve problems and are credited."""

from uuid import uuid4

import pytest

from shared.events.curriculum import (
    ProjectFinished,
    ProjectOpened,
    SecondmentPlanned,
    SecondmentReported,
    TeacherAssigned,
    TeacherQualified,
)

API = "/curriculum/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}


@pytest.fixture
def coordinator(token_for, told):
    return token_for("coordinator", college_id=told.college_id)


@pytest.fixture
async def teacher(client, coordinator):
    answer = await client.post(f"{API}/teachers", json={"name": "王老师"}, headers=coordinator)
    assert answer.status_code == 201, answer.text
    return answer.json()["teacher_id"]


@pytest.fixture
def send(client, coordinator, teacher, told):
    async def plan(first, last, **more):
        body = {
            "teacher_id": teacher, "enterprise_id": str(told.enterprise_id), "goals": ["endpoint"],
            "first_day": first, "last_day": last, **more,
        }  # fmt: skip
        return await client.post(f"{API}/secondments", json=body, headers=coordinator)

    return plan


async def test_the_modules_of_a_teacher_are_said_each_time_they_change(
    client, coordinator, told, sessions, said
):
    new = {"teacher_id": str(uuid4()), "name": "王老师", "modules": ["casting", "safety"]}
    for modules in (new["modules"], ["casting"]):
        answer = await client.post(f"{API}/teachers", json=new | {"modules": modules}, headers=coordinator)
        assert answer.status_code == 201, answer.text

    heard = await said(sessions)

    assert [(str(one.teacher_id), one.modules) for one in heard] == [
        (new["teacher_id"], ["casting", "safety"]),
        (new["teacher_id"], ["casting"]),
    ]
    assert {one.college_id for one in heard} == {told.college_id}
    assert all("name" not in type(one).model_fields for one in heard)


async def test_a_year_at_a_plant_makes_a_teacher_dual_qualified(
    client, send, coordinator, token_for, teacher, sessions, said
):
    planned = await send("2020-10-01", "2021-11-30")
    assert planned.status_code == 201, planned.text
    path = f"{API}/secondments/{planned.json()['secondment_id']}/report"

    reported = await client.post(
        path, json={"learnt": ["endpoint"]}, headers=token_for("teacher", person_id=teacher)
    )

    assert reported.status_code == 200, reported.text
    heard = await said(sessions)
    assert [type(one) for one in heard] == [
        TeacherAssigned,
        SecondmentPlanned,
        SecondmentReported,
        TeacherQualified,
    ]
    assert str(heard[-1].dual_from) == "2021-12-06"
    assert heard[-1].dual_until > heard[-1].dual_from
    share = await client.get(f"{API}/teachers/share", headers=coordinator)
    assert (share.json()["dual"], share.json()["all"]) == (1, 1)
    again = await client.post(path, json={"learnt": []}, headers=coordinator)
    assert again.status_code == 422


async def test_a_week_at_a_plant_does_not(client, send, coordinator, sessions, said):
    planned = await send("2021-11-01", "2021-11-07")
    path = f"{API}/secondments/{planned.json()['secondment_id']}/report"

    assert (await client.post(path, json={"learnt": []}, headers=coordinator)).status_code == 200

    assert TeacherQualified not in {type(one) for one in await said(sessions)}


async def test_what_is_reported_has_happened(client, send, coordinator):
    planned = await send("2021-11-01", "2022-03-31")
    path = f"{API}/secondments/{planned.json()['secondment_id']}/report"

    for day, why in (("2022-03-01", "报告日期晚于今天"), ("2021-10-01", "实践尚未开始")):
        refused = await client.post(
            path,
            json={"learnt": ["endpoint"], "reported_on": day},
            headers=coordinator | {"Accept-Language": "zh"},
        )
        assert (refused.status_code, refused.json()["field"]) == (422, "reported_on")
        assert why in refused.text


async def test_a_stint_is_planned_and_reported_on_its_page(
    client, coordinator, teacher, token_for, told, said, sessions
):
    at = "/curriculum/secondments"
    form = {
        "teacher_id": teacher, "where": f"{told.programme_id}/{told.enterprise_id}", "goals": ["endpoint", "casting"],
        "first_day": "2021-11-01", "last_day": "2021-10-01",
    }  # fmt: skip

    backwards = await client.post(at, data=form, headers=coordinator | PAGE)
    planned = await client.post(at, data=form | {"last_day": "2021-11-30"}, headers=coordinator | PAGE)
    [one] = (await client.get(f"{API}/secondments", headers=coordinator)).json()
    own = token_for("teacher", person_id=teacher, college_id=told.college_id)
    brought = {
        "learnt": ["endpoint"],
        "level-endpoint": "4",
        "level-casting": "",
        "comment": "<b>new</b> line",
    }
    reported = await client.post(f"{at}/{one['secondment_id']}/report", data=brought, headers=own | PAGE)

    assert (backwards.status_code, "2021-10-01" in backwards.text) == (422, True)
    assert (planned.status_code, reported.status_code) == (303, 303)
    [heard] = [each for each in await said(sessions) if isinstance(each, SecondmentReported)]
    assert (heard.learnt, [(each.competency, each.level) for each in heard.requirements]) == (
        ["endpoint"],
        [("endpoint", 4)],
    )
    shown = (await client.get(at, headers=coordinator | PAGE)).text
    assert ("&lt;b&gt;new" in shown, "Send the report" in shown) == (True, False)
    elsewhere = token_for("coordinator", college_id=str(uuid4()))
    assert (await client.get(f"{API}/secondments", headers=elsewhere)).json() == []
    enterprise = token_for("panel-enterprise", enterprise_id=told.enterprise_id)
    assert (await client.get(at, headers=enterprise | PAGE)).status_code == 403
    assert len((await client.get(f"{API}/secondments", headers=enterprise)).json()) == 1


async def test_a_teacher_is_at_one_plant_at_a_time_and_only_the_own_stint_is_reported(
    client, send, token_for
):
    planned = await send("2021-11-01", "2021-11-30")

    overlapping = await send("2021-11-30", "2021-12-20")
    backwards = await send("2022-02-01", "2022-01-01")
    stranger = await client.post(
        f"{API}/secondments/{planned.json()['secondment_id']}/report",
        json={"learnt": []},
        headers=token_for("teacher"),
    )

    assert overlapping.json()["field"] == "first_day"
    assert backwards.json()["field"] == "last_day"
    assert stranger.status_code == 404


async def test_a_project_credits_its_own_learners_with_its_own_competencies(
    client, coordinator, told, sessions, said
):
    learner, stranger = str(uuid4()), str(uuid4())
    problem = await client.post(
        f"{API}/problems", headers=coordinator,
        json={"programme_id": str(told.programme_id), "enterprise_id": str(told.enterprise_id), "problem": {"zh": "漏钢", "en": "breakouts"}},
    )  # fmt: skip
    assert problem.status_code == 201, problem.text
    project = await client.post(
        f"{API}/projects", headers=coordinator,
        json={"problem_id": problem.json()["problem_id"], "learner_ids": [learner], "teacher_id": str(uuid4()),
              "mentor_id": str(uuid4()), "competencies": ["casting"]},
    )  # fmt: skip
    assert project.status_code == 201, project.text
    path = f"{API}/projects/{project.json()['project_id']}/finish"

    for credited in ({stranger: ["casting"]}, {learner: ["history"]}):
        refused = await client.post(path, json={"credited": credited}, headers=coordinator)
        assert refused.json()["field"] == "credited"
    finished = await client.post(path, json={"credited": {learner: ["casting"]}}, headers=coordinator)

    assert finished.status_code == 200, finished.text
    assert [type(one) for one in await said(sessions)] == [ProjectOpened, ProjectFinished]
    assert (await client.post(path, json={"credited": {}}, headers=coordinator)).status_code == 422
