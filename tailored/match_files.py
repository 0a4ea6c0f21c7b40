"""Reads a market for `tailored match`: JSON, a pair of CSV files, or one Excel workbook; finds the line of a fault."""

import csv
import json
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from services.recruitment.market_file import BadMarket

Rows = list[tuple[int, dict[str, str]]]
SPACE = " \t\r\n"


class BadFile(Exception):  # noqa: N818 - said to a person, as the file's fault
    """What is wrong, where, in both languages."""

    def __init__(self, where: str, zh: str, en: str) -> None:
        self.where, self.zh, self.en = where, zh, en
        super().__init__(f"{where}: {en}")


class Source:
    """A market as it was read, and the way back from a place in it to a line of a file."""

    def __init__(
        self, document: Any, text: str, name: str, tables: dict[str, tuple[str, Rows]] | None = None
    ) -> None:
        self.document, self.text, self.name, self.tables = document, text, name, tables

    def where(self, fault: BadMarket) -> str:
        """File and line of a fault."""
        path = list(fault.path)
        if self.tables is None:
            return f"{self.name}:{line_of(self.text, path)}"
        table = "applicants" if "scores" in path else str(path[0]) if path else "programmes"
        name, rows = self.tables.get(table, self.tables["programmes"])
        if "scores" in path:
            line = next((number for number, row in rows if row.get("id") == path[-1]), 1)
        else:
            line = rows[path[1]][0] if len(path) > 1 and isinstance(path[1], int) else 1
        return f"{name}:{line}"


def read(paths: Sequence[Path]) -> Source:
    """One JSON file, one workbook (sheets `programmes` and `applicants`), or a CSV pair in that order."""
    for path in paths:
        if not path.is_file():
            raise BadFile(str(path), "没有该文件", "there is no such file")
    first = paths[0]
    if len(paths) == 2:
        programmes, applicants = _table(first), _table(paths[1])
        return _from_tables((first.name, programmes), (paths[1].name, applicants))
    if first.suffix.lower() == ".xlsx":
        return _from_tables(
            (f"{first.name}[programmes]", _sheet(first, "programmes")),
            (f"{first.name}[applicants]", _sheet(first, "applicants")),
        )
    if first.suffix.lower() == ".csv":
        raise BadFile(
            str(first), "请给出两个 CSV 文件：项目、申请人", "give two CSV files: programmes, then applicants"
        )
    return _json(first)


def _json(path: Path) -> Source:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as broken:
        raise BadFile(f"{path.name}:1", "不是 UTF-8 文本", "this is not text in UTF-8") from broken
    repeated: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            repeated.append(next(name for name in names if names.count(name) > 1))
        return found

    try:
        document = json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError) as broken:
        line = getattr(broken, "lineno", 1)
        message = getattr(broken, "msg", "nested too deeply")
        raise BadFile(
            f"{path.name}:{line}", f"不是有效的 JSON：{message}", f"not valid JSON: {message}"
        ) from broken
    if repeated:
        name = json.dumps(repeated[0], ensure_ascii=False)
        keys = [found.start() for found in re.finditer(re.escape(name) + r"\s*:", text)]
        line = 1 + text.count("\n", 0, keys[-1] if keys else 0)
        raise BadFile(f"{path.name}:{line}", f"{name} 出现两次", f"{name} appears twice in one object")
    return Source(document, text, path.name)


def _table(path: Path) -> Rows:
    if path.suffix.lower() == ".xlsx":
        return _sheet(path, None)
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", errors="replace")
    reader = csv.reader(StringIO(text))
    return _rows((reader.line_num, row) for row in reader)


def _sheet(path: Path, name: str | None) -> Rows:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
        sheet = book[name] if name else book.worksheets[0]
    except Exception as broken:
        raise BadFile(
            path.name, f"无法读取工作表 {name or ''}", f"cannot read the sheet {name or ''}"
        ) from broken
    lines = enumerate(sheet.iter_rows(values_only=True), start=1)
    return _rows((number, ["" if cell is None else str(cell) for cell in row]) for number, row in lines)


def _rows(lines: Iterator[tuple[int, Sequence[str]]]) -> Rows:
    header = [name.strip() for name in next(lines, (1, []))[1]]
    return [
        (number, dict(zip(header, (cell.strip() for cell in row), strict=False)))
        for number, row in lines
        if any(cell.strip() for cell in row)
    ]


def _from_tables(programmes: tuple[str, Rows], applicants: tuple[str, Rows]) -> Source:
    """`id, seats, min_seats, pools` (`local:20;internal:10:hard`) and `id, preferences, groups, score` or `score:p`."""
    for name, rows, needed in ((*programmes, ("id", "seats")), (*applicants, ("id", "preferences"))):
        missing = [column for column in needed if rows and column not in rows[0][1]]
        if missing or not rows:
            columns = ", ".join(missing or needed)
            raise BadFile(f"{name}:1", f"缺少列：{columns}", f"missing columns: {columns}")
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
    return Source(document, "", programmes[0], {"programmes": programmes, "applicants": applicants})


def _pool(text: str, where: str, applicants: Rows) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    seats, _, hard = rest.partition(":")
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


def line_of(text: str, path: Sequence[str | int]) -> int:
    """The line on which the value at a path of a JSON text begins (1-based)."""
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    for step in path:
        at = _skip(text, at + 1)
        index = 0
        while text[at] not in "]}":
            key_at = at
            if isinstance(step, str):
                key, at = decoder.raw_decode(text, at)
                at = _skip(text, _skip(text, at) + 1)
                found = key == step
            else:
                found = index == step
            if found:
                at = key_at if isinstance(step, str) and step is path[-1] else at
                break
            _, at = decoder.raw_decode(text, at)
            at, index = _skip(text, at), index + 1
            if text[at] == ",":
                at = _skip(text, at + 1)
        else:
            break
    return 1 + text.count("\n", 0, at)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in SPACE:
        at += 1
    return at
