"""Reads O*NET tables: the competencies of one occupation, with importance and level on our scale. Pure."""

import csv
import io

from services.curriculum.esco import Alignment
from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Requirement, Text
from shared.events.plan_parts import Competency

NEEDED = ("O*NET-SOC Code", "Element ID", "Element Name", "Scale ID", "Data Value")


def level_of(value: float) -> int:
    """O*NET levels run from 0 to 7; ours from 1 to 5: 1 + round(4 LV / 7). This mapping is ours."""
    return min(5, max(1, 1 + int(4 * value / 7 + 0.5)))


def read(table: str, occupation: str) -> tuple[list[Competency], list[Requirement]]:
    """Competencies and profile of an occupation from `skills.csv` or `knowledge.csv`.

    Elements that O*NET suppresses or calls not relevant are left out, as are those without importance or level.
    """
    rows = csv.DictReader(io.StringIO(table))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise FrameworkBroken(
            f"no column {', '.join(missing)}: is this an O*NET table of skills or knowledge?"
        )
    names: dict[str, str] = {}
    values: dict[tuple[str, str], float] = {}
    for number, row in enumerate(rows, start=2):
        if (
            row["O*NET-SOC Code"] != occupation
            or row.get("Recommend Suppress") == "Y"
            or row.get("Not Relevant") == "Y"
        ):
            continue
        try:
            values[row["Element ID"], row["Scale ID"]] = float(row["Data Value"])
        except ValueError:
            raise FrameworkBroken(
                f"line {number}: {row['Data Value']!r} is no number", field="Data Value"
            ) from None
        names[row["Element ID"]] = row["Element Name"]
    if not names:
        raise FrameworkBroken(f"no row for occupation {occupation!r}", field="soc")
    rated = [one for one in names if (one, "IM") in values and (one, "LV") in values]
    return (
        [
            Competency(code=one, title=Text(zh=names[one], en=names[one]), source=f"O*NET {one}")
            for one in rated
        ],
        [
            Requirement(
                competency=one, level=level_of(values[one, "LV"]), importance=min(5.0, values[one, "IM"])
            )
            for one in rated
        ],
    )


TASKS = ("O*NET-SOC Code", "Task ID", "Task")
ACTIVITIES = ("O*NET-SOC Code", "Task ID", "DWA ID", "DWA Title")
RESOURCE = "https://www.onetonline.org"


def read_tasks(table: str, occupation: str) -> list[Competency]:
    """The tasks of an occupation from `task_statements.csv`, each as one competency; importance is not in that table."""
    return [
        Competency(
            code=f"task-{row['Task ID']}",
            title=_both(row["Task"]),
            source=f"O*NET task {row['Task ID']} ({row.get('Task Type') or 'not rated'})",
        )
        for row in _of(table, occupation, TASKS, "task statements")
    ]


def read_activities(table: str, occupation: str) -> tuple[list[Competency], list[Alignment]]:
    """The detailed work activities of an occupation from `tasks_to_dwas.csv`; each task is tied to its activities."""
    found: dict[str, Competency] = {}
    ties: dict[tuple[str, str], Alignment] = {}
    for row in _of(table, occupation, ACTIVITIES, "tasks and their activities"):
        code, task = row["DWA ID"], row["Task ID"]
        found[code] = Competency(code=code, title=_both(row["DWA Title"]), source=f"O*NET {code}")
        uri = f"{RESOURCE}/link/details/{occupation}#task-{task}"
        ties[code, uri] = (code, "isRelatedTo", uri, row.get("Task") or f"task {task}")
    return list(found.values()), list(ties.values())


def _both(words: str) -> Text:
    said = words.strip()[:500]
    return Text(zh=said, en=said)


def _of(table: str, occupation: str, needed: tuple[str, ...], what: str) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(table))
    missing = [name for name in needed if name not in (rows.fieldnames or ())]
    if missing:
        raise FrameworkBroken(f"no column {', '.join(missing)}: is this the O*NET table of {what}?")
    kept = [row for row in rows if row["O*NET-SOC Code"] == occupation]
    if not kept:
        raise FrameworkBroken(f"no row for occupation {occupation!r}", field="soc")
    return kept
