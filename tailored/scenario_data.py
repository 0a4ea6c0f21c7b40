"""The demo's tables of `tailored/data`: modules of the German ordinance, O*NET positions, workshops, contributions.

Where each comes from and what is our own judgement stands in `tailored/data/NOTICE.md`.
"""

import csv
from functools import cache
from importlib.resources import files
from typing import Any

FOUNDATION_HOURS = 12 * 28
ALTERNATION_HOURS = 48 * 28
WORKSHOP_SHARE, MOST_WORKSHOP, STEP = 0.3, 28, 4
ROOM_TO_GROW = 2.0
HIGHEST_LEVEL = 4
LEAST_SHARE = {"A": 0.5, "B": 0.5, "C": 0.5, "F": 0.25}
"""The part of a module that a revision must leave. The cross-cutting blocks of section F are also taught within others."""


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of one file."""
    text = (files("tailored") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def level(onet: float) -> int:
    """The required level 1..5 of an O*NET level 0..7. The scale is ours; 5 is never asked."""
    return min(HIGHEST_LEVEL, 1 + round(4 * onet / 7))


def text(row: dict[str, str], name: str) -> dict[str, str]:
    """A text in both languages."""
    return {"zh": row[f"{name}_zh"], "en": row[f"{name}_en"]}


def competencies() -> list[dict[str, Any]]:
    """The framework."""
    return [
        {"code": row["competency"], "title": text(row, "title"), "source": f"O*NET {row['onet_element']}"}
        for row in table("competencies")
    ]


SET = {
    "set_by": "演示数据生成器 / generator of the demo's data",
    "set_on": "2021-04-12",
    "method": "O*NET 等级换算为 1-5 级 / O*NET levels brought to 1-5",
}
"""Who set the levels of the positions, when and how: no plant did."""


def positions() -> dict[str, dict[str, Any]]:
    """Title, profile and core tasks of each position, by its O*NET code."""
    found: dict[str, dict[str, Any]] = {}
    for row in table("positions"):
        position = found.setdefault(row["position"], {"title": text(row, "title"), "profile": [], **SET})
        importance = float(row["importance"])
        position["profile"].append(
            {"competency": row["competency"], "level": level(float(row["level"])), "importance": importance}
        )
    return found


def required() -> dict[str, int]:
    """The highest level that any of the positions asks."""
    levels: dict[str, int] = {}
    for position in positions().values():
        for asked in position["profile"]:
            levels[asked["competency"]] = max(asked["level"], levels.get(asked["competency"], 1))
    return levels


def contributions() -> dict[str, dict[str, float]]:
    """Module -> competency -> weight per hour, by our judgement."""
    found: dict[str, dict[str, float]] = {}
    for row in table("contribution"):
        found.setdefault(row["module"], {})[row["competency"]] = float(row["weight_per_hour"])
    return found


def practised() -> dict[str, list[str]]:
    """Module -> stations where it is practised."""
    found: dict[str, list[str]] = {}
    for row in table("workshops"):
        for module in row["practises_modules"].split():
            found.setdefault(module, []).append(row["station"])
    return found


def modules() -> list[dict[str, Any]]:
    """The plan's first version: each phase's hours shared by guide weeks, in steps of four hours."""
    rows = table("modules")
    budgets = {"foundation": FOUNDATION_HOURS, "alternation": ALTERNATION_HOURS}
    weeks = {
        phase: sum(int(row["guide_weeks"]) for row in rows if row["phase"] == phase) for phase in budgets
    }
    weights, stations = contributions(), practised()
    plan: list[dict[str, Any]] = []
    for row in rows:
        hours = _stepped(budgets[row["phase"]] * int(row["guide_weeks"]) / weeks[row["phase"]])
        workshop = min(MOST_WORKSHOP, _stepped(hours * WORKSHOP_SHARE)) if row["module"] in stations else 0
        plan.append(
            {
                "module": row["module"],
                "title": {
                    "zh": f"{row['title_zh']}（{row['title_de']}）"[:500],
                    "en": f"{row['title_en']} ({row['title_de']})",
                },
                "phase": row["phase"],
                "hours": {"theory": hours - workshop, "workshop": workshop},
                "prerequisites": row["prerequisite"].split(),
                "contribution": weights[row["module"]],
                "full_effect_until": ROOM_TO_GROW * hours,
                "least_hours": LEAST_SHARE[row["section"]] * hours,
                "stations": stations.get(row["module"], []),
            }
        )
    for phase, budget in budgets.items():  # rounding: what is over comes off the longest module's theory
        over = sum(sum(m["hours"].values()) for m in plan if m["phase"] == phase) - budget
        longest = max((m for m in plan if m["phase"] == phase), key=lambda m: m["hours"]["theory"])
        longest["hours"]["theory"] -= max(0, over)
    return plan


def _stepped(hours: float) -> int:
    return max(STEP, STEP * round(hours / STEP))
