"""Interview panels, overlaps that are named, both sides' withdrawals, classes formed by selection, lists as files."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID, uuid4

from openpyxl import load_workbook

from shared.events.gateway import ClockAdvanced
from shared.events.recruitment import CohortEnrolled, TraineeWithdrew
from shared.messaging.clock import advance_clock
from tests.recruitment.world import A_TEMPLATE, API, an_intake, apply_all, people, post

INTERVIEW = {
    "criteria": [{"fact": "entrance_score", "weight": 1}, {"fact": "interview", "weight": 1, "best": 10}],
    "seats": 1,
}


async def test_the_mark_of_an_applicant_is_the_mean_of_its_examiners_and_decides_who_is_selected(
    client, coordinator, programme, token_for
):
    intake = await an_intake(client, coordinator, programme, selection=INTERVIEW)
    rows = [{**row, "facts": {"place": "pingshan", "entrance_score": 60}} for row in people(2)]
    await apply_all(client, coordinator, intake, rows)
    first, second = (row["application_id"] for row in rows)
    url = f"{API}/intakes/{intake['intake_id']}/marks"
    panel = [token_for("panel-college"), token_for("teacher"), token_for("teacher", person_id=uuid4())]
    for examiner, (one, other) in zip(panel, ((9, 4), (3, 10), (6, 7)), strict=True):
        marks = [mark(first, one), mark(second, other)]
        answer = await client.put(url, json={"marks": marks}, headers=examiner)
        assert answer.json() == {"kept": 2}, answer.text
    await client.put(url, json={"marks": [mark(first, 8)]}, headers=panel[0])
    seen = {row["application_id"]: row for row in (await client.get(url, headers=panel[0])).json()}
    assert seen[first]["marks"]["interview"] == {"mine": 8, "examiners": 3, "mean": 5.67}
    assert seen[second]["marks"]["interview"] == {"mine": 4, "examiners": 3, "mean": 7}
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    told = (await client.get(f"{API}/applications/{second}/explanation", headers=coordinator)).json()
    assert told["state"] == "offered"
    assert [(part["fact"], part["value"], part["points"]) for part in told["parts"]] == [
        ("entrance_score", 60, 60),
        ("interview", 7, 70),
    ]
    late = await client.put(url, json={"marks": [mark(first, 10)]}, headers=panel[1])
    assert late.status_code == 409


def mark(application_id: str, value: float | None, fact: str = "interview") -> dict:
    return {"application_id": application_id, "fact": fact, "value": value}


async def test_a_mark_outside_its_scale_or_of_nobody_or_by_nobody_is_refused_and_none_is_kept(
    client, coordinator, programme, token_for
):
    intake = await an_intake(client, coordinator, programme, selection=INTERVIEW)
    rows = people(2)
    await apply_all(client, coordinator, intake, rows)
    one = rows[0]["application_id"]
    url = f"{API}/intakes/{intake['intake_id']}/marks"
    teacher = token_for("teacher")
    for wrong, code in (
        (mark(one, 11), "E-RCR-MARK"),
        (mark(one, 5, "charm"), "E-RCR-NAME"),
        (mark(str(uuid4()), 5), "E-RCR-APPLICATION"),
    ):
        answer = await client.put(url, json={"marks": [mark(one, 5), wrong]}, headers=teacher)
        assert answer.json()["code"] == code
    assert (await client.get(url, headers=teacher)).json()[0]["marks"]["interview"]["examiners"] == 0
    trainee = token_for("trainee")
    answer = await client.put(url, json={"marks": [mark(one, 5)]}, headers=trainee)
    assert answer.status_code == 403
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())
    answer = await client.put(url, json={"marks": [mark(one, 5)]}, headers=stranger)
    assert answer.status_code == 404


async def test_an_examiner_enters_marks_on_a_page_and_takes_one_back(
    client, coordinator, programme, token_for
):
    intake = await an_intake(client, coordinator, programme, selection=INTERVIEW)
    rows = people(2)
    await apply_all(client, coordinator, intake, rows)
    one = rows[0]["application_id"]
    page = f"/recruitment/intakes/{intake['intake_id']}/marks"
    teacher = {**token_for("teacher"), "Accept-Language": "en"}
    assert "My mark (0 to 10)" in (await client.get(f"{page}?fact=interview", headers=teacher)).text
    for value, kept in (("8.5", 8.5), ("", None)):
        form = {"fact": "interview", f"mark|{one}": value}
        assert (await client.post(page, data=form, headers=teacher)).status_code == 303
        seen = (await client.get(f"{API}/intakes/{intake['intake_id']}/marks", headers=teacher)).json()
        mine = {row["application_id"]: row["marks"]["interview"]["mine"] for row in seen}
        assert mine[one] == kept
    wrong = await client.post(page, data={"fact": "interview", f"mark|{one}": "12"}, headers=teacher)
    assert wrong.status_code == 422
    assert 'value="12"' in wrong.text


async def test_whoever_holds_an_offer_is_refused_elsewhere_with_that_offer_named(
    client, coordinator, programme
):
    person = str(uuid4())
    rows = [{**people(1)[0], "applicant_id": person, "application_id": str(uuid4())} for _ in range(2)]
    for number, row in enumerate(rows):
        intake = await an_intake(client, coordinator, programme, seats=2, year=2021 + number)
        row["facts"] = {"place": "pingshan", "entrance_score": 80}
        await apply_all(client, coordinator, intake, [row])
        await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    told = (
        await client.get(f"{API}/applications/{rows[1]['application_id']}/explanation", headers=coordinator)
    ).json()
    assert told["state"] == "refused"
    assert told["failed"][0]["had"] == "Metallurgical Engineering 2021"
    assert "已持有“冶金工程 2021”的录取通知" in told["sentences"][0]["zh"]


async def test_whoever_is_in_a_running_class_is_refused_elsewhere_with_that_class_named(
    client, coordinator, programme
):
    first, second = [
        await an_intake(client, coordinator, programme, seats=2, year=2021 + n) for n in range(2)
    ]
    row = {**people(1)[0], "facts": {"place": "pingshan", "entrance_score": 80}}
    await apply_all(client, coordinator, first, [row])
    await post(client, coordinator, f"/intakes/{first['intake_id']}/select")
    await post(client, coordinator, f"/intakes/{first['intake_id']}/accept")
    day = date.today()  # noqa: DTZ011
    begun = {"first_monday": str(day - timedelta(days=day.weekday()))}
    cohort = await post(client, coordinator, f"/intakes/{first['intake_id']}/enrol", begun, 201)

    again = {**row, "application_id": str(uuid4())}  # the same person by number, without our id
    await apply_all(client, coordinator, second, [again])
    await post(client, coordinator, f"/intakes/{second['intake_id']}/select")

    url = f"{API}/applications/{again['application_id']}/explanation"
    told = (await client.get(url, headers=coordinator)).json()
    assert told["state"] == "refused"
    assert told["failed"][0]["predicate"] == "running_programmes == 0"
    assert told["failed"][0]["had"] == cohort["title"]["en"]
    assert cohort["title"]["zh"] in told["sentences"][0]["zh"]


async def test_the_enterprise_takes_back_its_own_applicant_and_the_applicant_is_told_who_did(
    client, coordinator, programme, token_for
):
    intake = await an_intake(client, coordinator, programme, seats=1)
    rows = people(3)
    await apply_all(client, coordinator, intake, rows)
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    found = (await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes", headers=coordinator)).json()
    offered = next(row for row in found if row["state"] == "offered")
    stranger = token_for("panel-enterprise", enterprise_id=uuid4())
    await post(client, stranger, f"/applications/{offered['application_id']}/withdraw", status=404)
    own = token_for("panel-enterprise", enterprise_id=UUID(programme["enterprise_ids"][0]))
    await post(client, own, f"/applications/{offered['application_id']}/withdraw")
    told = await client.get(
        f"{API}/applications/{offered['application_id']}/explanation", headers=coordinator
    )
    assert told.json()["sentences"][0]["en"] == "The enterprise withdrew the application."
    after = (await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes", headers=coordinator)).json()
    assert sum(row["state"] == "offered" for row in after) == 1


async def test_an_intake_of_an_early_employment_class_selects_among_running_second_years_and_they_move(
    client, coordinator, programme, sessions, said
):
    phases = [{**A_TEMPLATE["phases"][0], "length": {"amount": 2, "unit": "year"}}]
    body = {"agreement_id": programme["agreement_id"], "template": {**A_TEMPLATE, "phases": phases}}
    long = await post(client, coordinator, "/programmes", body, 201)
    intake = await an_intake(client, coordinator, long, seats=4)
    rows = [{**row, "applicant_id": str(uuid4())} for row in people(4)]
    await apply_all(client, coordinator, intake, rows)
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    begun = {"first_monday": "2021-09-06"}
    old = await post(client, coordinator, f"/intakes/{intake['intake_id']}/enrol", begun, 201)
    async with sessions.begin() as session:
        await advance_clock(ClockAdvanced(today=date(2022, 8, 1)), session)
    body = {"agreement_id": programme["agreement_id"], "template": "early-employment"}
    early = await post(client, coordinator, "/programmes", body, 201)
    selection = {"criteria": [{"fact": "rank_in_class", "weight": 1}]}
    second = await an_intake(client, coordinator, early, seats=1, selection=selection)
    stranger = {"name": "外人", "facts": {"rank_in_class": 100}}
    again = [
        {"applicant_id": row["applicant_id"], "facts": {"rank_in_class": 50 + n}}
        for n, row in enumerate(rows[:2])
    ]
    await apply_all(client, coordinator, second, [stranger, *again])
    closed = await post(client, coordinator, f"/intakes/{second['intake_id']}/select")
    found = (await client.get(f"{API}/intakes/{second['intake_id']}/outcomes", headers=coordinator)).json()
    assert (closed["applicants"], closed["eligible"], closed["selected"]) == (3, 2, 1)
    outsider = next(row for row in found if row["name"] == "外人")
    assert outsider["failed"][0]["predicate"] == "running_programmes == 1"
    await post(client, coordinator, f"/intakes/{second['intake_id']}/accept")
    start = {"first_monday": "2022-09-05"}
    new = await post(client, coordinator, f"/intakes/{second['intake_id']}/enrol", start, 201)
    assert new["formed_from"] == [old["cohort_id"]]
    assert new["trainees"][0]["trainee_id"] in {trainee["trainee_id"] for trainee in old["trainees"]}
    last = (await said(sessions))[-2:]
    assert [type(event) for event in last] == [TraineeWithdrew, CohortEnrolled]


async def test_every_list_comes_as_csv_and_as_excel_with_text_kept_as_text(client, coordinator, programme):
    intake = await an_intake(client, coordinator, programme, seats=2)
    rows = [{**row, "name": f"=cmd{n}"} for n, row in enumerate(people(3))]
    await apply_all(client, coordinator, intake, rows)
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/select")
    await post(client, coordinator, f"/intakes/{intake['intake_id']}/accept")
    begun = {"first_monday": "2021-09-06"}
    cohort = await post(client, coordinator, f"/intakes/{intake['intake_id']}/enrol", begun, 201)
    lists = {
        "agreements": 1,
        "programmes": 1,
        "intakes": 1,
        f"intakes/{intake['intake_id']}/outcomes": 3,
        "cohorts": 1,
        f"cohorts/{cohort['cohort_id']}/trainees": 2,
    }
    for path, n in lists.items():
        as_csv = await client.get(f"{API}/{path}.csv", headers=coordinator)
        assert len(as_csv.content.decode("utf-8-sig").splitlines()) == 1 + n, path
        as_xlsx = await client.get(f"{API}/{path}.xlsx", headers=coordinator)
        sheet = load_workbook(BytesIO(as_xlsx.content)).worksheets[0]
        assert sheet.max_row == 1 + n, path
    text = (await client.get(f"{API}/intakes/{intake['intake_id']}/outcomes.csv", headers=coordinator)).text
    assert "'=cmd0" in text
    assert "分" in text
    assert A_TEMPLATE["title"]["zh"] in (await client.get(f"{API}/intakes.csv", headers=coordinator)).text
