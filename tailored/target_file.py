"""Reads what is required of each competency, and who set it, from a JSON or CSV file."""

import csv
import json
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from services.feedback.origins import Origin
from services.feedback.tally import Floats
from tailored.rating_file import RatingFile, bad_file, text_of


class Targets(NamedTuple):
    """One level for each competency of the file, and who set it, when and how, by its name."""

    levels: Floats
    origins: dict[str, Origin]


def targets_of(file: RatingFile, target: float, targets: Path | None, low: int, high: int) -> Targets:
    """Those that the file of targets leaves out have the common level; who set that is not recorded."""
    given = _given(targets, file.competencies) if targets else {}
    unknown = ", ".join(sorted(set(given) - set(file.competencies)))
    if unknown:
        raise bad_file(f"{targets}：没有人评价过 {unknown}", f"{targets}: nobody rated {unknown}")
    levels = {name: level for name, (level, _) in given.items()}
    for name, level in {"--target": target, **levels}.items():
        if not low <= level <= high:
            where = targets if name in given else ""
            raise bad_file(
                f"{where} {name}：{level:g} 超出量表 {low}-{high}".strip(),
                f"{where} {name}: {level:g} is outside the scale {low}-{high}".strip(),
            )
    return Targets(
        np.array([levels.get(name, target) for name in file.competencies]),
        {name: origin for name, (_, origin) in given.items()},
    )


def _given(path: Path, rated: list[str]) -> dict[str, tuple[float, Origin]]:
    words = text_of(path)
    try:
        found = _objects(path, words) if words.lstrip().startswith("{") else _rows(path, words, rated)
    except (ValueError, TypeError, RecursionError, csv.Error) as error:
        raise bad_file(
            f"{path}：无法作为要求读取：{error}", f"{path}: cannot be read as targets: {error}"
        ) from error
    if not found:
        raise bad_file(f"{path}：没有要求；写作 能力,等级", f"{path}: no targets; write competency,level")
    return found


def _objects(path: Path, words: str) -> dict[str, tuple[float, Origin]]:
    asked = json.loads(words, object_pairs_hook=partial(_once, path))
    return {name: _asked(path, name, value) for name, value in asked.items()}


def _rows(path: Path, words: str, rated: list[str]) -> dict[str, tuple[float, Origin]]:
    """The first line names the columns, unless it already speaks of a competency or gives a level."""
    rows = [(at, line) for at, line in enumerate(csv.reader(words.splitlines()), 1) if line]
    headed = bool(rows) and rows[0][1][0].strip() not in rated and not _is_level(rows[0][1][1:2])
    return _once(path, [_row(path, at, line) for at, line in rows[headed:]])


def _once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := ", ".join(sorted({name for name in names if names.count(name) > 1})):
        raise bad_file(f"{path}：{twice} 出现两次", f"{path}: {twice} is there twice")
    return dict(pairs)


def _is_level(cells: list[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def _asked(path: Path, name: str, value: Any) -> tuple[float, Origin]:
    """A level alone, or an object with target, set_by, set_on and method."""
    if not isinstance(value, dict):
        return _level(value), Origin()
    if set(value) - {"target", *Origin._fields} or "target" not in value:
        raise bad_file(
            f"{path}：{name}：写作 {{target, set_by, set_on, method}}",
            f"{path}: {name}: write {{target, set_by, set_on, method}}",
        )
    return _level(value["target"]), _origin(path, name, *(str(value.get(one, "")) for one in Origin._fields))


def _level(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(f"{json.dumps(value)} is no level")
    return float(value)


def _row(path: Path, number: int, line: list[str]) -> tuple[str, tuple[float, Origin]]:
    try:
        name, level, by, on, how = line if len(line) == 5 else (*line, "", "", "")
        return name.strip(), (float(level), _origin(path, name, by, on, how))
    except ValueError as error:
        said = ",".join(line)
        raise bad_file(
            f"{path}：第 {number} 行：写作 能力,等级 或 能力,等级,制定者,制定日,方法：{said!r}",
            f"{path}: line {number}: write competency,level or competency,level,set_by,set_on,method: {said!r}",
        ) from error


def _origin(path: Path, name: str, by: str, on: str, how: str) -> Origin:
    """All three or none."""
    by, on, how = by.strip(), on.strip(), how.strip()
    if not (by or on or how):
        return Origin()
    try:
        day = date.fromisoformat(on)
    except ValueError:
        day = None
    if not (by and day and how):
        raise bad_file(
            f"{path}：{name}：制定者、制定日（如 2021-10-01）和方法须同时填写",
            f"{path}: {name}: give set_by, set_on (as 2021-10-01) and method together",
        )
    return Origin(by, day, how)
