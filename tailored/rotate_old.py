"""A plan to repair: JSON, or the table that `--table` wrote, as Excel, CSV, or `plan.csv` in a folder or zip."""

from pathlib import Path, PurePosixPath
from typing import Any
from zipfile import BadZipFile, ZipFile

from services.placement.problem_file import Rotation
from shared.spreadsheet import as_text
from tailored.match_source import BadFile, Rows
from tailored.match_tables import csv_rows, sheet_of
from tailored.rotate_cells import BadCell, BadTables, Line, check_columns, lines
from tailored.rotate_source import UNPACKED
from tailored.rotate_tables import Problem

NAME = "plan"


def plan_of(path: Path, rotation: Rotation, stated: Problem) -> list[Any]:
    """Class and visits of each trainee, as the JSON of a plan has them; `BadTables` with every bad cell."""
    tables = {NAME: _rows(path)}
    bad: list[BadCell] = []
    weeks = [f"week {week}" for week in range(rotation.weeks)]
    check_columns(tables, NAME, ("trainee", "class", *weeks), (), bad)
    stations = _names(stated.stations, len(rotation.capacity))
    classes = _names(stated.classes, len(rotation.class_size))
    found: dict[int, Any] = {}
    for line in lines(tables, NAME, bad):
        trainee = line.whole("trainee", most=max(0, sum(rotation.class_size) - 1))
        if trainee in found:
            line.wrong("trainee", f"学员 {trainee} 重复", f"trainee {trainee} stands there twice")
        found[trainee] = [_known(line, "class", classes), _visits(line, weeks, stations)]
    if bad:
        raise BadTables(bad)
    return [found[trainee] for trainee in sorted(found)]


def _names(names: list[str], number: int) -> dict[str, int]:
    """What stands in a cell for each, as the table was written."""
    return {str(as_text(name)): at for at, name in enumerate(names or map(str, range(number)))}


def _known(line: Line, column: str, known: dict[str, int]) -> int:
    said = line.text(column)
    return known[said] if line.one_of(column, known, said) else -1


def _visits(line: Line, weeks: list[str], stations: dict[str, int]) -> list[list[int]]:
    """Where the trainee is, week by week; nobody is at a station twice."""
    found: dict[int, int] = {}
    for week, column in enumerate(weeks):
        if not line.text(column):
            continue
        station = _known(line, column, stations)
        if station in found:
            name = line.text(column)
            line.wrong(column, f"工位“{name}”重复", f"{name!r} stands there twice")
        found[station] = week
    return [[station, week] for station, week in found.items()]


def _rows(path: Path) -> tuple[str, Rows]:
    ending = path.suffix.lower()
    if path.is_dir():
        path, ending = path / f"{NAME}.csv", ".csv"
    try:
        if ending == ".xlsx":
            return path.name, sheet_of(path, None)
        if ending == ".csv":
            return path.name, csv_rows(path.name, path.read_bytes())
        return _packed(path)
    except OSError as broken:
        raise BadFile(str(path), "没有这个文件，或无法读取", "is not there, or cannot be read") from broken


def _packed(path: Path) -> tuple[str, Rows]:
    shown = f"{path.name}[{NAME}.csv]"
    try:
        with ZipFile(path) as packed:
            names = {PurePosixPath(one.filename).name: one for one in packed.infolist()}
            entry = names.get(f"{NAME}.csv")
            if entry is None or entry.file_size > UNPACKED:
                raise BadFile(shown, "压缩包中没有该文件，或文件过大", "is not in the zip, or too large")
            return shown, csv_rows(shown, packed.read(entry))
    except (BadZipFile, RuntimeError, NotImplementedError) as broken:
        raise BadFile(path.name, "无法读取此 zip", f"this zip cannot be read: {broken}") from broken
