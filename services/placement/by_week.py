"""A timetable as a board of weeks: a row for each station, each group or each trainee. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Literal

By = Literal["station", "group", "trainee"]
Row = dict[str, Any]


def rows(shown: dict[str, Any], by: By) -> list[Row]:
    """`shown` is a timetable as `view.timetable` gives it; each row has its title, a note and its stints in order."""
    return list({"station": _stations, "group": _groups, "trainee": _trainees}[by](shown))


def board(shown: dict[str, Any], by: By, weeks: Iterable[tuple[int, date]]) -> dict[str, Any]:
    """The rows with a cell for each of these weeks."""
    weeks = list(weeks)
    return {
        "cohort_id": shown["cohort_id"],
        "weeks": [{"week": week, "monday": monday} for week, monday in weeks],
        "rows": [
            {name: value for name, value in row.items() if name != "stints"}
            | {
                "cells": [
                    {
                        "week": week,
                        "monday": monday,
                        "stints": [one for one in row["stints"] if one["week"] == week],
                    }
                    for week, monday in weeks
                ]
            }
            for row in rows(shown, by)
        ],
    }


def _stations(shown: dict[str, Any]) -> Iterator[Row]:
    for stints in _by(shown, "station_id").values():
        yield _row(stints[0]["station"], stints[0]["workshop"], stints)


def _groups(shown: dict[str, Any]) -> Iterator[Row]:
    stints = _by(shown, "group")
    for group in shown["groups"]:
        people = len(group["trainee_ids"])
        note = {"zh": f"{people} 名学员", "en": f"{people} trainees" if people != 1 else "1 trainee"}
        yield _row(_same(group["group"]), note, stints.get(group["group"], []))


def _trainees(shown: dict[str, Any]) -> Iterator[Row]:
    """Whoever is held back has no week, but the reason."""
    stints = _by(shown, "group")
    for group in shown["groups"]:
        note, number = _same(group["group"]), group["numbers"]
        back = {one["trainee_id"]: one["reasons"] for one in group["held_back"]}
        for trainee in sorted([*group["trainee_ids"], *back], key=lambda one: number[str(one)]):
            weeks = [] if trainee in back else stints.get(group["group"], [])
            yield _row(_same(number[str(trainee)]), note, weeks, back.get(trainee, []))


def _row(
    title: dict[str, str],
    note: dict[str, str],
    stints: list[Row],
    reasons: list[dict[str, str]] | None = None,
) -> Row:
    return {"title": title, "note": note, "held_back": reasons or [], "stints": stints}


def _same(text: str) -> dict[str, str]:
    return {"zh": text, "en": text}


def _by(shown: dict[str, Any], what: str) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for one in sorted(shown["stints"], key=lambda stint: (str(stint[what]), stint["week"], stint["group"])):
        found[one[what]].append(one)
    return found
