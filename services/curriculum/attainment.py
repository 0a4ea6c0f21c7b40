"""达成度: how far a cohort reached the competencies of its plan version, from marks per module. Pure.

A trainee's attainment of a competency is the mean of the marks of the modules that build it, each weighted by contribution
x hours of the plan version under which it was given; marks are parts of 100. A competency counts as reached at
`REACHED`. Modules without marks are left out and named, so that a number never hides what it rests on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import mean
from types import MappingProxyType
from uuid import UUID

from services.curriculum.planning import weighted
from shared.events.curriculum import PlanPublished

REACHED = 0.6
"""The part of full marks from which a competency counts as reached. Configuration of this product."""

Marks = Mapping[UUID, Mapping[str, float]]
Under = Mapping[tuple[UUID, str], PlanPublished]


@dataclass(frozen=True)
class Support:
    """A module's part in a competency, with the cohort's mean mark; none where nobody was marked."""

    module: str
    part: float
    mean: float | None


@dataclass(frozen=True)
class Attained:
    """One competency: how far, how evenly, on what it rests."""

    competency: str
    level: int | None
    attainment: float | None
    lowest: float | None
    reached: float | None
    trainees: int
    support: list[Support]

    @property
    def verdict(self) -> str:
        """reached, not-reached or no-marks."""
        if self.attainment is None:
            return "no-marks"
        return "reached" if self.attainment >= REACHED else "not-reached"


@dataclass(frozen=True)
class Report:
    """The whole report of one cohort."""

    competencies: list[Attained]
    modules: dict[str, float | None]
    by_trainee: dict[UUID, dict[str, float]]
    unmarked: list[str] = field(default_factory=list)


def report(plan: PlanPublished, marks: Marks, under: Under = MappingProxyType({})) -> Report:
    """Every competency that the plan requires, for the trainees who have marks.

    `under`: the version by which a trainee was marked in a module, where it is another than `plan`.
    """
    shares = _shares(plan)
    means = {one.module: _mean(marked.get(one.module) for marked in marks.values()) for one in plan.modules}
    levels = {one.competency: one.level for one in plan.requirements}
    built = {
        version.plan_version: {one.module: weighted(one) for one in version.modules}
        for version in (plan, *under.values())
    }
    by_trainee = {
        who: _of_one({
            module: (points, built[under.get((who, module), plan).plan_version].get(module, {}))
            for module, points in marked.items()
        })
        for who, marked in marks.items()
    }  # fmt: skip
    found = []
    for name in [*levels, *(extra for extra in shares if extra not in levels)]:
        reached = [one[name] for one in by_trainee.values() if name in one]
        found.append(
            Attained(
                name,
                levels.get(name),
                _mean(reached),
                min(reached, default=None),
                _mean(float(one >= REACHED) for one in reached),
                len(reached),
                [Support(module, part, means[module]) for module, part in shares.get(name, {}).items()],
            )
        )
    unmarked = [one.module for one in plan.modules if means[one.module] is None]
    return Report(found, means, by_trainee, unmarked)


def _shares(plan: PlanPublished) -> dict[str, dict[str, float]]:
    """Competency -> module -> its part of the weighted hours."""
    found: dict[str, dict[str, float]] = {}
    for module in plan.modules:
        for name, hours in weighted(module).items():
            found.setdefault(name, {})[module.module] = hours
    return {
        name: {module: hours / sum(by.values()) for module, hours in by.items()}
        for name, by in found.items()
        if sum(by.values()) > 0
    }


def _of_one(marked: Mapping[str, tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """One trainee's attainment of each competency that a marked module builds: points, and weighted hours of each."""
    reached: dict[str, list[tuple[float, float]]] = {}
    for points, builds in marked.values():
        for name, hours in builds.items():
            reached.setdefault(name, []).append((hours, points / 100))
    return {
        name: sum(hours * part for hours, part in parts) / sum(hours for hours, _ in parts)
        for name, parts in reached.items()
        if any(hours for hours, _ in parts)
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known: Sequence[float] = [value for value in values if value is not None]
    return mean(known) if known else None
