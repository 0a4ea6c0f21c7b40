"""The Excel door, outwards: one workbook to fill in for each public event type."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

from services.gateway.catalogue import example_data
from services.gateway.columns import Column, columns_of, is_day
from services.gateway.vocabulary import meaning
from shared.events.enterprise import PublicEvent

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

ROWS = 5000
INK, PALE = "FF14202E", "FFF5F7F9"
NOTES = (
    (
        "每行一个事件；同一编号的多行合为一个事件（列表一行一项）。",
        "One event a row; rows with the same id are one event, one list entry a row.",
    ),
    (
        "编号可填 UUID 或贵企业自己的代码；同一代码总是同一对象。",
        "An id cell takes a UUID or a code of your own; the same code is always the same thing.",
    ),
    ("学员填企业工号或学号。", "For a trainee write the enterprise number or the college number."),
    (
        "日期写作 2021-10-01。灰色示例行不会发送。",
        "Write days as 2021-10-01. The grey example row is not sent.",
    ),
    ("同一文件重复上传不会重复生效。", "Uploading the same file twice takes effect once."),
)


def workbook(kind: type[PublicEvent], known: Mapping[str, Sequence[str]]) -> bytes:
    """The template of a type. `known` are the ids or codes to offer, by kind of thing."""
    from openpyxl import Workbook  # noqa: PLC0415 - large, and only a workbook needs it
    from openpyxl.styles import Font, PatternFill  # noqa: PLC0415

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = kind.__name__[:31]
    columns = columns_of(kind)
    _head(sheet, columns)
    for place, value in enumerate(example_row(kind), start=1):
        cell = sheet.cell(2, place, value)
        cell.font = Font(color="FF5A6C7D")
        cell.fill = PatternFill("solid", start_color=PALE)
    _choices(book, sheet, columns, known)
    _notes(book, kind, columns)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def example_row(kind: type[PublicEvent]) -> list[Any]:
    """The values of the example, one a column."""
    data = example_data(kind)
    return [as_cell(_at(data, column.path)) for column in columns_of(kind)]


def _at(value: Any, path: Sequence[str]) -> Any:
    for step in path:
        value = value[0] if isinstance(value, list) else value
        value = value[step]
    return value


def as_cell(value: Any) -> Any:
    """Lists and maps of plain values fit in one cell."""
    if isinstance(value, list):
        return "; ".join(str(each) for each in value)
    if isinstance(value, dict):
        return "; ".join(f"{name}={each}" for name, each in value.items())
    return value


def _head(sheet: "Worksheet", columns: Sequence[Column]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415 - as above
    from openpyxl.utils import get_column_letter  # noqa: PLC0415

    for place, column in enumerate(columns, start=1):
        cell = sheet.cell(1, place, column.heading)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", start_color=INK)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = 38 if column.kind else 20
        if is_day(column.holds):
            for row in range(2, 200):
                sheet.cell(row, place).number_format = "yyyy-mm-dd"
    sheet.row_dimensions[1].height = 48
    sheet.freeze_panes = "A2"


def _choices(
    book: "Workbook", sheet: "Worksheet", columns: Sequence[Column], known: Mapping[str, Sequence[str]]
) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above
    from openpyxl.workbook.defined_name import DefinedName  # noqa: PLC0415
    from openpyxl.worksheet.datavalidation import DataValidation  # noqa: PLC0415

    lists = book.create_sheet("lists")
    lists.sheet_state = "hidden"
    for place, column in enumerate(columns, start=1):
        values = column.choices or list(known.get(column.kind or "", ()))[:ROWS]
        if not values:
            continue
        used = lists.max_column + 1
        for row, value in enumerate(values, start=1):
            lists.cell(row, used, value)
        letter, name = get_column_letter(used), f"choice_{place}"
        book.defined_names[name] = DefinedName(name, attr_text=f"lists!${letter}$1:${letter}${len(values)}")
        rule = DataValidation(
            type="list", formula1=f"={name}", allow_blank=True, showErrorMessage=bool(column.choices)
        )
        sheet.add_data_validation(rule)
        rule.add(f"{get_column_letter(place)}2:{get_column_letter(place)}{ROWS}")


def _notes(book: "Workbook", kind: type[PublicEvent], columns: Sequence[Column]) -> None:
    notes = book.create_sheet("说明 notes")
    says = meaning(kind)
    notes.append([kind.__name__, says["zh"], says["en"]])
    for zh, en in NOTES:
        notes.append(["", zh, en])
    notes.append([])
    notes.append(["列 column", "必填 required", "说明 description", "可选值 values"])
    for column in columns:
        required = "是 yes" if column.required else "否 no"
        notes.append([column.heading, required, column.description, ", ".join(column.choices)])
    for letter, width in zip("ABCD", (40, 60, 60, 60), strict=True):
        notes.column_dimensions[letter].width = width
