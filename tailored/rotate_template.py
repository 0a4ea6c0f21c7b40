"""The tables of a rotation problem to fill in: a small example that can be planned as it stands, and what each table means."""

import csv
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

from tailored.rotate_tables import RELEASE

WEEKS = 20
Table = list[list[str | int]]
NOTES: Table = [
    ["table 表", "说明", "meaning"],
    ["settings", "周数、基础阶段周数、每个周期的周数、两次实践的最小间隔周数；周次从 0 数起",
     "weeks, weeks of foundation, weeks of a block (one visit in each), least weeks between two visits; weeks count from 0"],
    ["stations", "工位；no_lag 填 yes 表示不计滞后（如安全教育）；每周的席位数",
     "stations; no_lag is yes where lag does not count (safety induction); the seats of each week"],
    ["visits", "每个方向须去的工位；after：须在其后进行的工位，用分号隔开",
     "the stations that a direction needs; after: those that come before it, with ; in between"],
    ["classes", "班级、人数、方向；release:工位 为该班相应理论课结束的周次；crew 为在职学员的班组，可空",
     "classes, their size and direction; release:STATION is the week in which the class has ended its theory; crew of employees, or empty"],
    ["crews", "班组及每周最多可离岗学习的人数；没有班组时可删去此表",
     "crews, and how many of each may be away in one week; leave this table out where there are none"],
]  # fmt: skip


def example() -> dict[str, Table]:
    """Each table by its name."""
    stations = {"safety": 12, "furnace": 6, "caster": 6, "mill": 6}
    release = [RELEASE + name for name in stations if name != "safety"]
    return {
        "settings": [["name", "value"], ["weeks", WEEKS], ["foundation_weeks", 4], ["block_weeks", 4], ["min_gap", 2]],
        "stations": [
            ["station", "no_lag", *(f"week {week}" for week in range(WEEKS))],
            *([name, "yes" if name == "safety" else "", *[seats] * WEEKS] for name, seats in stations.items()),
        ],
        "visits": [
            ["direction", "station", "after"],
            ["steel", "safety", ""],
            ["steel", "furnace", "safety"],
            ["steel", "caster", "safety;furnace"],
            ["rolling", "safety", ""],
            ["rolling", "mill", "safety"],
        ],
        "classes": [
            ["class", "size", "direction", "crew", *release],
            ["A1", 10, "steel", "甲", 5, 9, ""],
            ["A2", 8, "rolling", "", "", "", 6],
        ],
        "crews": [["crew", "release_limit"], ["甲", 4]],
        "notes": NOTES,
    }  # fmt: skip


def write_template(path: Path) -> None:
    """A workbook, a zip or a folder of CSV files, by the ending of the name; `FileExistsError` where something is there."""
    if path.exists():
        raise FileExistsError(17, "exists", str(path))
    ending = path.suffix.lower()
    if ending == ".xlsx":
        _workbook(path)
    elif ending == ".zip":
        with ZipFile(path, "x") as packed:
            for name, table in example().items():
                packed.writestr(f"{name}.csv", _csv(table))
    else:
        path.mkdir(parents=True)
        for name, table in example().items():
            (path / f"{name}.csv").write_bytes(_csv(table))


def _csv(table: Table) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(table)
    return ("\ufeff" + out.getvalue()).encode()


def _workbook(path: Path) -> None:
    from openpyxl import Workbook  # noqa: PLC0415 - only a workbook needs it

    book = Workbook()
    book.remove(book.worksheets[0])
    for name, table in example().items():
        sheet = book.create_sheet(name)
        for line in table:
            sheet.append(line)
        sheet.freeze_panes = "A2"
        sheet.column_dimensions["A"].width = 20
    book.save(path)
