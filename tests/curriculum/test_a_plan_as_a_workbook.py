"""A plan is published from a workbook and taken along as one; every bad cell is named, and nothing is lost on the way."""

import zipfile
from io import BytesIO
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from services.curriculum import plan_book
from services.curriculum.refusals import PlanBookBroken
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule

PLANS = "/curriculum/plans"
EN = {"Accept": "text/html", "Accept-Language": "en"}

codes = st.from_regex(r"[a-z][a-z0-9-]{0,9}[a-z0-9]", fullmatch=True)
words = (
    st.text(st.sampled_from("炼钢连铸abc =+-@'12 ,;；"), min_size=1, max_size=12).map(str.strip).filter(bool)
)
sentences = words.filter(lambda text: not text.startswith("'"))
texts = st.fixed_dictionaries({"zh": sentences, "en": sentences})
hours = st.integers(0, 4000).map(lambda quarter: quarter / 4)
modules = st.builds(
    PlanModule,
    module=codes,
    title=texts,
    outcomes=st.lists(texts, max_size=3),
    phase=codes,
    layer=st.sampled_from(["common", "direction", "position"]),
    direction=st.none() | codes,
    kinds=st.lists(codes, max_size=2),
    qualifications=st.lists(codes, max_size=2),
    hours=st.fixed_dictionaries(dict.fromkeys(("theory", "simulation", "workshop", "line"), hours)),
    first_week=st.none() | st.integers(1, 50),
    practised_at=st.lists(st.uuids(), max_size=2),
    prerequisites=st.lists(codes, max_size=2),
    locked=st.booleans(),
    contribution=st.dictionaries(
        codes.map("c-{}".format), st.integers(1, 12).map(lambda part: part / 4), max_size=4
    ),
    full_effect_until=st.none() | hours,
    least_hours=st.none() | hours,
    most_hours=st.none() | hours,
)


@settings(max_examples=40)
@given(st.lists(modules, min_size=1, max_size=6))
def test_a_plan_goes_into_a_workbook_and_comes_out_as_it_was(plan):
    assert plan_book.read(plan_book.written(plan, [], ["endpoint"], {})) == plan


def book_of(rows, header=("module", "title.zh", "phase", "hours.theory", "endpoint")):
    book = Workbook()
    for row in (header, ("",) * len(header), *rows):
        book.worksheets[0].append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_heading_that_is_no_column_and_one_that_stands_there_twice_are_named():
    plain = ("module", "title.zh", "phase", "hours.theory", "endpoint")
    for header, named in (("hours.theorie", "没有该列: hours.theorie"), ("endpoint", "列重复: endpoint")):
        with pytest.raises(PlanBookBroken) as refused:
            plan_book.read(book_of([("a", "甲", "turns", 10, 1, 1)], (*plain, header)))
        assert named in refused.value.detail


def test_no_competency_is_left_out_because_there_are_many():
    many = [f"c-{number}" for number in range(plan_book.COLUMNS)]

    with pytest.raises(PlanBookBroken, match="more than 400 columns"):
        plan_book.read(book_of([], ("module", "title.zh", "phase", *many)))


def test_every_bad_cell_is_named_with_its_row_and_column():
    rows = [("ok", "好", "turns", 10, 1), ("bad", "坏", "turns", -1, "much"), ("", "无", "turns", 1, 1)]

    with pytest.raises(PlanBookBroken) as refused:
        plan_book.read(book_of(rows))

    told = refused.value.detail.splitlines()
    assert [line.split(":")[0] for line in told] == [
        "row 4, hours.theory",
        "row 4, endpoint",
        "row 5, module",
    ]


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04 not really", b"module,phase\n", book_of([], header=("module",)), book_of([])]
)
def test_what_is_no_workbook_of_ours_is_refused(body):
    with pytest.raises(PlanBookBroken):
        plan_book.read(body)


def test_a_workbook_that_unpacks_to_too_much_is_not_opened():
    book = load_workbook(BytesIO(book_of([])))
    for _ in range(3):
        book.worksheets[0].append(["x" * 32_000] * 100)
    out = BytesIO()
    book.save(out)

    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("bomb", b"0" * (61 * 1024 * 1024))

    with pytest.raises(PlanBookBroken, match="too large"):
        plan_book.read(out.getvalue())


@pytest.fixture
def send(client, token_for):
    async def upload(programme_id: UUID, body: bytes):
        return await client.post(
            PLANS, data={"programme_id": str(programme_id)}, files={"book": ("plan.xlsx", body)},
            headers={**token_for("coordinator"), **EN},
        )  # fmt: skip

    return upload


async def test_the_form_is_taken_filled_in_and_published_and_the_version_can_be_taken_along(
    client, told, token_for, sessions, said, send
):
    office = token_for("coordinator")
    form = await client.get(f"/curriculum/programmes/{told.programme_id}/plan.xlsx", headers=office)
    header = [cell.value for cell in load_workbook(BytesIO(form.content)).worksheets[0][1]]
    assert {"safety", "drawing", "endpoint", "casting"} <= set(header)

    filled = plan_book.written([PlanModule.model_validate(one) for one in told.modules], [], [], {})
    sent = await send(told.programme_id, filled)
    again = await client.get(PLANS, headers={**office, **EN})

    assert (sent.status_code, sent.headers["location"]) == (303, PLANS)
    [published] = await said(sessions)
    assert isinstance(published, PlanPublished)
    assert published.plan_version == 1
    assert [one.module for one in published.modules] == [one["module"] for one in told.modules]
    assert "Publish the first plan" not in again.text
    taken = await client.get(f"{PLANS}/{published.plan_id}/plan.xlsx", headers=office)
    assert plan_book.read(taken.content) == published.modules


async def test_a_broken_workbook_publishes_nothing_and_the_page_names_the_cells(told, send, sessions, said):
    page = await send(told.programme_id, book_of([("a", "甲", "nowhere", 10, "much")]))

    assert page.status_code == 422
    assert "row 3, endpoint" in page.text
    assert await said(sessions) == []


async def test_a_plan_that_does_not_hold_together_is_refused_as_over_http(told, send, sessions, said):
    page = await send(told.programme_id, book_of([("a", "甲", "nowhere", 10, 1)]))

    assert page.status_code == 422
    assert "there is no phase" in page.text
    assert await said(sessions) == []


@pytest.mark.parametrize("role", ["teacher", "panel-college", "panel-enterprise"])
async def test_only_the_coordinator_publishes(client, told, token_for, role):
    url = f"/curriculum/programmes/{told.programme_id}/plan.xlsx"
    assert (await client.get(url, headers=token_for(role))).status_code == 403
    assert "Publish the first plan" not in (await client.get(PLANS, headers={**token_for(role), **EN})).text
