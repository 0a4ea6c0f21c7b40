"""Plans, versions, frameworks over HTTP."""

from uuid import uuid4

V1 = "/curriculum/v1"


async def publish(client, told, headers, **more):
    url = f"{V1}/programmes/{told.programme_id}/plans"
    return await client.post(url, json={"modules": told.modules, **more}, headers=headers)


async def test_a_published_plan_says_itself_whole(client, told, token_for, sessions, said):
    answer = await publish(client, told, token_for("coordinator"))

    assert answer.status_code == 201
    [published] = await said(sessions)
    assert published.model_dump(mode="json") == answer.json()
    assert {one.competency: one.level for one in published.requirements} == {
        "safety": 4, "drawing": 3, "endpoint": 4, "casting": 3,
    }  # fmt: skip
    assert published.coverage["endpoint"] == 240
    assert [(one.phase, one.first_week, one.last_week, one.budget) for one in published.phases] == [
        ("foundation", 1, 4, 100), ("turns", 5, 28, 480),
    ]  # fmt: skip


async def test_a_requirement_is_due_after_its_module_and_some_weeks_of_practice(client, told, token_for):
    plan = (await publish(client, told, token_for("coordinator"))).json()

    ends = {one["module"]: one["last_week"] for one in plan["modules"]}
    due = {one["competency"]: one["due_week"] for one in plan["requirements"]}
    assert due["endpoint"] == ends["steelmaking"] + 4
    assert due["safety"] == ends["safety"] + 4
    assert ends["culture"] == 24  # the last cycle of the phase stays free of theory


async def test_prerequisites_that_go_round_are_refused_by_name(client, told, token_for, sessions, said):
    modules = [dict(one) for one in told.modules]
    modules[0]["prerequisites"] = ["steelmaking"]

    answer = await publish(client, told, token_for("coordinator"), modules=modules)

    assert answer.status_code == 422
    assert answer.json()["code"] == "E-CUR-BROKEN"
    assert "safety -> steelmaking -> safety" in answer.json()["detail"]
    assert await said(sessions) == []


async def test_more_hours_than_a_phase_has_are_refused(client, told, token_for):
    modules = [{**one, "hours": {"theory": 200}} for one in told.modules]

    answer = await publish(client, told, token_for("coordinator"), modules=modules)

    assert "阶段“基”共 100 学时，其模块需 400 学时" in answer.json()["detail"]


async def test_a_programme_that_is_not_known_is_refused(client, told, token_for):
    url = f"{V1}/programmes/{uuid4()}/plans"

    answer = await client.post(url, json={"modules": told.modules}, headers=token_for("coordinator"))

    assert (answer.status_code, answer.json()["code"]) == (404, "E-CUR-PROGRAMME")


async def test_a_plan_cannot_be_published_twice(client, planned, token_for):
    answer = await publish(client, planned, token_for("coordinator"), plan_id=str(planned.plan_id))

    assert (answer.status_code, answer.json()["code"]) == (409, "E-CUR-PUBLISHED")


async def test_nobody_writes_or_reads_without_a_token(client, planned):
    assert (await publish(client, planned, {})).status_code == 401
    for path in ("plans", "revisions", "teachers", "projects", f"plans/{planned.plan_id}"):
        assert (await client.get(f"{V1}/{path}")).status_code == 401


async def test_a_mentor_cannot_publish_a_plan(client, told, token_for):
    assert (
        await publish(client, told, token_for("mentor", enterprise_id=told.enterprise_id))
    ).status_code == 403


async def test_another_enterprise_does_not_see_the_plan(client, planned, token_for):
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())

    assert (await client.get(f"{V1}/plans/{planned.plan_id}", headers=stranger)).status_code == 404
    assert (await client.get(f"{V1}/plans", headers=stranger)).json() == []


async def test_the_coverage_matrix_names_what_is_uncovered(client, told, token_for):
    modules = [one for one in told.modules if one["module"] != "casting"]
    plan = (await publish(client, told, token_for("coordinator"), modules=modules)).json()

    shown = (await client.get(f"{V1}/plans/{plan['plan_id']}/coverage", headers=token_for("teacher"))).json()

    states = {one["competency"]: one["state"] for one in shown["competencies"]}
    assert states["casting"] == "uncovered"
    assert states["history"] == "not-asked"
    [endpoint] = [one for one in shown["competencies"] if one["competency"] == "endpoint"]
    assert endpoint["by"] == {"steelmaking": 240}


async def test_a_framework_is_published_and_published_again(client, token_for, sessions, said):
    new = {"framework_id": str(uuid4()), "competencies": [{"code": "a", "title": {"zh": "甲", "en": "a"}}]}

    for _ in range(2):
        assert (
            await client.post(f"{V1}/frameworks", json=new, headers=token_for("coordinator"))
        ).status_code == 201

    assert [event.framework_version for event in await said(sessions)] == [1, 2]


TABLE = """O*NET-SOC Code,Title,Element ID,Element Name,Scale ID,Scale Name,Data Value,Recommend Suppress,Not Relevant
51-4051.00,Furnace,2.A.1.a,Reading,IM,Importance,3.0,N,
51-4051.00,Furnace,2.A.1.a,Reading,LV,Level,3.88,N,N
51-4051.00,Furnace,2.B.1.a,Dancing,IM,Importance,1.0,Y,
51-4051.00,Furnace,2.B.1.a,Dancing,LV,Level,0.5,Y,Y
"""


async def test_competencies_come_from_an_onet_table_with_level_and_importance(client, token_for):
    url = f"{V1}/frameworks/onet?soc=51-4051.00"

    answer = await client.post(url, content=TABLE, headers=token_for("coordinator"))

    assert answer.status_code == 201
    assert [one["code"] for one in answer.json()["framework"]["competencies"]] == ["2.A.1.a"]
    assert answer.json()["profile"] == [{"competency": "2.A.1.a", "level": 3, "importance": 3.0}]


async def test_a_table_that_is_none_is_refused_with_the_missing_columns(client, token_for):
    url = f"{V1}/frameworks/onet?soc=51-4051.00"

    answer = await client.post(url, content="a,b\n1,2\n", headers=token_for("coordinator"))

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-TABLE")
    assert "O*NET-SOC Code" in answer.json()["detail"]
