"""Steel works in crews: a mentor guides on the day shifts of the rota, and seats follow by the day."""

from datetime import date, timedelta
from io import BytesIO
from uuid import uuid4

from openpyxl import Workbook

from services.placement.floor import Floor
from services.placement.mentoring import Guided, assign
from services.placement.model import Mentor, Offer
from services.placement.papers import Duty
from services.placement.rota import from_pattern, from_sheet
from tests.placement.plant import MONDAY, an, cohort, mentors, offers, open_programme, work_off

PATTERN = ["day", "day", "evening", "evening", "night", "night", "off", "off"]
CREWS = {"甲": 0, "乙": 2, "丙": 4, "丁": 6}


def test_of_four_crews_exactly_one_is_on_each_shift_every_day():
    people = {an(crew): crew for crew in CREWS}

    shifts = list(from_pattern(PATTERN, CREWS, people, MONDAY, MONDAY + timedelta(days=15)))

    for day in {day for _, day, _ in shifts}:
        assert sorted(shift for _, on, shift in shifts if on == day) == ["day", "evening", "night", "off"]


def test_seats_are_those_of_the_day_with_the_fewest_mentors():
    [offered] = offers(seats=40, workshops={"lab": ["lab-1"]})
    named = [Mentor.from_event(one) for one in mentors(ratio=5, each=4, workshops={"lab": ["lab-1"]})]
    people = {one.mentor_id: crew for one, crew in zip(named, CREWS, strict=True)}
    shifts = from_pattern(PATTERN, CREWS, people, MONDAY, MONDAY + timedelta(days=6))
    duties = [Duty(mentor_id=mentor, day=day, shift=shift) for mentor, day, shift in shifts]

    floor = Floor([Offer.from_event(offered)], named, [], duties)

    assert floor.seats(an("lab-1"), MONDAY) == 5
    assert floor.seats(an("lab-1"), MONDAY + timedelta(weeks=1)) == 20, (
        "without a rota they are there all week"
    )
    assert Floor([Offer.from_event(offered)], named, [], duties[:7]).seats(an("lab-1"), MONDAY) == 15

    stint = Guided(("g01", "quality"), an("lab-1"), MONDAY, 5)
    found = assign([stint], {(an("lab-1"), MONDAY): floor.room(an("lab-1"), MONDAY)})
    guides = found["g01", "quality"]
    for day in range(5):
        here = [d for d in duties if d.day == MONDAY + timedelta(days=day) and d.shift == "day"]
        assert {d.mentor_id for d in here} & set(guides), "somebody guides on each day"


def test_a_sheet_is_read_and_every_bad_cell_named():
    one, two = uuid4(), uuid4()
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["mentor", date(2021, 3, 1), date(2021, 3, 2)])
    sheet.append([str(one), "白", "夜班"])
    sheet.append([str(two), None, "D"])
    out = BytesIO()
    book.save(out)
    assert from_sheet(out.getvalue()) == (
        [
            (one, date(2021, 3, 1), "day"), (one, date(2021, 3, 2), "night"),
            (two, date(2021, 3, 2), "day"),
        ], [],
    )  # fmt: skip

    _, bad = from_sheet(f"mentor,2021-03-01,soon,2021-03-01\n{one},x\nnobody,白\n{one},白\n".encode())
    assert [(cell.row, cell.column) for cell in bad] == [(1, 3), (1, 4), (2, 2), (3, 1), (4, 1)]
    assert all(cell.words.zh for cell in bad)
    assert from_sheet(b"")[1]


async def test_a_rota_changes_the_seats_of_the_board_and_belongs_to_its_enterprise(
    client, sessions, said, token_for
):
    await open_programme(sessions, enrolled=cohort(30, 2), named=mentors(ratio=15, each=4))
    plant = token_for("panel-enterprise", enterprise_id=str(an("plant")))
    people = {
        str(an(f"mentor-{station}-{number}")): crew
        for station in ("lab-1", "lab-2")
        for number, crew in enumerate(CREWS)
    }
    body = {
        "pattern": PATTERN, "crews": CREWS, "mentors": people,
        "first_day": str(MONDAY), "last_day": str(MONDAY + timedelta(weeks=30)),
    }  # fmt: skip
    other = token_for("panel-enterprise", enterprise_id=str(an("other plant")))
    assert (await client.put("/placement/v1/rotas", json=body, headers=other)).status_code == 404
    wrong = body | {"mentors": {next(iter(people)): "戊"}}
    assert (await client.put("/placement/v1/rotas", json=wrong, headers=plant)).json()["code"] == "E-PLC-425"

    assert (await client.put("/placement/v1/rotas", json=body, headers=plant)).json()["mentors"] == 8
    await work_off(sessions)

    board = (await client.get("/placement/v1/board?from_week=1&to_week=28", headers=plant)).json()
    lab = next(s for shop in board["workshops"] for s in shop["stations"] if s["title"]["en"] == "lab-1")
    assert {cell["capacity"] for cell in lab["cells"]} == {15}
    last = (await said(sessions))[-1]
    stint = next(one for one in last.stints if one.station_id in {an("lab-1"), an("lab-2")})
    assert len(stint.mentor_ids) > 1, "no crew is on the day shift for a whole week"

    bad = {"file": ("rota.csv", f"mentor,2021-03-01\n{an('mentor-lab-1-0')},x\n".encode())}
    refused = await client.post("/placement/v1/rotas/sheet", files=bad, headers=plant)
    assert refused.status_code == 422
    assert "row 2, column 2" in refused.text
    good = {"file": ("rota.csv", f"mentor,2021-03-01\n{an('mentor-lab-1-0')},夜\n".encode())}
    kept = await client.post("/placement/v1/rotas/sheet", files=good, headers=plant)
    assert kept.json() == {"mentors": 1, "days": 1}

    english = plant | {"Accept-Language": "en"}
    page = await client.post("/placement/rotas", files=bad, headers=english)
    assert page.status_code == 422
    assert "Row 2, column 2:" in page.text
    assert "Kept: 1 mentors" in (await client.post("/placement/rotas", files=good, headers=english)).text
    sheet = await client.get("/placement/v1/rotas/sheet.csv", headers=plant)
    assert len(sheet.text.splitlines()) == 1 + 8 * 4
    taken = {"file": ("rota.csv", sheet.content)}
    empty = await client.post("/placement/v1/rotas/sheet", files=taken, headers=plant)
    assert "there is no shift in the sheet" in empty.text, "an empty sheet sends nobody home"
