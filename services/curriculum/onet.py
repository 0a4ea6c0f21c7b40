"""Reads O*NET tables: the competencies of one occupation, with importance and level on our scale. Pure."""

from math import isfinite

from services.curriculum import tabled
from services.curriculum.esco import Alignment
from services.curriculum.refusals import FrameworkBroken
from shared.events.base import Requirement
from shared.events.plan_parts import Competency

OCCUPATION = "O*NET-SOC Code"
NEEDED = (OCCUPATION, "Element ID", "Element Name", "Scale ID", "Data Value")
TASKS = (OCCUPATION, "Task ID", "Task")
ACTIVITIES = (OCCUPATION, "Task ID", "DWA ID", "DWA Title")
RESOURCE = "https://www.onetonline.org"
SCALES = {"IM": (1.0, 5.0), "LV": (0.0, 7.0)}
LONGEST = 500
NAMED = 5


def level_of(value: float) -> int:
    """O*NET levels run from 0 to 7; ours from 1 to 5: 1 + round(4 LV / 7). This mapping is ours."""
    return min(5, max(1, 1 + int(4 * value / 7 + 0.5)))


def read(table: str, occupation: str) -> tuple[list[Competency], list[Requirement]]:
    """Competencies and profile of an occupation from `skills.csv` or `knowledge.csv`.

    Elements that O*NET suppresses or calls not relevant are left out, as are those without importance or level.
    """
    rows = [
        (where, row)
        for where, row in _of(table, occupation, NEEDED, "an O*NET table of skills or knowledge")
        if row.get("Recommend Suppress") != "Y" and row.get("Not Relevant") != "Y"
    ]
    names = {row["Element ID"]: (where, row["Element Name"]) for where, row in rows}
    values = dict(tabled.every(rows, _value))
    rated = [one for one in names if (one, "IM") in values and (one, "LV") in values]
    if not rated:
        raise FrameworkBroken(
            f"no element of {occupation} has both importance (IM) and level (LV)", field="Scale ID"
        )
    found = tabled.every(
        rated, lambda one: tabled.competency(names[one][0], one, names[one][1].strip(), f"O*NET {one}")
    )
    asked = [
        Requirement(competency=one, level=level_of(values[one, "LV"]), importance=values[one, "IM"])
        for one in rated
    ]
    return found, asked


def _value(part: tabled.Row) -> tuple[tuple[str, str], float]:
    where, row = part
    said, scale = row["Data Value"], row["Scale ID"]
    try:
        value = float(said)
    except ValueError:
        value = float("nan")
    least, most = SCALES.get(scale, (value, value))
    if not isfinite(value) or not least <= value <= most:
        within = f"; {scale} runs from {least:g} to {most:g}" if scale in SCALES else ""
        raise FrameworkBroken(f"{where}: {said!r} is no number of scale {scale}{within}", field="Data Value")
    return (row["Element ID"], scale), value


def read_tasks(table: str, occupation: str) -> list[Competency]:
    """The tasks of an occupation from `task_statements.csv`, each as one competency; importance is not in that table."""

    def task(part: tabled.Row) -> Competency:
        where, row = part
        source = f"O*NET task {row['Task ID']} ({row.get('Task Type') or 'not rated'})"
        return tabled.competency(where, f"task-{row['Task ID']}", _short(row["Task"]), source)

    return tabled.every(_of(table, occupation, TASKS, "the O*NET table of task statements"), task)


def read_activities(table: str, occupation: str) -> tuple[list[Competency], list[Alignment]]:
    """The detailed work activities of an occupation from `tasks_to_dwas.csv`; each task is tied to its activities."""
    rows = _of(table, occupation, ACTIVITIES, "the O*NET table of tasks and their activities")
    ties: dict[tuple[str, str], Alignment] = {}

    def activity(part: tabled.Row) -> Competency:
        where, row = part
        code, task = row["DWA ID"], row["Task ID"]
        uri = f"{RESOURCE}/link/details/{occupation}#task-{task}"
        ties[code, uri] = (code, "isRelatedTo", uri, row.get("Task") or f"task {task}")
        return tabled.competency(where, code, _short(row["DWA Title"]), f"O*NET {code}")

    found = {one.code: one for one in tabled.every(rows, activity)}
    return list(found.values()), list(ties.values())


def _short(words: str) -> str:
    return words.strip()[:LONGEST]


def _of(table: str, occupation: str, needed: tuple[str, ...], what: str) -> list[tabled.Row]:
    rows = tabled.rows(table, needed, what)
    kept = [(where, row) for where, row in rows if row[OCCUPATION] == occupation]
    if not kept:
        there = sorted({row[OCCUPATION] for _, row in rows})
        named = ", ".join(there[:NAMED]) + (", …" if len(there) > NAMED else "")
        raise FrameworkBroken(f"no row for occupation {occupation!r}; the table has {named}", field="soc")
    return kept
