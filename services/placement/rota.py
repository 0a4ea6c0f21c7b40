"""Crew rotas (四班三倒): who works which shift on which day, from a pattern or from a sheet. Pure."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from uuid import UUID

from shared.events.base import Text

DAY, EVENING, NIGHT, OFF = "day", "evening", "night", "off"
GUIDING = {DAY}
"""Trainees are at a station by day: only a mentor on the day shift guides. Configuration of this product."""
WRITTEN = {
    DAY: {"day", "d", "白", "白班", "早", "早班"},
    EVENING: {"evening", "e", "中", "中班"},
    NIGHT: {"night", "n", "夜", "夜班"},
    OFF: {"off", "-", "休", "休息"},
}
SHIFTS = {word: shift for shift, words in WRITTEN.items() for word in words}
Shift = tuple[UUID, date, str]
"""Mentor, day, shift."""


@dataclass(frozen=True)
class BadCell:
    """What is wrong with a cell of a sheet, and where (rows and columns count from 1)."""

    row: int
    column: int
    words: Text


def from_pattern(
    pattern: Sequence[str], offsets: Mapping[str, int], crews: Mapping[UUID, str], first: date, last: date
) -> Iterator[Shift]:
    """Each crew stands `offset` days further in the pattern than the first day says; `crews` are those of the mentors."""
    for mentor, crew in crews.items():
        for number in range((last - first).days + 1):
            shift = pattern[(number + offsets[crew]) % len(pattern)]
            yield mentor, first + timedelta(days=number), shift


def from_sheet(content: bytes) -> tuple[list[Shift], list[BadCell]]:
    """A line for each mentor: the id, then a shift under each date of the first line. Excel or CSV; every bad cell is named."""
    rows = list(_rows(content))
    found: list[Shift] = []
    bad: list[BadCell] = []
    days: dict[int, date] = {}
    for at, cell in enumerate(rows[0][1:] if rows else (), start=1):
        day = _day(cell)
        if day is None:
            if cell not in {None, ""}:
                bad.append(BadCell(1, at + 1, Text(zh=f"“{cell}”不是日期", en=f"{cell!r} is not a date")))
        elif day in days.values():
            bad.append(BadCell(1, at + 1, Text(zh=f"日期 {day} 重复", en=f"{day} stands there twice")))
        else:
            days[at] = day
    if not days and not bad:
        bad.append(BadCell(1, 1, Text(zh="第一行没有日期", en="the first line has no dates")))
    seen: set[UUID] = set()
    for number, row in enumerate(rows[1:], start=2):
        if any(cell not in {None, ""} for cell in row):
            _line(number, row, days, (found, bad, seen))
    if not found and not bad:
        bad.append(BadCell(2, 2, Text(zh="表中没有任何班次", en="there is no shift in the sheet")))
    return found, bad


def _line(
    number: int,
    row: Sequence[object],
    days: Mapping[int, date],
    into: tuple[list[Shift], list[BadCell], set[UUID]],
) -> None:
    found, bad, seen = into
    try:
        mentor = UUID(str(row[0]).strip())
    except ValueError:
        bad.append(
            BadCell(number, 1, Text(zh=f"“{row[0]}”不是师傅编号", en=f"{row[0]!r} is not the id of a mentor"))
        )
        return
    if mentor in seen:
        bad.append(BadCell(number, 1, Text(zh="该师傅重复出现", en="this mentor stands there twice")))
        return
    seen.add(mentor)
    for at, day in days.items():
        cell = row[at] if at < len(row) else None
        if cell in {None, ""}:
            continue  # nothing is said of that day
        shift = SHIFTS.get(str(cell).strip().lower())
        if shift is None:
            bad.append(
                BadCell(
                    number,
                    at + 1,
                    Text(
                        zh=f"“{cell}”不是班次（白、中、夜、休）",
                        en=f"{cell!r} is no shift (day, evening, night, off)",
                    ),
                )
            )
        else:
            found.append((mentor, day, shift))


def _rows(content: bytes) -> Iterable[Sequence[object]]:
    if content.startswith(b"PK"):
        from openpyxl import load_workbook  # noqa: PLC0415 - only a sheet needs it

        return (
            load_workbook(BytesIO(content), read_only=True, data_only=True)
            .worksheets[0]
            .iter_rows(values_only=True)
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    return csv.reader(StringIO(text))


def _day(cell: object) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    try:
        return date.fromisoformat(str(cell).strip())
    except ValueError:
        return None
