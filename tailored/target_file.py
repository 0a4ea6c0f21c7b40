"""Reads what is required of each competency, and who set it, from a JSON or CSV file."""

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from services.feedback.origins import Origin
from services.feedback.tally import Floats
from tailored.rating_file import RatingFile, bad_file


class Targets(NamedTuple):
    """One level for each competency of the file, and who set it, when and how, by its name."""

    levels: Floats
    origins: dict[str, Origin]


def targets_of(file: RatingFile, target: float, targets: Path | None, low: int, high: int) -> Targets:
    """Those that the file of targets leaves out have the common level; who set that is not recorded."""
    given = _given(targets) if targets else {}
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


def _given(path: Path) -> dict[str, tuple[float, Origin]]:
    try:
        words = path.read_text(encoding="utf-8-sig")
        if words.lstrip().startswith("{"):
            return {name: _asked(path, name, value) for name, value in json.loads(words).items()}
    except (OSError, ValueError, TypeError) as error:
        raise bad_file(
            f"{path}：无法作为要求读取：{error}", f"{path}: cannot be read as targets: {error}"
        ) from error
    rows = csv.reader(words.splitlines())
    return dict(_row(path, at, line) for at, line in enumerate(rows, 1) if at > 1 and line)


def _asked(path: Path, name: str, value: Any) -> tuple[float, Origin]:
    """A level alone, or an object with target, set_by, set_on and method."""
    if not isinstance(value, dict):
        return float(value), Origin()
    if set(value) - {"target", *Origin._fields} or "target" not in value:
        raise bad_file(
            f"{path}：{name}：写作 {{target, set_by, set_on, method}}",
            f"{path}: {name}: write {{target, set_by, set_on, method}}",
        )
    return float(value["target"]), _origin(path, name, *(str(value.get(one, "")) for one in Origin._fields))


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
