"""A market as two tables, programmes and applicants: from CSV or Excel, every cell checked."""

import csv
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from io import StringIO
from itertools import zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from tailored.match_source import BadFile, Rows, Source


def table(path: Path) -> Rows:
    if path.suffix.lower() == ".xlsx":
        return sheet_of(path, None)
    return csv_rows(path.name, path.read_bytes())


def csv_rows(name: str, raw: bytes) -> Rows:
    """UTF-8, or GB 18030 as Chinese Excel writes it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    reader = csv.reader(StringIO(text))
    try:
        return _rows(name, ((reader.line_num, row) for row in reader))
    except csv.Error as broken:
        where = f"{name}:{reader.line_num}"
        raise BadFile(where, f"不是 CSV：{broken}", f"not CSV: {broken}") from broken


def sheet_of(path: Path, name: str | None) -> Rows:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book[name] if name else book.worksheets[0]
    except Exception as broken:
        raise BadFile(
            path.name, f"无法读取工作表 {name or ''}", f"cannot read the sheet {name or ''}"
        ) from broken
    lines = enumerate(sheet.iter_rows(values_only=True), start=1)
    shown = f"{path.name}[{name}]" if name else path.name
    return _rows(
        shown, ((number, ["" if cell is None else str(cell) for cell in row]) for number, row in lines)
    )


def has_sheet(path: Path, name: str) -> bool:
    """Whether a workbook has a sheet of this name; one that cannot be read has none."""
    try:
        return name in load_workbook(path, read_only=True).sheetnames
    except Exception:  # noqa: BLE001 - reading its sheets says what is wrong with it
        return False


def _rows(name: str, lines: Iterator[tuple[int, Sequence[str]]]) -> Rows:
    """Rows by column, with their lines; a cell that is missing at the end of a row is empty."""
    header = [column.strip() for column in next(lines, (1, []))[1]]
    rows: Rows = []
    for number, row in lines:
        cells = [cell.strip() for cell in row]
        if any(cells[len(header) :]):
            raise BadFile(f"{name}:{number}", "单元格多于表头", "more cells than the header has columns")
        if any(cells):
            rows.append((number, dict(zip_longest(header, cells[: len(header)], fillvalue=""))))
    return rows


def _columns(
    name: str, rows: Rows, needed: Sequence[str], known: Sequence[str], schemes: Sequence[str]
) -> None:
    """The columns that must be there are, and none looks like another one misspelt. A column of notes may stand there."""
    missing = [column for column in needed if not rows or column not in rows[0][1]]
    if missing:
        columns = ", ".join(missing)
        raise BadFile(f"{name}:1", f"缺少列：{columns}", f"missing columns: {columns}")
    allowed = [*known, *(f"score:{scheme}" for scheme in schemes)]
    for column in rows[0][1]:
        meant = get_close_matches(column, allowed, n=1, cutoff=0.75)
        if column not in allowed and (meant or column.startswith("score:")):
            ask = (f"，是否应为 {meant[0]}？", f"; is {meant[0]!r} meant?") if meant else ("", "")
            raise BadFile(f"{name}:1", f"没有列 {column}{ask[0]}", f"there is no column {column!r}{ask[1]}")


def from_tables(programmes: tuple[str, Rows], applicants: tuple[str, Rows]) -> Source:
    """`id, seats, min_seats, pools` (`local:20;internal:10:hard`) and `id, preferences, groups, score` or `score:p`."""
    _columns(*programmes, ("id", "seats"), ("id", "seats", "min_seats", "pools"), ())
    schemes = [row["id"] for _, row in programmes[1]]
    _columns(*applicants, ("id", "preferences"), ("id", "preferences", "groups", "score"), schemes)
    document: dict[str, Any] = {"applicants": [], "programmes": []}
    for _, row in applicants[1]:
        document["applicants"].append({"id": row["id"], "preferences": _split(row["preferences"])})
    for number, row in programmes[1]:
        where = f"{programmes[0]}:{number}"
        each: dict[str, Any] = {"id": row["id"], "seats": _whole(row["seats"], where, "seats")}
        if row.get("min_seats"):
            each["min_seats"] = _whole(row["min_seats"], where, "min_seats")
        each["pools"] = [_pool(text, where, applicants[1]) for text in _split(row.get("pools", ""))]
        each["scores"] = _column(applicants, row["id"])
        document["programmes"].append(each)
    _groups(applicants, {pool["name"] for each in document["programmes"] for pool in each["pools"]})
    return Source(document, "", programmes[0], {"programmes": programmes, "applicants": applicants})


def _groups(applicants: tuple[str, Rows], pools: set[str]) -> None:
    """A group that no pool is named after would silently give nobody a reserved seat."""
    for number, row in applicants[1]:
        for group in _split(row.get("groups", "")):
            if pools and group not in pools:
                raise BadFile(
                    f"{applicants[0]}:{number}", f"没有名为 {group} 的名额池", f"there is no pool {group!r}"
                )


def _pool(text: str, where: str, applicants: Rows) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    seats, _, hard = rest.partition(":")
    if hard not in ("", "hard"):
        raise BadFile(where, f"{text}：只能写 hard", f"{text!r}: only 'hard' may stand after the seats")
    eligible = [row["id"] for _, row in applicants if name in _split(row.get("groups", ""))]
    return {
        "name": name,
        "seats": _whole(seats, where, f"pools: {text}"),
        "eligible": eligible,
        "hard": hard == "hard",
    }


def _column(applicants: tuple[str, Rows], programme: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    for number, row in applicants[1]:
        written = row.get(f"score:{programme}", row.get("score", ""))
        if not written:
            continue
        if row["id"] in scores:
            raise BadFile(
                f"{applicants[0]}:{number}", f"编号 {row['id']} 出现两次", f"id {row['id']!r} appears twice"
            )
        try:
            scores[row["id"]] = float(written)
        except ValueError as broken:
            raise BadFile(
                f"{applicants[0]}:{number}",
                f"分数 {written} 不是数",
                f"the score {written!r} is not a number",
            ) from broken
    return scores


def _whole(text: str, where: str, column: str) -> int:
    try:
        return int(text.removesuffix(".0"))
    except ValueError as broken:
        raise BadFile(
            where, f"{column} 应为整数，现为 {text}", f"{column} must be a whole number, not {text!r}"
        ) from broken


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").split(";") if part.strip()]
