"""Reads ratings from CSV for the commands, and says of a bad line which it is and why."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer

from services.feedback.mixed import Sheet
from tailored.language import chinese

NEEDED = ("trainee", "rater", "competency", "score")
LONGEST = 10
"""Steps of a scale on which the rule still means something: its variances and the shortfall it expects are stated in levels of 1 to 5."""


def bad_file(zh: str, en: str) -> typer.Exit:
    """Says what was wrong, in one line; what it returns is to be raised and ends with exit code 2."""
    typer.echo(zh if chinese() else en, err=True)
    return typer.Exit(2)


@dataclass(frozen=True)
class RatingFile:
    """The ratings, and the names behind their codes."""

    sheet: Sheet
    trainees: list[str]
    raters: list[str]
    competencies: list[str]
    versions: list[str]
    version: list[str]


def read(path: Path, low: int, high: int, *, whole: bool = True) -> RatingFile:
    """An empty score means "no chance to see it" and is left out. `whole`: only whole levels are taken."""
    reader = csv.DictReader(io.StringIO(text_of(path), newline=""))
    _headed(f"{path}", reader.fieldnames or [])
    columns: dict[str, list[str]] = {name: [] for name in ("trainee", "rater", "competency", "version")}
    scores: list[float] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise _ragged(f"{path}", reader.line_num, len(reader.fieldnames or []))
            score = row["score"].strip()
            if not score:
                continue
            scores.append(_score(f"{path}", reader.line_num, score, low, high, whole=whole))
            for name, values in columns.items():
                values.append(_named(f"{path}", reader.line_num, name, row.get(name)))
    except csv.Error as error:
        line = reader.line_num
        raise bad_file(
            f"{path}：第 {line} 行：不是 CSV：{error}", f"{path}: line {line}: not CSV: {error}"
        ) from error
    if not scores:
        raise bad_file(f"{path}：没有评价", f"{path}: no ratings")
    return _coded(columns, scores)


def text_of(path: Path) -> str:
    """UTF-8, or GB18030, in which a Chinese Excel writes CSV."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise bad_file(f"{path}：无法读取：{error}", f"{path}: cannot be read: {error}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise bad_file(
        f"{path}：无法读取：既不是 UTF-8 也不是 GB18030；请另存为 CSV UTF-8",
        f"{path}: cannot be read: neither UTF-8 nor GB18030; save it as CSV UTF-8",
    )


def _headed(path: str, heading: Sequence[str]) -> None:
    missing = ", ".join(name for name in NEEDED if name not in heading)
    if missing:
        needed = ", ".join(NEEDED)
        raise bad_file(
            f"{path}：第 1 行：缺少列 {missing}；需要 {needed}",
            f"{path}: line 1: no column {missing}; needed are {needed}",
        )
    twice = ", ".join(name for name in (*NEEDED, "version") if heading.count(name) > 1)
    if twice:
        raise bad_file(
            f"{path}：第 1 行：列 {twice} 出现两次", f"{path}: line 1: the column {twice} is there twice"
        )


def _ragged(path: str, line: int, cells: int) -> typer.Exit:
    """A decimal comma, or a file that was cut off: read on it would be another rating, or none."""
    return bad_file(
        f"{path}：第 {line} 行：应有 {cells} 格；没有机会看到的，score 留空但保留逗号",
        f"{path}: line {line}: it must have {cells} cells; where there was no chance to see it score is left empty",
    )


def _coded(columns: dict[str, list[str]], scores: list[float]) -> RatingFile:
    codes = {name: np.unique(values, return_inverse=True) for name, values in columns.items()}
    trainee, rater, competency = (
        codes[name][1].astype(np.int64) for name in ("trainee", "rater", "competency")
    )
    sheet = Sheet(trainee, rater, competency, np.array(scores))
    names = {name: [str(one) for one in found[0]] for name, found in codes.items()}
    return RatingFile(
        sheet, names["trainee"], names["rater"], names["competency"], names["version"], columns["version"]
    )


def _named(path: str, line: int, name: str, value: str | None) -> str:
    found = (value or "").strip()
    if not found and name != "version":
        raise bad_file(f"{path}：第 {line} 行：{name} 为空", f"{path}: line {line}: {name} is empty")
    return found


def _score(path: str, line: int, score: str, low: int, high: int, *, whole: bool) -> float:
    try:
        value = float(score)
    except ValueError as error:
        raise bad_file(
            f"{path}：第 {line} 行：score {score!r} 不是数字",
            f"{path}: line {line}: score {score!r} is not a number",
        ) from error
    if not low <= value <= high:
        raise bad_file(
            f"{path}：第 {line} 行：score {score} 超出量表 {low}-{high}（见 --scale）",
            f"{path}: line {line}: score {score} is outside the scale {low}-{high} (see --scale)",
        )
    if whole and value % 1:
        raise bad_file(
            f"{path}：第 {line} 行：score {score} 不是整级；规则只接受整级，`evidence --fixed` 接受小数",
            f"{path}: line {line}: score {score} is no whole level, and the rule takes whole ones; `evidence --fixed` takes parts",
        )
    return value


def scale_of(words: str) -> tuple[int, int]:
    """Lowest and highest score, from "1-5"."""
    low, _, high = words.partition("-")
    if not (low.strip().isdecimal() and high.strip().isdecimal() and int(low) < int(high)):
        raise bad_file(f"--scale {words!r}：写作 1-5", f"--scale {words!r}: write it as 1-5")
    if int(high) - int(low) > LONGEST:
        raise bad_file(
            f"--scale {words!r}：至多 {LONGEST} 级之差；规则的方差以 1-5 级陈述，请先把分数换算成等级",
            f"--scale {words!r}: at most {LONGEST} steps, since the rule's variances are those of levels from 1 to 5; turn marks into levels first",
        )
    return int(low), int(high)
