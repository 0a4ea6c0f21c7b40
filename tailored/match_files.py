"""Reads a market for `tailored match`: JSON, a pair of CSV files, or one Excel workbook."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tailored.match_source import BadFile, Source
from tailored.match_tables import from_tables, sheet_of, table

__all__ = ["BadFile", "read"]


def read(paths: Sequence[Path]) -> Source:
    """One JSON file, one workbook (sheets `programmes` and `applicants`), or a CSV pair in that order."""
    for path in paths:
        if not path.is_file():
            raise BadFile(str(path), "没有该文件", "there is no such file")
    first = paths[0]
    if len(paths) == 2:
        programmes, applicants = table(first), table(paths[1])
        return from_tables((first.name, programmes), (paths[1].name, applicants))
    if first.suffix.lower() == ".xlsx":
        return from_tables(
            (f"{first.name}[programmes]", sheet_of(first, "programmes")),
            (f"{first.name}[applicants]", sheet_of(first, "applicants")),
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
