"""Hours of modules against what positions require: what is covered, what is missing. Pure.

Coverage of a competency = sum over modules of contribution x effective hours, where an hour beyond
`full_effect_until` counts half (a concave effect). Units: contribution per hour, hours, weighted hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

HALF = 0.5
"""What an hour beyond the designed hours is worth; ours, the paper gives no figure."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Hour = Annotated[float, Field(ge=0, le=1e6)]


class Part(BaseModel):
    """A part of a problem. Unknown fields and numbers that are none are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Unit(Part):
    """One module as the solver sees it."""

    id: Name
    phase: Name
    hours: Hour
    min: Hour
    max: Hour
    core: bool = False
    locked: bool = False
    full_effect_until: Hour | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Unit":
        if self.min > self.max:
            raise ValueError(f"module {self.id!r}: min {self.min:g} is above max {self.max:g}")
        return self

    def full(self) -> float:
        """Hours up to which every hour counts whole."""
        return self.hours if self.full_effect_until is None else self.full_effect_until


class Goal(Part):
    """A competency with the weighted hours that it should have."""

    id: Name
    target: float = Field(gt=0, le=1e9)
    importance: float = Field(default=1.0, ge=0, le=1e6)


class Share(Part):
    """Some modules together have at least or at most this part of all hours."""

    modules: list[Name] = Field(min_length=1)
    min: float = Field(default=0, ge=0, le=1)
    max: float = Field(default=1, ge=0, le=1)


class Problem(Part):
    """Modules, what they build, and the hours there are. `contribution[m][k]` is per hour."""

    modules: list[Unit] = Field(min_length=1)
    competencies: list[Goal]
    contribution: list[list[Annotated[float, Field(ge=0, le=1e6)]]]
    budgets: dict[Name, Hour]
    prerequisites: list[tuple[Name, Name]] = Field(default_factory=list, description="[before, after]")
    step: float = Field(default=4, gt=0, le=1000)
    shares: list[Share] = Field(default_factory=list)

    @model_validator(mode="after")
    def _holds_together(self) -> "Problem":
        for complaint in _complaints(self):
            raise ValueError(complaint)
        return self

    def hours(self) -> dict[str, float]:
        """The hours as they are."""
        return {unit.id: unit.hours for unit in self.modules}


def _complaints(problem: Problem) -> Iterable[str]:
    modules = [unit.id for unit in problem.modules]
    known, goals = set(modules), [goal.id for goal in problem.competencies]
    yield from (f"module {name!r} stands there twice" for name in known if modules.count(name) > 1)
    yield from (f"competency {name!r} stands there twice" for name in set(goals) if goals.count(name) > 1)
    for unit in problem.modules:
        if unit.phase not in problem.budgets:
            yield f"module {unit.id!r} is in phase {unit.phase!r}, which has no budget"
    if len(problem.contribution) != len(modules):
        yield f"contribution has {len(problem.contribution)} rows for {len(modules)} modules"
    for name, row in zip(modules, problem.contribution, strict=False):
        if len(row) != len(goals):
            yield f"contribution of module {name!r} has {len(row)} numbers for {len(goals)} competencies"
    for pair in problem.prerequisites:
        yield from (
            f"prerequisite names module {name!r}, which does not exist" for name in pair if name not in known
        )
    for share in problem.shares:
        yield from (
            f"share names module {name!r}, which does not exist"
            for name in share.modules
            if name not in known
        )
        if share.min > share.max:
            yield f"share of {', '.join(share.modules)}: min {share.min:g} is above max {share.max:g}"
    if cycle := cycle_in(modules, problem.prerequisites):
        yield f"prerequisites go round in a circle: {' -> '.join(cycle)}"


def cycle_in(modules: Sequence[str], prerequisites: Iterable[tuple[str, str]]) -> list[str]:
    """A circle of prerequisites, first name repeated at the end; empty where there is none."""
    after: dict[str, list[str]] = {name: [] for name in modules}
    for before, later in prerequisites:
        after.setdefault(before, []).append(later)
    done: set[str] = set()
    for start, first in after.items():
        stack = [(start, iter(first))] if start not in done else []
        path = [name for name, _ in stack]
        while stack:
            name, following = stack[-1]
            later = next(following, "")
            if not later:
                done.add(name)
                stack.pop()
                path.pop()
            elif later in path:
                return [*path[path.index(later) :], later]
            elif later not in done:
                path.append(later)
                stack.append((later, iter(after.get(later, []))))
    return []


def effective(hours: float, full: float) -> float:
    """Hours that count: those beyond `full` count half."""
    return min(hours, full) + HALF * max(0.0, hours - full)


def coverage(problem: Problem, hours: Mapping[str, float]) -> dict[str, float]:
    """Weighted hours of each competency under these hours."""
    counted = [effective(hours[unit.id], unit.full()) for unit in problem.modules]
    return {
        goal.id: sum(count * row[k] for count, row in zip(counted, problem.contribution, strict=True))
        for k, goal in enumerate(problem.competencies)
    }


def shortfall(problem: Problem, hours: Mapping[str, float]) -> dict[str, float]:
    """Weighted hours that each competency still misses; those that miss none are left out."""
    covered = coverage(problem, hours)
    missing = {goal.id: goal.target - covered[goal.id] for goal in problem.competencies}
    return {name: lacks for name, lacks in missing.items() if lacks > 1e-6}


def objective(problem: Problem, missing: Mapping[str, float]) -> float:
    """Sum over competencies of importance x percent of the target missing."""
    return sum(
        100 * goal.importance * missing.get(goal.id, 0.0) / goal.target for goal in problem.competencies
    )
