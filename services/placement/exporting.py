"""A timetable as a table for a spreadsheet."""

import csv
from io import StringIO
from uuid import UUID

from fastapi import APIRouter, Response

from services.placement import api
from services.placement.access import Viewer
from shared.service import Transaction

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
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@router.get("/cohorts/{cohort_id}/timetable.csv")
async def export_timetable(cohort_id: UUID, transaction: Transaction, person: Viewer) -> Response:
    """UTF-8 with a mark, so that Excel opens it as it is; who sees what is the same as on the page."""
    shown = await api.read_timetable(cohort_id, transaction, person)
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for one in sorted(shown["stints"], key=lambda stint: (stint["week"], stint["group"])):
        names = [
            one[of][language] for of in ("workshop", "station", "module_title") for language in ("zh", "en")
        ]
        writer.writerow(
            [one["week"], one["monday"], _plain(one["group"]), one["trainees"], *map(_plain, names)]
        )
    return Response(
        "\ufeff" + out.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="timetable-{cohort_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _plain(text: str) -> str:
    """A text that a spreadsheet would take for a formula is kept as text."""
    return f"'{text}" if text.startswith(FORMULA) else text
