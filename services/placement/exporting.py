"""A timetable as tables for a spreadsheet: a list of stints as CSV, and a workbook with a sheet for each view."""

import csv
from collections.abc import Iterable
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.placement.access import Viewer
from services.placement.by_week import By, rows
from services.placement.timetable_api import read_timetable
from shared.service import Transaction
from shared.spreadsheet import as_text
from shared.web.language import language_of

router = APIRouter(prefix="/placement/v1", tags=["export"])
HEADER = (
    "week",
    "monday",
    "group",
    "trainees",
    "workshop_zh",
    "workshop_en",
    "station_zh",
    "station_en",
    "module_zh",
    "module_en",
)
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEETS: dict[By, dict[str, tuple[str, str, str]]] = {
    "station": {"zh": ("按工位", "工位", "车间"), "en": ("by station", "station", "workshop")},
    "group": {"zh": ("按小组", "小组", "人数"), "en": ("by group", "group", "people")},
    "trainee": {"zh": ("按学员", "学员", "小组"), "en": ("by trainee", "trainee", "group")},
}
"""Of each view and language: the name of its sheet, and the heads of its first two columns."""


@router.get("/cohorts/{cohort_id}/timetable.csv")
async def export_timetable(cohort_id: UUID, transaction: Transaction, person: Viewer) -> Response:
    """UTF-8 with a mark, so that Excel opens it as it is; who sees what is the same as on the page."""
    shown = await read_timetable(cohort_id, transaction, person)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for one in sorted(shown["stints"], key=lambda stint: (stint["week"], stint["group"])):
        names = [
            one[of][language] for of in ("workshop", "station", "module_title") for language in ("zh", "en")
        ]
        line = (one["week"], one["monday"], one["group"], one["trainees"], *names)
        writer.writerow([as_text(cell) for cell in line])
    return _file("\ufeff" + out.getvalue(), "text/csv; charset=utf-8", f"timetable-{cohort_id}.csv")


@router.get("/cohorts/{cohort_id}/timetable.xlsx")
async def export_workbook(
    cohort_id: UUID, request: Request, transaction: Transaction, person: Viewer
) -> Response:
    """A sheet by station, by group and by trainee, each a board of weeks, in the reader's language."""
    shown = await read_timetable(cohort_id, transaction, person)
    return _file(_workbook(shown, language_of(request)), EXCEL, f"timetable-{cohort_id}.xlsx")


def _workbook(shown: dict[str, Any], language: str) -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 - large, and only a workbook needs it

    book = Workbook()
    book.remove(book.worksheets[0])
    for by, words in SHEETS.items():
        sheet = book.create_sheet(words[language][0])
        for line in _lines(shown, by, language):
            sheet.append([as_text(one) for one in line])
        sheet.freeze_panes = "C3"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _lines(shown: dict[str, Any], by: By, language: str) -> Iterable[list[object]]:
    """Two lines of weeks, then a line for each row; a week in which nobody of the cohort is at a station is left out."""
    mondays = {one["week"]: one["monday"] for one in shown["stints"]}
    weeks = sorted(mondays)
    yield [
        *SHEETS[by][language][1:],
        *(f"第 {week} 周" if language == "zh" else f"week {week}" for week in weeks),
    ]
    yield ["", "", *(mondays[week] for week in weeks)]
    for row in rows(shown, by):
        back = "; ".join(reason[language] for reason in row["held_back"])
        said = {
            week: [_cell(one, by, language) for one in row["stints"] if one["week"] == week] for week in weeks
        }
        note = f"{row['note'][language]} ({back})" if back else row["note"][language]
        yield [row["title"][language], note, *("; ".join(said[week]) for week in weeks)]


def _cell(stint: dict[str, Any], by: By, language: str) -> str:
    if by == "station":
        return f"{stint['group']} ({stint['trainees']})"
    return f"{stint['station'][language]} ({stint['module_title'][language]})"


def _file(content: str | bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=kind, headers=headers)
