"""Reads ratings from CSV for the commands, and says of a bad line which it is and why."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import typer

from services.feedback.mixed import Sheet

NEEDED = ("trainee", "rater", "competency", "score")


def bad_file(words: str) -> typer.Exit:
    """Says what was wrong, in one line; what it returns is to be raised and ends with exit code 2."""
    typer.echo(words, err=True)
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


def read(path: Path, low: int, high: int) -> RatingFile:
    """An empty score means "no chance to see it" and is left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise bad_file(f"{path}: cannot be read: {error}") from error
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in NEEDED if name not in (reader.fieldnames or [])]
    if missing:
        raise bad_file(f"{path}: line 1: no column {', '.join(missing)}; needed are {', '.join(NEEDED)}")
    columns: dict[str, list[str]] = {name: [] for name in ("trainee", "rater", "competency", "version")}
    scores: list[float] = []
    for row in reader:
        score = (row["score"] or "").strip()
        if not score:
            continue
        scores.append(_score(path, reader.line_num, score, low, high))
        for name, values in columns.items():
            value = (row.get(name) or "").strip()
            if not value and name != "version":
                raise bad_file(f"{path}: line {reader.line_num}: {name} is empty")
            values.append(value)
    if not scores:
        raise bad_file(f"{path}: no ratings")
    codes = {name: np.unique(values, return_inverse=True) for name, values in columns.items()}
    trainee, rater, competency = (
        codes[name][1].astype(np.int64) for name in ("trainee", "rater", "competency")
    )
    sheet = Sheet(trainee, rater, competency, np.array(scores))
    names = {name: [str(one) for one in found[0]] for name, found in codes.items()}
    return RatingFile(
        sheet, names["trainee"], names["rater"], names["competency"], names["version"], columns["version"]
    )


def _score(path: Path, line: int, score: str, low: int, high: int) -> float:
    try:
        value = float(score)
    except ValueError as error:
        raise bad_file(f"{path}: line {line}: score {score!r} is not a number") from error
    if not low <= value <= high:
        raise bad_file(f"{path}: line {line}: score {score} is outside the scale {low}-{high}")
    return value


def scale_of(words: str) -> tuple[int, int]:
    """`1-5` as two numbers."""
    low, dash, high = words.partition("-")
    if not (dash and low.strip().isdigit() and high.strip().isdigit() and int(low) < int(high)):
        raise bad_file(f"--scale {words!r}: write the lowest and the highest level, for example 1-5")
    return int(low), int(high)
