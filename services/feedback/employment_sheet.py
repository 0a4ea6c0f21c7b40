"""What became of graduates as lines of a CSV file: one figure a line, with its interval and the number behind it."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

HEADINGS = (
    "指标 / figure", "班级 / cohort", "工位 / station", "月 / months", "值 / value", "下限 / low", "上限 / high",
    "在观察 / at_risk", "人数 / n", "删失 / censored",
)  # fmt: skip
Line = tuple[object, ...]


def of(found: Mapping[str, Any]) -> str:
    """With a mark at its beginning by which spreadsheets know the encoding."""
    sheet = StringIO()
    writer = csv.writer(sheet)
    writer.writerow(HEADINGS)
    writer.writerows(["" if cell is None else cell for cell in line] for line in _lines(found))
    return "\ufeff" + sheet.getvalue()


def _lines(found: Mapping[str, Any]) -> Iterator[Line]:
    for group in (found["cohort"], found["compared"]):
        if group:
            yield from _of_group(group)
    if less := found["difference"]:
        name = _name(found["cohort"])
        yield (
            "mean_months_difference",
            name,
            None,
            less["within"],
            less["months"],
            less["low"],
            less["high"],
        )
        yield ("log_rank_chi_square", name, None, None, less["chi_square"])
        yield ("log_rank_p", name, None, None, less["p"])
    for one in found["independence"]:
        counts = (None, None, None, one["trainees"], one["censored"])
        for figure in ("median_weeks", "p90_weeks"):
            place = one["title"] and " / ".join((one["title"]["zh"], one["title"]["en"]))
            yield (f"independence_{figure}", _name(found["cohort"]), place, None, one[figure], *counts)


def _of_group(group: Mapping[str, Any]) -> Iterator[Line]:
    name, counts = _name(group), (group["n"], group["censored"])
    yield ("followed", name, None, group["followed"], None, None, None, None, *counts)
    for at in group["points"]:
        yield (
            "retention", name, None, at["months"], at["survival"], at["low"], at["high"], at["at_risk"], *counts
        )  # fmt: skip
    if mean := group["mean"]:
        yield (
            "mean_months",
            name,
            None,
            mean["within"],
            mean["months"],
            mean["low"],
            mean["high"],
            None,
            *counts,
        )
    for one in group["changes"]:
        for at in one["points"]:
            yield (one["change"], name, None, at["months"], at["share"], None, None, None, *counts)


def _name(group: Mapping[str, Any]) -> str:
    return " / ".join((group["title"]["zh"], group["title"]["en"]))
