"""The German training ordinance MVTAusbV 2017 as a whole plan, and how far it covers O*NET positions. Pure.

32 blocks, 214 skills, four branches, the examination of each. An hour at the company is the only setting that the
ordinance plans; the vocational school has its own syllabus. The mapping to O*NET is our judgement: `firm` counts always,
`likely` from the middle estimate on, `possible` only in the upper one. So a coverage comes as low, middle, high.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from services.curriculum.planning import phases_of
from shared.events.base import Text
from shared.events.plan_parts import Competency, Hours, PlanModule
from shared.programmes.graduating import Examination
from shared.programmes.grammar import Template

FOLDER = Path(__file__).parent / "ordinance"
BRANCHES = {
    "iron-and-steel": "B",
    "steel-forming": "C",
    "non-ferrous-metallurgy": "D",
    "non-ferrous-forming": "E",
}
AREAS = {
    "iron-and-steel": Text(zh="钢铁冶金过程", en="Iron and steel metallurgical processes"),
    "steel-forming": Text(zh="钢塑性成形过程", en="Steel forming processes"),
    "non-ferrous-metallurgy": Text(zh="有色冶金过程", en="Non-ferrous metallurgical processes"),
    "non-ferrous-forming": Text(zh="有色金属塑性成形过程", en="Non-ferrous forming processes"),
}
SURE = ("firm", "likely", "possible")
IMPORTANT = 3.0
"""O*NET's own word for an importance of 3 is "important"; below it an element does not count for a position."""
ENOUGH_WEEKS = 4.0
"""Guide weeks from which an element counts as built; blocks taught throughout count as enough. Configuration."""
WEIGHT = {"firm": 1.0, "likely": 0.5, "possible": 0.25}
Row = Mapping[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """A table of the ordinance's folder."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def weeks_of(block: Row) -> float:
    """Guide weeks of a block; 0 where it is taught throughout."""
    early, late = block["weeks_month_1_18"], block["weeks_month_19_42"]
    return sum(float(each) for each in (early, late) if each not in {"", "throughout"})


def throughout(block: Row) -> bool:
    """Whether a block has no weeks of its own."""
    return "throughout" in {block["weeks_month_1_18"], block["weeks_month_19_42"]}


def check_sums(branch: str) -> tuple[float, float]:
    """Weeks of months 1 to 18 and of months 19 to 42 in one branch; the ordinance says 78 and 104."""
    mine = [one for one in rows("modules") if one["section"] in {"A", "F", BRANCHES[branch]}]
    early = sum(float(one["weeks_month_1_18"]) for one in mine if _number(one["weeks_month_1_18"]))
    late = sum(float(one["weeks_month_19_42"]) for one in mine if _number(one["weeks_month_19_42"]))
    return early, late


def _number(given: str) -> bool:
    return given.replace(".", "", 1).isdigit()


def module_name(block: Row) -> str:
    """The name that the template uses for a block."""
    return f"{block['section'].lower()}{block['position']}-block-{block['block']}"


def skill_code(skill: Row) -> str:
    """A code for one skill of the ordinance."""
    return f"mvt-{skill['block']}-{skill['letter']}"


def framework() -> list[Competency]:
    """All 214 skills."""
    return [
        Competency(
            code=skill_code(one),
            title=Text(zh=one["text_de"][:500], en=one["text_de"][:500]),
            source=f"MVTAusbV 2017, annex, section {one['section']} no. {one['position']} {one['letter']})",
        )
        for one in rows("skills")
    ]


def modules(template: Template) -> list[PlanModule]:
    """The 32 blocks as modules of a plan: each builds its skills in equal parts, and what the mapping says of O*NET."""
    outlines = {one.module: one for one in template.modules}
    per_week = {phase.phase: phase.hours_per_week for phase in template.phases}
    found = []
    for block in rows("modules"):
        outline = outlines[module_name(block)]
        skills = [skill_code(one) for one in rows("skills") if one["block"] == block["block"]]
        mapped = {
            one["element"]: WEIGHT[one["sure"]] for one in rows("mapping") if one["block"] == block["block"]
        }
        found.append(
            PlanModule(
                module=outline.module,
                title=outline.title,
                phase=outline.phase,
                layer=outline.layer,
                direction=outline.direction,
                hours=Hours(workshop=weeks_of(block) * per_week[outline.phase]),
                contribution={code: round(1 / len(skills), 6) for code in skills} | mapped,
            )
        )
    return found


def body(template: Template) -> dict[str, Any]:
    """What `POST /programmes/{id}/plans` takes for the whole ordinance."""
    return {
        "title": template.title.model_dump(),
        "phases": [one.model_dump() for one in phases_of(template)],
        "modules": [one.model_dump(mode="json") for one in modules(template)],
    }


def examination(template: Template, branch: str) -> Examination:
    """The examination of a branch: weights and rules are alike, one area bears the branch's name."""
    if template.examination is None:
        raise ValueError(f"template {template.template!r} has no examination")
    parts = [
        part.model_copy(update={"title": AREAS[branch]}) if part.exam_part == "steel-processes" else part
        for part in template.examination.parts
    ]
    return template.examination.model_copy(update={"parts": parts})


@dataclass(frozen=True)
class Covered:
    """How much of what a position needs a branch builds, as parts of the importance: surely, likely, at best."""

    soc: str
    occupation: str
    low: float
    middle: float
    high: float
    needed: int
    unmapped: list[str]


def coverage(branch: str) -> list[Covered]:
    """For each O*NET position: the importance-weighted part of its important elements that the branch builds."""
    by_position: dict[str, list[Row]] = {}
    for row in rows("onet"):
        if float(row["importance"]) >= IMPORTANT:
            by_position.setdefault(row["soc"], []).append(row)
    built = {sure: _built(branch, sure) for sure in SURE}
    mapped = {one["element"] for one in rows("mapping")}
    return [
        Covered(
            soc=soc,
            occupation=needs[0]["occupation"],
            low=_part(needs, built["firm"]),
            middle=_part(needs, built["likely"]),
            high=_part(needs, built["possible"]),
            needed=len(needs),
            unmapped=[one["name"] for one in needs if one["element"] not in mapped],
        )
        for soc, needs in sorted(by_position.items())
    ]


def _built(branch: str, least: str) -> set[str]:
    """Elements with enough weeks when rows are counted down to this certainty."""
    counted = {*takewhile(lambda one: one != least, SURE), least}
    blocks = {one["block"]: one for one in rows("modules") if one["section"] in {"A", "F", BRANCHES[branch]}}
    weeks: dict[str, float] = {}
    for row in rows("mapping"):
        block = blocks.get(row["block"])
        if block is not None and row["sure"] in counted:
            given = ENOUGH_WEEKS if throughout(block) else weeks_of(block)
            weeks[row["element"]] = weeks.get(row["element"], 0.0) + given
    return {element for element, sum_of in weeks.items() if sum_of >= ENOUGH_WEEKS}


def _part(needs: Iterable[Row], built: set[str]) -> float:
    known = list(needs)
    whole = sum(float(one["importance"]) for one in known)
    return round(sum(float(one["importance"]) for one in known if one["element"] in built) / whole, 4)
