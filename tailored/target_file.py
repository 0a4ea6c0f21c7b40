"""Reads what is required of each competency, from a JSON or CSV file."""

import json
from pathlib import Path

import numpy as np

from services.feedback.tally import Floats
from tailored.rating_file import RatingFile, bad_file


def targets_of(file: RatingFile, target: float, targets: Path | None, low: int, high: int) -> Floats:
    """One level for each competency of the file; those that the file of targets leaves out have the common one."""
    given = _given(targets) if targets else {}
    unknown = ", ".join(sorted(set(given) - set(file.competencies)))
    if unknown:
        raise bad_file(f"{targets}：没有人评价过 {unknown}", f"{targets}: nobody rated {unknown}")
    for name, level in {"--target": target, **given}.items():
        if not low <= level <= high:
            where = targets if name in given else ""
            raise bad_file(
                f"{where} {name}：{level:g} 超出量表 {low}-{high}".strip(),
                f"{where} {name}: {level:g} is outside the scale {low}-{high}".strip(),
            )
    return np.array([given.get(name, target) for name in file.competencies])


def _given(path: Path) -> dict[str, float]:
    try:
        words = path.read_text(encoding="utf-8-sig")
        if words.lstrip().startswith("{"):
            return {name: float(value) for name, value in json.loads(words).items()}
    except (OSError, ValueError, TypeError) as error:
        raise bad_file(
            f"{path}：无法作为要求读取：{error}", f"{path}: cannot be read as targets: {error}"
        ) from error
    return dict(_row(path, at, line) for at, line in enumerate(words.splitlines(), 1) if at > 1 and line)


def _row(path: Path, number: int, line: str) -> tuple[str, float]:
    try:
        name, level = line.split(",")
        return name.strip(), float(level)
    except ValueError as error:
        raise bad_file(
            f"{path}：第 {number} 行：写作 能力,等级：{line!r}",
            f"{path}: line {number}: write competency,level: {line!r}",
        ) from error
