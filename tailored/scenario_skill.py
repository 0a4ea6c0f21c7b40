"""What trainees of the demo can really do, and what mentors say of it. Pure: seeded chance, generated throughout.

A skill grows with the weighted hours that the plan in force gives a competency: theory by the weeks in which it is
taught, practice by the stints that the trainee attended. Nothing else changes it.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tailored.scenario_data import table

CEILING, FLOOR = 5.0, 1.0
TRAINEE_SD, SPECIFIC_SD, ERROR_SD = 0.35, 0.2, 0.5
USUAL_SD, USUAL_MOST, SEVERE = 0.25, 0.45, 1.0
ABSENT, NO_CHANCE = 0.03, 0.05
MARGIN, JUST_ENOUGH, SETTLED_AFTER = 0.5, 0.35, 6
LOW, HIGH, IN_ENGLISH = 2, 5, 0.3
WRITES = {"low": 0.06, "high": 0.02}
"""Mentors write rather of what goes wrong, so a shortfall mostly has words beside it when it is proven."""
LAST_WEEK, FIRST_WORKSHOP_WEEK = 60, 13


@dataclass(frozen=True)
class Truth:
    """What the generator knows and the system does not: levels gained per weighted hour, and who is how severe."""

    rate: Mapping[str, float]
    severity: Mapping[str, float]
    short: str | None
    looks_short: str
    shortfall: float


@dataclass
class Taught:
    """The plan versions of a cohort with the week from which each holds."""

    versions: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    _theory: dict[tuple[str, int], float] = field(default_factory=dict)

    def at(self, week: int) -> Mapping[str, Any]:
        """The version in force in a week."""
        held = [plan for start, plan in self.versions if start <= week]
        return held[-1] if held else self.versions[0][1]

    def hours(self, competency: str, attended: Iterable[tuple[int, str]], week: int) -> float:
        """Weighted hours of theory and of the stints attended up to the end of a week; each stint is (week, module)."""
        return self.theory(competency, week) + self.practice(competency, attended, week)

    def theory(self, competency: str, week: int) -> float:
        """Weighted hours of theory given up to the end of a week."""
        if (competency, week) not in self._theory:
            self._theory[competency, week] = sum(
                _theory_in(self.at(each), competency, each) for each in range(1, week + 1)
            )
        return self._theory[competency, week]

    def practice(self, competency: str, attended: Iterable[tuple[int, str]], week: int) -> float:
        """Weighted hours of the stints attended up to the end of a week; each is (week, module)."""
        hours = 0.0
        for when, name in attended:
            if when <= week:
                module = self.at(when)["modules"].get(name)
                if module:
                    hours += module["contribution"].get(competency, 0.0) * module["hours"]["workshop"]
        return hours


def readable(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan version as the API gives it, with its modules by name."""
    return {**plan, "modules": {module["module"]: module for module in plan["modules"]}}


def _theory_in(plan: Mapping[str, Any], competency: str, week: int) -> float:
    hours = 0.0
    for module in plan["modules"].values():
        first, last = module["first_week"] or 1, module["last_week"] or LAST_WEEK
        weight = module["contribution"].get(competency, 0.0)
        if weight and first <= week <= last:
            taught = (
                module["hours"]["theory"]
                + module["hours"].get("simulation", 0.0)
                + module["hours"].get("line", 0.0)
            )
            hours += weight * taught / (last - first + 1)
    return hours


def due_weeks(plan: Mapping[str, Any]) -> dict[str, int]:
    """From which teaching week ratings of a competency count, as the plan says."""
    return {asked["competency"]: asked["due_week"] for asked in plan["requirements"]}


def required(plan: Mapping[str, Any]) -> dict[str, int]:
    """The level that the plan's positions ask of each competency."""
    return {asked["competency"]: asked["level"] for asked in plan["requirements"]}


def truth(
    plan: Mapping[str, Any],
    mentors: Mapping[str, str],
    severe_stations: Sequence[str],
    *,
    short: str | None,
    looks_short: str,
    shortfall: float,
    seed: int,
) -> Truth:
    """The world: one competency gets too few hours for what it asks, every other a little more than enough."""
    due = due_weeks(plan)
    taught = Taught([(1, plan)])
    rates = {}
    for competency, asked in required(plan).items():
        when = min(LAST_WEEK, due[competency] + SETTLED_AFTER)
        hours = taught.theory(competency, when) + _usual_practice(plan, competency, when)
        more = -shortfall if competency == short else JUST_ENOUGH if competency == looks_short else MARGIN
        rates[competency] = (asked + more - FLOOR) / hours if hours else 0.0
    chance = random.Random(f"{seed}:severity")  # noqa: S311 - a generated world
    severity = {}
    for mentor, station in mentors.items():
        usual = max(-USUAL_MOST, min(USUAL_MOST, chance.gauss(0, USUAL_SD)))
        severity[mentor] = round(SEVERE + usual / 4 if station in severe_stations else usual, 3)
    return Truth(rates, severity, short, looks_short, shortfall)


def _usual_practice(plan: Mapping[str, Any], competency: str, week: int) -> float:
    """Practice that a trainee has had by a week on average, if visits are spread evenly once they may begin."""
    hours = 0.0
    for module in plan["modules"].values():
        start = max(FIRST_WORKSHOP_WEEK, module["last_week"] or 1)
        share = max(0.0, min(1.0, (week - start) / max(1, LAST_WEEK - start)))
        hours += share * module["contribution"].get(competency, 0.0) * module["hours"]["workshop"]
    return hours


def gift(seed: int, trainee: str, competency: str) -> float:
    """How much better than their hours a trainee is: in general, and in this."""
    general = random.Random(f"{seed}:{trainee}").gauss(0, TRAINEE_SD)  # noqa: S311 - a generated world
    return general + random.Random(f"{seed}:{trainee}:{competency}").gauss(0, SPECIFIC_SD)  # noqa: S311 - a generated world


def attends(seed: int, trainee: str, week: int) -> bool:
    """Whether a trainee was there in a week."""
    chance = random.Random(f"{seed}:{trainee}:{week}:there")  # noqa: S311 - a generated world
    return chance.random() >= ABSENT


def rated(level: float, severity: float, chance: random.Random) -> int | None:
    """What a mentor writes down: severity comes off, chance is added; None for "no chance to see it"."""
    if chance.random() < NO_CHANCE:
        return None
    seen = level - severity + chance.gauss(0, ERROR_SD)
    return max(1, min(5, math.floor(seen + 0.5)))


def written(name: str, competency: str, level: int | None) -> dict[str, str]:
    """Now and then a mentor writes something beside a low or a high level, in Chinese or English; chance of its own."""
    chance = random.Random(f"{name}:comment")  # noqa: S311 - a generated world
    tone = "" if level is None else "low" if level <= LOW else "high" if level >= HIGH else ""
    said = [row for row in table("comments") if (row["competency"], row["tone"]) == (competency, tone)]
    if not said or chance.random() >= WRITES[tone]:
        return {}
    return {"comment": chance.choice(said)["words_en" if chance.random() < IN_ENGLISH else "words_zh"]}


def level_of(world: Truth, competency: str, hours: float) -> float:
    """The level that so many weighted hours give."""
    return min(CEILING, FLOOR + world.rate[competency] * hours)
