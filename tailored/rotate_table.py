"""A rotation plan as a table for a spreadsheet: a line for each trainee, a column for each week."""

import csv
from pathlib import Path
from typing import Any


def write_table(path: Path, weeks: int, plan: list[Any]) -> None:
    """Excel where the name ends in .xlsx, else CSV that Excel opens as it is."""
    header = ["trainee", "class", *(f"week {week}" for week in range(weeks))]
    lines: list[list[Any]] = [header, *(_line(trainee, entry, weeks) for trainee, entry in enumerate(plan))]
    if path.suffix.lower() != ".xlsx":
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows(lines)
        return
    from openpyxl import Workbook  # noqa: PLC0415 - only a workbook needs it

    book = Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    sheet.freeze_panes = "C2"
    book.save(path)


def _line(trainee: int, entry: list[Any], weeks: int) -> list[Any]:
    station = {week: at for at, week in entry[1]}
    return [trainee, entry[0], *(station.get(week, "") for week in range(weeks))]
