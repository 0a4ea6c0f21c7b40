"""A rotation plan as a table for a spreadsheet: a line for each trainee, a column for each week."""

import csv
from pathlib import Path
from typing import Any

from shared.spreadsheet import as_text


def write_table(path: Path, weeks: int, plan: list[Any], names: tuple[list[str], list[str]]) -> None:
    """Excel where the name ends in .xlsx, else CSV that Excel opens as it is. `names`: of the stations, of the classes."""
    header = ["trainee", "class", *(f"week {week}" for week in range(weeks))]
    lines: list[list[Any]] = [header, *(_line(at, entry, weeks, names) for at, entry in enumerate(plan))]
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


def _line(trainee: int, entry: list[Any], weeks: int, names: tuple[list[str], list[str]]) -> list[Any]:
    stations, classes = names
    station = {week: at for at, week in entry[1]}
    places = (_named(stations, station[week]) if week in station else "" for week in range(weeks))
    return [trainee, _named(classes, entry[0]), *places]


def _named(names: list[str], at: int) -> object:
    """The name, where the problem has names."""
    return as_text(names[at]) if names else at
