"""Files of frameworks as people have them: whatever is wrong with one is said with its place, and nothing of it stays."""

import json
from pathlib import Path

import pytest

from services.curriculum import case, case_checking

DATA = Path(__file__).parent / "data"
V1 = "/curriculum/v1"
PAGE = "/curriculum/frameworks"
EN = {"Accept": "text/html", "Accept-Language": "en"}
DOCUMENT = {"identifier": "11111111-1111-4111-8111-111111111111", "title": "steel"}
ITEM = {"identifier": "1", "fullStatement": "casts"}
SOC = "51-4051.00"
RATED = "O*NET-SOC Code,Element ID,Element Name,Scale ID,Data Value\n"
TASK = "O*NET-SOC Code,Task ID,Task\n"
ESCO = "conceptUri,preferredLabel,description\n"
SKILL = "http://data.europa.eu/esco/skill/"


def package(**changed):
    return json.dumps({"CFDocument": DOCUMENT, "CFItems": [ITEM]} | changed)


PACKAGES = [
    ("{", "line 1, column 2"),
    ("[" * 100_000, "cannot be read"),
    (package(CFDocument=DOCUMENT | {"title": "a\0b"}), "CFDocument.title: it holds the character U+0000"),
    (package(CFItems=[ITEM | {"fullStatement": "x\ud800"}]), "CFItems[0].fullStatement"),
    (package(n=float("nan")), "n: nan is no number"),
    (package(n=[1, float("inf")]), "n[1]: inf is no number"),
    (package().replace('"1"', "9" * 5000), "cannot be read"),
    (package(CFItems=[ITEM | {"fullStatement": " "}]), "CFItems[0]: an item has"),
    (package(CFItems=[ITEM, ITEM]), "CFItems[1]: identifier 1 stands there twice"),
    (package(CFItems=[ITEM | {"identifier": ["1"]}]), "CFItems[0]: an item has"),
    (package(CFItems=[ITEM | {"identifier": "a b/c"}]), "CFItems[0]: code 'a b/c'"),
    (package(CFItems=[ITEM | {"identifier": f"i{n}"} for n in range(5001)]), "more than 5000"),
    (package(CFItems=None), "no competency"),
    (package(CFRubrics={"a": 1}), "CFRubrics is a list"),
    (package(CFRubrics=["a"]), "CFRubrics[0]: it is no object"),
    (package(CFRubrics=[{"CFRubricCriteria": [1]}]), "CFRubrics[0].CFRubricCriteria[0]"),
    (package(CFDefinitions=["a"]), "CFDefinitions: it is no object"),
    (
        package(
            CFAssociations=[{"associationType": "a", "originNodeURI": {"x": 1}, "destinationNodeURI": "1"}]
        ),
        "CFAssociations[0]",
    ),
]
TABLES = [
    ("onet", RATED + f"{SOC},1.A,x,IM,much\n{SOC},1.A,x,LV,9\n", "line 2: 'much'"),
    ("onet", RATED + f"{SOC},1.A,x,IM,3\n{SOC},1.A,x,LV,9\n", "line 3: '9' is no number of scale LV"),
    ("onet", RATED + f"{SOC},1.A,x,IM\n", "line 2: ''"),
    ("onet", RATED + f"{SOC},1.A,x,IM,3\n", "both importance (IM) and level (LV)"),
    ("onet", RATED + "51-4052.00,1.A,x,IM,3\n", "the table has 51-4052.00"),
    ("onet", RATED, "no rows"),
    ("onet-tasks", TASK + f"{SOC},1,\n{SOC},2 3,a\n{SOC},4,a\n", "line 2: it has no words\nline 3: code 'task-2 3'"),
    ("onet-tasks", TASK + f"{SOC},1\n", "line 2: it has no words"),
    ("onet-tasks", TASK + f"{SOC},1,a\n{SOC},1,a\n", "stands there twice: task-1"),
    ("onet-activities", TASK, "no column DWA ID, DWA Title"),
    ("esco", ESCO + f"{SKILL},a,b\nnonsense,a,b\n", "line 2: "),
    ("esco", ESCO + f"{SKILL}a b,a,b\n", "line 2: code 'esco-a b'"),
    ("esco", ESCO + f'"{SKILL}a,b,' + "x" * 200_000, "is a quotation mark left open?"),
    ("esco", ESCO + f"{SKILL}a,b\0,c\n", "line 2: it holds the character U+0000"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "said"), PACKAGES, ids=[said for _, said in PACKAGES])
async def test_whatever_is_wrong_with_a_package_is_said_with_its_place(client, token_for, body, said):
    coordinator = token_for("coordinator")

    answer = await client.post(f"{V1}/frameworks/case", content=body.encode(), headers=coordinator)

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-TABLE")
    assert said in answer.json()["detail"]
    assert (await client.get(f"{V1}/frameworks", headers=coordinator)).json() == []


@pytest.mark.parametrize(("kind", "body", "said"), TABLES, ids=[said for *_, said in TABLES])
async def test_whatever_is_wrong_with_a_table_is_said_with_its_line(client, token_for, kind, body, said):
    coordinator = token_for("coordinator")
    params = {"soc": SOC} if kind.startswith("onet") else {}

    answer = await client.post(
        f"{V1}/frameworks/{kind.replace('-', '/')}",
        params=params,
        content=body.encode(),
        headers=coordinator,
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "E-CUR-TABLE")
    assert said in answer.json()["detail"]
    assert (await client.get(f"{V1}/frameworks", headers=coordinator)).json() == []


def test_each_language_takes_its_own_translation_and_no_item_is_lost():
    items = [
        {"identifier": "en", "fullStatement": "casts", "language": "en"},
        {"identifier": "de", "fullStatement": "giesst", "language": "de"},
        {"identifier": "zh", "fullStatement": "浇铸", "language": "zh-CN"},
        {"identifier": "alone", "fullStatement": "rolls", "language": "en"},
    ]
    ties = [("zh", "en"), ("de", "en"), ("alone", "not in this package")]
    links = [
        {"associationType": "isTranslationOf", "originNodeURI": origin, "destinationNodeURI": of}
        for origin, of in ties
    ]
    read = case_checking.unwrapped({"CFDocument": DOCUMENT, "CFItems": items, "CFAssociations": links})

    found = {one.code: one.title.model_dump() for one in case.competencies_of(read)}

    assert found == {"en": {"zh": "浇铸", "en": "casts"}, "alone": {"zh": "rolls", "en": "rolls"}}


async def send(client, headers, kind, name, body=None, **more):
    content = (DATA / name).read_bytes() if body is None else body
    form = {"kind": kind, **more}
    return await client.post(PAGE, data=form, files={"file": (Path(name).name, content)}, headers=headers)


async def test_a_coordinator_takes_in_every_kind_of_file_and_reads_what_is_in_it(client, token_for):
    coordinator = token_for("coordinator") | EN
    package = json.loads((DATA / "case/opensalt_item_type.json").read_text())
    for kind, name in (
        ("case", "case/opensalt_item_type.json"),
        ("esco", "esco_skills.csv"),
        ("onet", "onet_skills.csv"),
        ("onet-tasks", "onet_task_statements.csv"),
        ("onet-activities", "onet_tasks_to_dwas.csv"),
    ):
        answer = await send(client, coordinator, kind, name, soc=SOC)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE), answer.text
    known = {
        one["title"]["en"]: one for one in (await client.get(f"{V1}/frameworks", headers=coordinator)).json()
    }
    shown = (await client.get(PAGE, headers=coordinator)).text
    assert len(known) == 5
    for words in ("ESCO, European Commission", "CC BY 4.0", package["CFDocument"]["creator"], *known):
        assert words in shown

    skills = (await client.get(f"{PAGE}/{known[f'O*NET {SOC}']['framework_id']}", headers=coordinator)).text
    assert "Operations Monitoring" in skills
    assert ">3.88<" in skills.replace(" ", "")
    esco = known["ESCO skills"]["framework_id"]
    assert f'href="{SKILL}' in (await client.get(f"{PAGE}/{esco}", headers=coordinator)).text
    own = known[package["CFDocument"]["title"]]["framework_id"]
    text = (await client.get(f"{PAGE}/{own}", headers=coordinator)).text
    assert all(item["fullStatement"] in text for item in package["CFItems"])
    assert "part of" in text
    out = await client.get(f"/curriculum/ims/case/v1p1/CFPackages/{own}", headers=coordinator)
    assert out.json() == package

    again = await send(client, coordinator, "onet", "onet_skills.csv", soc=SOC, framework_id=esco)
    assert again.status_code == 303
    newest = (await client.get(f"{V1}/frameworks/{esco}", headers=coordinator)).json()
    assert newest["framework_version"] == 2
    asked = {one["competency"]: (one["importance"], one["level"]) for one in newest["profile"]}
    assert asked["2.B.3.g"] == (3.88, 3)


async def test_a_refused_file_leaves_nothing_and_the_form_as_it_was(client, token_for):
    coordinator = token_for("coordinator") | EN

    wrong = await send(client, coordinator, "onet-tasks", "x.csv", (TASK + f"{SOC},1,\n").encode(), soc=SOC)
    unnamed = await send(client, coordinator, "onet", "onet_skills.csv", soc="furnace")
    large = await send(client, coordinator, "case", "x.json", b" " * 20_000_001)

    assert (wrong.status_code, "line 2: it has no words" in wrong.text) == (422, True)
    assert f'value="{SOC}"' in wrong.text
    assert '<option value="onet-tasks" selected>' in wrong.text
    assert (unnamed.status_code, "no O*NET-SOC code" in unnamed.text) == (422, True)
    assert (large.status_code, "larger than 20 MB" in large.text) == (422, True)
    assert "No framework yet." in large.text


async def test_who_only_reads_sees_frameworks_and_no_form(client, token_for):
    await send(client, token_for("coordinator"), "esco", "esco_skills.csv")
    reader = token_for("teacher") | EN

    assert "ESCO skills" in (page := (await client.get(PAGE, headers=reader)).text)
    assert "Take a framework from a file" not in page
    assert (await send(client, reader, "esco", "esco_skills.csv")).status_code == 403
    assert (await client.get(PAGE, headers={"Accept": "text/html"})).status_code in {303, 401}


async def test_a_long_framework_is_searched_and_turned_over(client, token_for):
    coordinator = token_for("coordinator") | EN
    many = [{"code": f"c{n}", "title": {"zh": f"能力{n}", "en": f"skill {n}"}} for n in range(120)]
    new = await client.post(f"{V1}/frameworks", json={"competencies": many}, headers=coordinator)
    at = f"{PAGE}/{new.json()['framework_id']}"

    assert "101 to 120 of 120" in (await client.get(f"{at}?page=3", headers=coordinator)).text
    found = (await client.get(f"{at}?like=SKILL 11", headers=coordinator)).text
    assert "11 found" in found
    assert "skill 12<" not in found


async def test_a_published_position_is_held_against_frameworks_and_a_plan_on_a_page(
    planned, client, token_for
):
    coordinator = token_for("coordinator") | EN
    at = f"{PAGE}/positions/{planned.position_id}"
    known = [{"code": "safety", "title": {"zh": "安全", "en": "Safe working"}}]
    await client.post(f"{V1}/frameworks", json={"competencies": known}, headers=coordinator)

    alone = (await client.get(at, headers=coordinator)).text
    beside = (await client.get(f"{at}?plan_id={planned.plan_id}", headers=coordinator)).text

    assert "known to a framework" in alone
    assert alone.count("in no framework") == 3
    assert "as in the plan" in beside
    stranger = token_for("panel-enterprise", enterprise_id=planned.programme_id) | EN
    assert (await client.get(at, headers=stranger)).status_code == 404
    assert f"positions/{planned.position_id}" not in (await client.get(PAGE, headers=stranger)).text
