"""Applications as a spreadsheet: an empty one with drop-downs, reading CSV or Excel, outcomes as a sheet. Pure."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

from pydantic import ValidationError

from services.recruitment.applicants import NewApplication, Problem, problems_of
from shared.events.base import Text
from shared.programmes.grammar import Operator, Selection, SourceGroup
from shared.spreadsheet import as_text

if TYPE_CHECKING:
    from openpyxl import Workbook

COLUMNS = {
    "name": Text(zh="姓名（只保存在招生服务中）", en="name (kept in recruitment only)"),
    "person_number": Text(
        zh="学号或考生号，用于识别同一人", en="number that identifies the person at the college"
    ),
    "enterprise_id": Text(
        zh="企业编号；只有一家企业时可不填", en="id of the enterprise; may be empty where there is one"
    ),
    "employee_id": Text(zh="员工编号（在职人员）", en="id of the employee, for employees"),
    "enterprise_number": Text(zh="工号", en="the enterprise's own number of the person"),
    "status": Text(
        zh="student 学生，new-employee 新员工，employee 员工", en="student, new-employee or employee"
    ),
    "hired_on": Text(zh="入职日期，如 2018-09-01", en="day of hiring, such as 2018-09-01"),
    "born_on": Text(zh="出生日期", en="day of birth"),
    "direction": Text(zh="方向", en="direction"),
    "preference": Text(zh="志愿顺序，1 为第一志愿", en="order of preference, 1 is the first"),
}
ROWS = 5000
PREAMBLE = 1


def facts_asked(groups: Iterable[SourceGroup], selection: Selection) -> dict[str, list[str]]:
    """The facts that conditions and score ask for, each with the values to choose from where they are listed."""
    computed = {"years_of_service", "age", "status"}
    asked: dict[str, list[str]] = {}
    for group in groups:
        for predicate in group.predicates:
            choices = asked.setdefault(predicate.fact, [])
            if predicate.operator is Operator.ONE_OF and isinstance(predicate.value, list):
                choices += [value for value in predicate.value if value not in choices]
    for fact in [each.fact for each in selection.criteria] + [each.fact for each in selection.tie_breakers]:
        asked.setdefault(fact, [])
    return {fact: choices for fact, choices in asked.items() if fact not in computed}


def empty(facts: dict[str, list[str]], directions: Sequence[str], *, as_csv: bool = False) -> bytes:
    """The sheet to fill in. In Excel with drop-downs and a page that says what each column means."""
    header = [*COLUMNS, *facts]
    if as_csv:
        return ("\ufeff" + ",".join(header) + "\r\n").encode()
    from openpyxl import Workbook  # noqa: PLC0415 - large, and only a sheet needs it
    from openpyxl.styles import Font  # noqa: PLC0415
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "applications"
    sheet.append(header)
    lists = {"status": ["student", "new-employee", "employee"], "direction": list(directions), **facts}
    for at, name in enumerate(header, start=1):
        letter = get_column_letter(at)
        sheet.cell(1, at).font = Font(bold=True)
        sheet.column_dimensions[letter].width = 18
        choices = ",".join(lists.get(name, []))
        if choices and len(choices) < 250:
            chosen = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True)
            sheet.add_data_validation(chosen)
            chosen.add(f"{letter}2:{letter}{ROWS}")
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("说明 notes")
    for name, text in COLUMNS.items():
        notes.append([name, text.zh, text.en])
    for name, values in facts.items():
        notes.append(
            [
                name,
                "条件或评分所需；多位评委的分数用分号隔开",
                "asked by a condition or the score; several examiners' marks with ;",
                *values,
            ]
        )
    return _bytes(book)


Row = tuple[int, NewApplication | list[Problem]]


def read_rows(content: bytes) -> Iterator[Row]:
    """Every row of a file with its number, as an application or as what is wrong with it. Row 1 is the header."""
    try:
        header, rows = _read(content)
        if not any(name in COLUMNS for name in header):
            what = Text(zh="第一行不是表头", en="the first row is not the header")
            remedy = Text(zh="请使用下载的模板。", en="Use the template that can be downloaded.")
            yield 1, [Problem(row=1, what=what, remedy=remedy)]
            return
        for number, cells in enumerate(rows, start=1 + PREAMBLE):
            if any(cell not in (None, "") for cell in cells):
                yield number, _row(header, cells, number)
    except (ValueError, KeyError, OSError, BadZipFile, csv.Error) as broken:
        what = Text(zh="无法读取此文件", en=f"this file cannot be read: {broken}"[:500])
        remedy = Text(zh="请使用 UTF-8 的 CSV 或 .xlsx 文件。", en="Send CSV in UTF-8, or an .xlsx file.")
        yield 0, [Problem(row=0, what=what, remedy=remedy)]


def parse(content: bytes) -> tuple[list[tuple[int, NewApplication]], list[Problem]]:
    """The good rows of a file, and all that is wrong with the others."""
    good: list[tuple[int, NewApplication]] = []
    problems: list[Problem] = []
    for number, row in read_rows(content):
        if isinstance(row, list):
            problems += row
        else:
            good.append((number, row))
    return good, problems


def _row(header: Sequence[str], cells: Sequence[object], number: int) -> NewApplication | list[Problem]:
    try:
        return _application(header, cells)
    except ValidationError as broken:
        return problems_of(number, broken)


def about_rows(content: bytes) -> int:
    """How many rows a file has, without reading them; for Excel a guess from its size (about 40 bytes a row)."""
    return len(content) // 40 if content[:2] == b"PK" else content.count(b"\n")


def _application(header: Sequence[str], cells: Sequence[object]) -> NewApplication:
    given: dict[str, Any] = {"facts": {}}
    for name, cell in zip(header, cells, strict=False):
        if cell is None or str(cell).strip() == "" or not name:
            continue
        if name in COLUMNS:
            given[name] = _day(cell) if name.endswith("_on") else str(cell).strip()
        else:
            given["facts"][name.removeprefix("facts.")] = _fact(cell)
    return NewApplication.model_validate(given)


def _day(cell: object) -> object:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    parts = str(cell).strip().replace("/", "-").replace(".", "-").split("-")
    return "-".join(part.zfill(2) for part in parts)


def _fact(cell: object) -> object:
    if isinstance(cell, bool | int | float):
        return cell
    text = str(cell).strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        marks = [float(part) for part in text.replace("；", ";").split(";") if part.strip()]
    except ValueError:
        return text
    return marks[0] if len(marks) == 1 else marks


def _read(content: bytes) -> tuple[list[str], Iterable[Sequence[object]]]:
    """Header and rows, from Excel (a zip) or CSV (UTF-8, or GB 18030 as Chinese Excel writes it)."""
    if content[:2] == b"PK":
        from openpyxl import load_workbook  # noqa: PLC0415 - only a sheet needs it

        book = load_workbook(BytesIO(content), read_only=True, data_only=True)
        rows: Iterable[Sequence[object]] = book.worksheets[0].iter_rows(values_only=True)
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
        rows = csv.reader(StringIO(text))
    lines = iter(rows)
    return [str(name or "").strip() for name in next(lines, [])], lines


def table(header: Sequence[str], rows: Iterable[Sequence[object]], *, as_csv: bool = False) -> bytes:
    """Any list as a sheet, or as CSV; a text that a spreadsheet would take for a formula is kept as text."""
    lines = ([as_text(cell) for cell in row] for row in (header, *rows))
    if as_csv:
        text = StringIO()
        csv.writer(text).writerows(lines)
        return ("\ufeff" + text.getvalue()).encode()
    from openpyxl import Workbook  # noqa: PLC0415 - only a sheet needs it

    book = Workbook()
    sheet = book.worksheets[0]
    for line in lines:
        sheet.append(line)
    sheet.freeze_panes = "A2"
    return _bytes(book)


def _bytes(book: "Workbook") -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()
