"""`tailored new --excel`: a college starts with nothing but a workbook, through the same door and with the same refusals."""

import asyncio
import json
from io import BytesIO

import pytest
import typer
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

from shared.events.enterprise import MentorNamed, StationsOffered
from tailored.new import new, sheets_of
from tests.serving import serving

ROWS = {
    "MentorNamed": [{"mentor_id": "M-1", "workshop_id": "W-1", "station_id": "S-1", "ratio": 3}],
    "StationsOffered": [
        {"workshop_id": "W-1", "title.zh": "转炉车间", "title.en": "Converter shop", "stations.station_id": "S-1",
         "stations.title.zh": "1 号转炉", "stations.title.en": "Converter 1", "stations.seats": 4,
         "stations.competencies": "endpoint"},
    ],
}  # fmt: skip


@pytest.fixture
async def url(client):
    """The gateway on a port of its own, for a command that knows nothing but its address."""
    async with serving(lambda _: client.app) as address:
        yield address


@pytest.fixture
async def workbook(client, key, tmp_path):
    """`workbook(MentorNamed={...})` -> one file with a sheet for each kind, some cells of its row replaced."""
    headings = {}
    for kind in ROWS:
        book = load_workbook(BytesIO((await client.get(f"/v1/excel/{kind}", headers=key)).content))
        headings[kind] = [cell.value for cell in book[kind][1]]

    def make(**replaced):
        book = Workbook()
        book.remove(book.active)
        for kind, rows in ROWS.items():
            sheet = book.create_sheet(kind)
            sheet.append(headings[kind])
            for row in rows:
                given = {"effective_from": "2021-09-01", **row, **replaced.get(kind, {})}
                sheet.append(
                    [given.get(str(heading).rpartition("/")[2].strip()) for heading in headings[kind]]
                )
        book.save(tmp_path / "start.xlsx")
        return tmp_path / "start.xlsx"

    return make


async def run(*words):
    app = typer.Typer()
    app.command()(new)
    return await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])


async def test_every_sheet_goes_in_stations_before_their_mentors(url, workbook, said, sessions):
    done = await run("--excel", workbook(), "--url", url)

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["sent"] == {"StationsOffered": 1, "MentorNamed": 1}
    assert [type(event) for event in await said(sessions)] == [StationsOffered, MentorNamed]


async def test_a_second_time_changes_nothing(url, workbook, said, sessions):
    file = workbook()

    first, second = [await run("--excel", file, "--url", url) for _ in range(2)]

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert len(await said(sessions)) == 2


async def test_one_bad_cell_in_any_sheet_is_named_and_nothing_of_any_sheet_is_sent(
    url, workbook, said, sessions
):
    done = await run("--excel", workbook(MentorNamed={"ratio": "many"}), "--url", url, "--lang", "en")

    assert done.exit_code == 2
    assert "MentorNamed, row 2" in done.stderr
    assert "ratio" in done.stderr
    assert "nothing was sent" in done.stderr
    assert await said(sessions) == []


@pytest.mark.parametrize(("name", "content", "complaint"), [
    ("rows.csv", b"a,b", "no .xlsx workbook"),
    ("rows.xlsx", b"nonsense", "cannot be read as a workbook"),
])  # fmt: skip
def test_what_is_no_workbook_is_said_in_a_sentence(tmp_path, name, content, complaint):
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(ValueError, match=complaint):
        sheets_of(file)
