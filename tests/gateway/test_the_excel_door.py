from io import BytesIO
from uuid import UUID, uuid4, uuid5

import pytest
from openpyxl import load_workbook

from services.gateway.columns import columns_of
from services.gateway.excel import example_row
from services.gateway.logbook import learn
from services.gateway.vocabulary import PUBLIC_NAMES
from shared.events.enterprise import PositionPublished, StationsOffered, TraineeRated
from shared.events.recruitment import CohortEnrolled, Trainee
from shared.messaging import plain

XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@pytest.fixture
def filled(client, key):
    """`await filled("TraineeRated", [{column: value}, ...])` -> the workbook with these rows."""

    async def make(name, rows):
        answer = await client.get(f"/v1/excel/{name}", headers=key)
        assert answer.status_code == 200, answer.text
        book = load_workbook(BytesIO(answer.content))
        sheet = book.worksheets[0]
        places = {str(cell.value).rpartition("/")[2].strip(): cell.column for cell in sheet[1]}
        for number, row in enumerate(rows, start=3):
            for column, value in row.items():
                sheet.cell(number, places[column], value)
        out = BytesIO()
        book.save(out)
        return out.getvalue()

    return make


async def test_every_type_has_a_workbook_with_headings_an_example_and_notes(client, key):
    for name, kind in PUBLIC_NAMES.items():
        book = load_workbook(BytesIO((await client.get(f"/v1/excel/{name}", headers=key)).content))

        sheet, columns = book.worksheets[0], columns_of(kind)
        assert [cell.value for cell in sheet[1]] == [column.heading for column in columns]
        assert [cell.value for cell in sheet[2]] == example_row(kind)
        assert book.sheetnames == [name, "lists", "说明 notes"]
        assert all(" / " in str(cell.value) for cell in sheet[1])


async def test_rows_with_the_same_code_are_one_event_and_a_code_is_always_the_same_id(
    client, key, filled, said, sessions, enterprise
):
    body = await filled(
        "PositionPublished",
        [
            {"position_id": "P-7", "title.zh": "炉前工", "title.en": "Furnace hand", "profile.competency": "a", "profile.level": 3, "tasks.zh": "看火", "tasks.en": "Watch"},
            {"position_id": "P-7", "profile.competency": "b", "profile.level": 4, "profile.importance": 2.5},
            {"position_id": "P-8", "title.zh": "轧钢工", "title.en": "Roller", "profile.competency": "a", "profile.level": "2"},
        ],
    )  # fmt: skip

    preview = (
        await client.post("/v1/excel/PositionPublished?preview=true", headers={**key, **XLSX}, content=body)
    ).json()
    assert await said(sessions) == []
    sent = await client.post("/v1/excel/PositionPublished", headers={**key, **XLSX}, content=body)
    again = await client.post("/v1/excel/PositionPublished", headers={**key, **XLSX}, content=body)

    assert (preview["rows"], preview["events"], preview["good"], preview["problems"]) == (3, 2, 2, [])
    assert [result["status"] for result in sent.json()["results"]] == [202, 202]
    assert [result["status"] for result in again.json()["results"]] == [200, 200]
    events = await said(sessions)
    assert all(isinstance(event, PositionPublished) for event in events)
    assert events[0].position_id == uuid5(enterprise, "position:P-7")
    assert [(each.competency, each.level, each.importance) for each in events[0].profile] == [
        ("a", 3, 1.0),
        ("b", 4, 2.5),
    ]
    assert len(events[0].tasks) == 1


async def test_a_station_keeps_its_list_of_competencies(client, key, filled, said, sessions):
    body = await filled(
        "StationsOffered",
        [
            {"workshop_id": "W1", "title.zh": "转炉", "title.en": "BOF", "stations.station_id": "S1", "stations.title.zh": "炉前", "stations.title.en": "Front", "stations.seats": 6, "stations.competencies": "a; b", "effective_from": "2021/9/6"},
            {"workshop_id": "W1", "stations.station_id": "S2", "stations.title.zh": "炉后", "stations.title.en": "Back", "stations.seats": 4, "stations.competencies": "c"},
        ],
    )  # fmt: skip

    sent = await client.post("/v1/excel/StationsOffered", headers={**key, **XLSX}, content=body)

    assert sent.status_code == 207, sent.text
    (event,) = await said(sessions)
    assert isinstance(event, StationsOffered)
    assert [(station.seats, station.competencies) for station in event.stations] == [
        (6, ["a", "b"]),
        (4, ["c"]),
    ]


async def test_the_preview_shows_every_bad_cell_at_once_and_nothing_is_sent(
    client, key, filled, said, sessions
):
    body = await filled(
        "TraineeRated",
        [
            {"trainee_id": str(uuid4()), "mentor_id": "M1", "competency": "a", "level": 9, "observed_on": "yesterday"},
            {"trainee_id": "JY-404", "mentor_id": "M1", "competency": "a", "level": 3, "observed_on": "2021-10-01"},
            {"trainee_id": str(uuid4()), "mentor_id": "M1", "competency": "a", "level": "没有机会看到", "observed_on": "2021-10-01"},
        ],
    )  # fmt: skip

    preview = await client.post("/v1/excel/TraineeRated?preview=true", headers={**key, **XLSX}, content=body)
    sent = await client.post("/v1/excel/TraineeRated", headers={**key, **XLSX}, content=body)

    found = {
        (each["row"], each["column"].rpartition("/")[2].strip(), each["code"])
        for each in preview.json()["problems"]
    }
    assert found == {
        (3, "level", "E-GTW-SCHEMA"),
        (3, "observed_on", "E-GTW-SCHEMA"),
        (4, "trainee_id", "E-GTW-ID"),
    }
    assert all(each["what"]["zh"] and each["remedy"]["en"] for each in preview.json()["problems"])
    assert (sent.status_code, sent.json()["code"]) == (422, "E-GTW-ROWS")
    assert len(sent.json()["problems"]) == 3
    assert await said(sessions) == []
    assert (await client.get("/v1/refusals", headers=key)).json()["refusals"] == []


async def test_a_trainee_is_found_by_the_number_of_the_enterprise(
    client, key, filled, said, sessions, enterprise
):
    trainee = uuid4()
    cohort = CohortEnrolled.model_validate(
        {
            "cohort_id": uuid4(), "programme_id": uuid4(), "intake_id": None, "college_id": uuid4(), "year": 2021,
            "title": {"zh": "一", "en": "one"}, "first_monday": "2021-09-06",
            "trainees": [Trainee(trainee_id=trainee, enterprise_id=enterprise, college_number="C1", enterprise_number="JY-1", status="student")],
        }
    )  # fmt: skip
    async with plain(sessions) as statements:
        await learn(statements, [cohort])
    rows = [
        {"trainee_id": "JY-1", "mentor_id": "M1", "competency": "a", "level": 3, "observed_on": "2021-10-01"}
    ]

    sent = await client.post(
        "/v1/excel/TraineeRated", headers={**key, **XLSX}, content=await filled("TraineeRated", rows)
    )

    assert sent.status_code == 207, sent.text
    (event,) = await said(sessions)
    assert isinstance(event, TraineeRated)
    assert event.trainee_id == trainee
    assert isinstance(event.rating_id, UUID)


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04nonsense", b"a,b\n1,2", b"\x00" * 1000])
async def test_a_file_that_is_no_workbook_is_refused(client, key, body):
    answer = await client.post("/v1/excel/TraineeRated", headers={**key, **XLSX}, content=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "E-GTW-WORKBOOK")
