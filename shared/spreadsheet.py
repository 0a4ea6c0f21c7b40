"""What goes into a cell that people open in a spreadsheet, and what comes out of a workbook that they send."""

import warnings
from io import BytesIO
from typing import Any
from zipfile import ZipFile

FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNPACKED = 60 * 1024 * 1024


class NoWorkbookError(ValueError):
    """This cannot be read as a workbook."""


def as_text(cell: object) -> object:
    """A text that a spreadsheet would take for a formula is kept as text; anything else as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def plain(cell: object) -> str:
    """What a person meant by a cell: no spaces around it, no mark of text before it, whole numbers without a point."""
    text = "" if cell is None else str(cell).strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def opened(body: bytes, rows: int, columns: int) -> list[tuple[Any, ...]]:
    """The cells of the first sheet, at most so many; raises NoWorkbookError, also where it would grow beyond 60 MiB."""
    try:
        return _cells(body, rows, columns)
    except NoWorkbookError:
        raise
    except Exception as error:  # noqa: BLE001 - a foreign file can break a reader in any way: it is no workbook of ours
        raise NoWorkbookError(type(error).__name__) from None


def _cells(body: bytes, rows: int, columns: int) -> list[tuple[Any, ...]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - large, and only a workbook needs it

    with ZipFile(BytesIO(body)) as packed:
        if sum(entry.file_size for entry in packed.infolist()) > UNPACKED:
            raise NoWorkbookError("too large when unpacked")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sheet = load_workbook(BytesIO(body), read_only=True, data_only=True).worksheets[0]
        return [tuple(row) for row in sheet.iter_rows(values_only=True, max_row=rows, max_col=columns)]
