"""Frameworks in and out: CASE packages that others wrote, our own, ESCO, O*NET; and positions against what is in force."""

import copy
import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.curriculum import case, case_checking, case_making, esco, handlers, onet
from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Requirement, Text
from shared.events.plan_parts import Competency

DATA = Path(__file__).parent / "data"
V1 = "/curriculum/v1"
PAGE = {"Accept": "text/html", "Accept-Language": "en"}
CASE = "/curriculum/ims/case/v1p1"
PACKAGES = sorted((DATA / "case").glob("*.json"))


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem)
async def test_a_package_that_others_wrote_leaves_as_it_came(path, client, token_for):
    coordinator, given_in = token_for("coordinator"), json.loads(path.read_text())

    new = await client.post(f"{V1}/frameworks/case", content=path.read_bytes(), headers=coordinator)

    assert new.status_code == 201, new.text
    document = given_in["CFDocument"]["identifier"]
    assert (await client.get(f"{CASE}/CFPackages/{document}", headers=coordinator)).json() == given_in
    assert (await client.get(f"{CASE}/CFDocuments/{document}", headers=coordinator)).json() == given_in[
        "CFDocument"
    ]
    listed = await client.get(f"{CASE}/CFDocuments", headers=coordinator)
    assert listed.json() == {"CFDocuments": [given_in["CFDocument"]]}
    for item in given_in["CFItems"]:
        assert (await client.get(f"{CASE}/CFItems/{item['identifier']}", headers=coordinator)).json() == item
        tied = (
            await client.get(f"{CASE}/CFItemAssociations/{item['identifier']}", headers=coordinator)
        ).json()
        assert len(tied["CFAssociations"]) == 1
    for kind in given_in["CFDefinitions"].get("CFItemTypes", []):
        shown = (await client.get(f"{CASE}/CFItemTypes/{kind['identifier']}", headers=coordinator)).json()
        assert shown == {"CFItemTypes": [kind]}
    assert len(new.json()["competencies"]) == len(given_in["CFItems"])


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(min_size=1, max_size=8).map(lambda name: f"ext:{name}"), JSONS, max_size=4))
def test_no_field_that_we_do_not_know_is_lost(extensions):
    package = json.loads(PACKAGES[0].read_text())
    package["extensions"] = package["CFItems"][0]["extensions"] = extensions

    read = case_checking.unwrapped({"CFPackage": copy.deepcopy(package)})

    assert read == package


async def test_our_own_framework_goes_out_with_both_languages_levels_and_alignments_and_comes_back(
    client, token_for
):
    coordinator, framework_id = token_for("coordinator"), str(uuid4())
    levels = [{"zh": f"等级{n}", "en": f"level {n}"} for n in range(1, 6)]
    body = {
        "framework_id": framework_id, "title": {"zh": "钢", "en": "steel"},
        "competencies": [
            {"code": "endpoint", "title": {"zh": "终点控制", "en": "end point"}, "source": "O*NET 2.B.3.h", "levels": levels},
            {"code": "casting", "title": {"zh": "连铸", "en": "casting"}, "source": "", "levels": []},
        ],
    }  # fmt: skip
    await client.post(f"{V1}/frameworks", json=body, headers=coordinator)
    aligned = {"code": "casting", "target": "http://data.europa.eu/esco/skill/x", "kind": "exactMatchOf"}
    new = await client.post(f"{V1}/frameworks/{framework_id}/alignments", json=aligned, headers=coordinator)
    assert new.status_code == 201, new.text

    package = (await client.get(f"{CASE}/CFPackages/{framework_id}", headers=coordinator)).json()

    kinds = [link["associationType"] for link in package["CFAssociations"]]
    assert sorted(set(kinds)) == ["exactMatchOf", "isChildOf", "isTranslationOf"]
    assert any(link["destinationNodeURI"]["uri"] == aligned["target"] for link in package["CFAssociations"])
    back = await client.post(f"{V1}/frameworks/case", json=package, headers=coordinator)
    again = {one["code"]: one for one in back.json()["competencies"]}
    assert again["endpoint"]["title"] == {"zh": "终点控制", "en": "end point"}
    assert again["endpoint"]["levels"] == levels
    assert back.json()["framework_version"] == 2


def test_every_link_of_our_own_package_leads_to_a_part_of_it_or_elsewhere():
    own = UUID(int=7)
    competencies = [Competency(code=f"c{n}", title=Text(zh=f"能{n}", en=f"c{n}")) for n in range(4)]
    links = case_making.Links("https://college.test/case", "2021-12-06T00:00:00+08:00")

    package = case_making.package_of(own, 1, Text(zh="钢", en="steel"), competencies, [], links)

    known = {item["identifier"] for item in package["CFItems"]} | {str(own)}
    for link in package["CFAssociations"]:
        assert {case.node_of(link, "originNodeURI"), case.node_of(link, "destinationNodeURI")} <= known


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"CFDocument": {"title": "x"}}, "no UUID"),
        ({"CFItems": [{"identifier": "1"}]}, "identifier and fullStatement"),
        ({"CFAssociations": [{"associationType": "isChildOf"}]}, "originNodeURI"),
    ],
)
async def test_a_broken_package_is_refused_with_the_place(client, token_for, change, said):
    package = json.loads(PACKAGES[0].read_text()) | change

    answer = await client.post(f"{V1}/frameworks/case", json=package, headers=token_for("coordinator"))

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-TABLE")
    assert said in answer.text


async def test_an_object_that_the_case_service_does_not_know_is_told_as_case_tells_it(client, token_for):
    answer = await client.get(f"{CASE}/CFItems/{uuid4()}", headers=token_for("coordinator"))

    assert answer.status_code == 404
    assert (
        answer.json()["imsx_codeMinor"]["imsx_codeMinorField"][0]["imsx_codeMinorFieldValue"]
        == "unknownobject"
    )


async def test_esco_skills_come_in_with_their_alignment(client, token_for):
    coordinator = token_for("coordinator")

    new = await client.post(
        f"{V1}/frameworks/esco", content=(DATA / "esco_skills.csv").read_bytes(), headers=coordinator
    )

    assert len(new.json()["competencies"]) == 30
    url = f"{V1}/frameworks/{new.json()['framework_id']}/alignments"
    aligned = (await client.get(url, headers=coordinator)).json()
    assert len(aligned) == 30
    assert all(one["target"].startswith("http://data.europa.eu/esco/skill/") for one in aligned)
    assert all(one["kind"] == "exactMatchOf" for one in aligned)


def test_esco_s_own_columns_are_read_too_and_a_strange_row_is_named():
    table = "conceptUri,preferredLabel,description\nhttp://data.europa.eu/esco/skill/a,cast metal,pour it\n"
    assert esco.read(table)[0][0].title.en == "cast metal"
    with pytest.raises(FrameworkBroken, match="line 3"):
        esco.read(f"{table}nonsense,x,y\n")


async def test_a_position_corresponds_to_an_esco_occupation_whatever_profile_it_publishes_next(
    told, hear, client, token_for
):
    coordinator = token_for("coordinator")
    table = (DATA / "esco_occupations.csv").read_bytes()

    for _ in range(2):
        new = await client.post(f"{V1}/occupations/esco", content=table, headers=coordinator)
        assert (new.status_code, new.json()) == (201, {"occupations": 10})
    [found] = (await client.get(f"{V1}/occupations?like=furnace", headers=coordinator)).json()
    url = f"{V1}/positions/{told.position_id}/occupations"
    body = {"uri": found["uri"], "kind": "exactMatchOf"}
    assert (await client.put(url, json=body, headers=coordinator)).status_code == 200
    await hear(handlers.keep_position, told.position())

    kept = (await client.get(url, headers=coordinator)).json()
    assert kept == [found | {"kind": "exactMatchOf"}]
    assert found["isco"] == "3135"
    unknown = await client.put(
        url, json=body | {"uri": "http://data.europa.eu/esco/occupation/x"}, headers=coordinator
    )
    assert (unknown.status_code, unknown.json()["field"]) == (422, "uri")
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())
    assert (await client.get(url, headers=stranger)).status_code == 404
    wrong = await client.post(f"{V1}/frameworks/esco", content=table, headers=coordinator)
    assert (wrong.status_code, "occupations go to" in wrong.json()["detail"]) == (422, True)


async def test_the_page_of_occupations_imports_finds_aligns_and_takes_off(told, client, token_for):
    coordinator, at = token_for("coordinator") | PAGE, "/curriculum/occupations"
    file = {"table": ("occupations_en.csv", (DATA / "esco_occupations.csv").read_bytes())}

    assert (await client.post(at, files=file, headers=coordinator)).status_code == 303
    wrong = {"table": ("x.csv", b"a,b\n1,2\n")}
    refused = await client.post(at, files=wrong, headers=coordinator)
    assert (refused.status_code, "E-CUR-TABLE" in refused.text) == (422, True)
    assert "10 imported" in refused.text
    assert "metal furnace operator" in (await client.get(f"{at}?like=furnace", headers=coordinator)).text
    [found] = (await client.get(f"{V1}/occupations?like=furnace", headers=coordinator)).json()
    form = {"position_id": str(told.position_id), "uri": found["uri"], "kind": "exactMatchOf"}
    unknown = await client.post(f"{at}/align", data=form | {"uri": "x"}, headers=coordinator)
    assert (unknown.status_code, "no occupation" in unknown.text) == (422, True)

    assert (await client.post(f"{at}/align", data=form, headers=coordinator)).status_code == 303
    enterprise = token_for("panel-enterprise", enterprise_id=told.enterprise_id) | PAGE
    shown = (await client.get(at, headers=enterprise)).text
    assert "ISCO 3135 · the same" in shown
    assert "Import occupations" not in shown
    stranger = token_for("panel-enterprise", enterprise_id=uuid4()) | PAGE
    assert "ISCO 3135" not in (await client.get(at, headers=stranger)).text
    assert (await client.post(f"{at}/take-off", data=form, headers=enterprise)).status_code == 403
    assert (await client.post(f"{at}/take-off", data=form, headers=coordinator)).status_code == 303
    assert "ISCO 3135" not in (await client.get(at, headers=coordinator)).text


def test_onet_gives_the_published_values_of_furnace_operators():
    skills = (DATA / "onet_skills.csv").read_text()
    _, profile = onet.read(skills, "51-4051.00")
    found = {one.competency: one.importance for one in profile}
    assert (found["2.B.3.g"], found["2.B.3.h"]) == (3.88, 3.75)
    tasks = onet.read_tasks((DATA / "onet_task_statements.csv").read_text(), "51-4051.00")
    assert len(tasks) == 15
    activities, ties = onet.read_activities((DATA / "onet_tasks_to_dwas.csv").read_text(), "51-4051.00")
    assert len(ties) == 22
    assert {code for code, *_ in ties} == {one.code for one in activities}
    with pytest.raises(FrameworkBroken, match="task statements"):
        onet.read_tasks(skills, "51-4051.00")


async def test_tasks_and_activities_come_in_over_http(client, token_for):
    coordinator = token_for("coordinator")
    for what, table, count in (("tasks", "task_statements", 15), ("activities", "tasks_to_dwas", 20)):
        body = (DATA / f"onet_{table}.csv").read_bytes()
        new = await client.post(
            f"{V1}/frameworks/onet/{what}?soc=51-4051.00", content=body, headers=coordinator
        )
        assert new.status_code == 201, new.text
        assert len(new.json()["competencies"]) >= count - 2


async def test_a_position_is_held_against_the_framework_and_the_plan_in_force(
    planned, hear, client, token_for
):
    coordinator = token_for("coordinator")
    known = [
        {"code": code, "title": {"zh": code, "en": code}}
        for code in ("safety", "drawing", "endpoint", "casting")
    ]
    await client.post(f"{V1}/frameworks", json={"competencies": known}, headers=coordinator)
    position = planned.position()
    profile = [
        Requirement(competency=name, level=level)
        for name, level in {"safety": 4, "drawing": 4, "casting": 2, "robotics": 3}.items()
    ]
    await hear(handlers.keep_position, position.model_copy(update={"profile": profile}))

    url = f"{V1}/positions/{planned.position_id}/profile?plan_id={planned.plan_id}"
    shown = (await client.get(url, headers=coordinator)).json()

    assert {one["competency"]: one["verdict"] for one in shown} == {
        "safety": "same", "drawing": "higher", "casting": "lower", "robotics": "unknown", "endpoint": "no-longer-asked"
    }  # fmt: skip
