"""Modules over semesters as evenly as their order allows: the Balanced Academic Curriculum Problem (CSPLib prob030). Pure.

Minimise the greatest load of any period; every prerequisite lies in an earlier period; loads and numbers stay in bounds.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.curriculum.coverage import cycle_in

Name = Annotated[str, Field(min_length=1, max_length=200)]


class Balance(BaseModel):
    """Courses with their loads, and what a period may hold. `window`: course -> first and last period, from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    periods: int = Field(ge=1, le=60)
    courses: dict[Name, Annotated[int, Field(ge=0, le=100_000)]] = Field(min_length=1)
    prerequisites: list[tuple[Name, Name]] = Field(default_factory=list, description="[before, after]")
    min_load: int = Field(default=0, ge=0)
    max_load: int | None = Field(default=None, ge=0)
    min_courses: int = Field(default=0, ge=0)
    max_courses: int | None = Field(default=None, ge=0)
    window: dict[Name, tuple[int, int]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _holds_together(self) -> "Balance":
        named = {name for pair in self.prerequisites for name in pair} | self.window.keys()
        if unknown := sorted(named - self.courses.keys()):
            raise ValueError(f"no such course: {', '.join(unknown)}")
        if circle := cycle_in(list(self.courses), self.prerequisites):
            raise ValueError(f"prerequisites go round in a circle: {' -> '.join(circle)}")
        return self


class Balanced(BaseModel):
    """The period of each course, the load of each period, and how far the greatest may be from the least possible."""

    model_config = ConfigDict(frozen=True)

    period: dict[Name, int]
    loads: list[int]
    greatest: int
    bound: int

    @property
    def proven(self) -> bool:
        """No arrangement has a smaller greatest load."""
        return self.greatest == self.bound


class NoArrangement(ValueError):  # noqa: N818 - it says what was found
    """No arrangement keeps prerequisites and bounds."""


def balance(problem: Balance, seconds: float = 5.0) -> Balanced:
    """The arrangement with the smallest greatest load that the time finds (CP-SAT), with its proven bound."""
    cp_model: Any = import_module("ortools.sat.python.cp_model")  # loaded only where a heart runs
    model = cp_model.CpModel()
    inside, period = _columns(model, problem)
    whole = sum(problem.courses.values())
    top = whole if problem.max_load is None else problem.max_load
    greatest = model.new_int_var(-(-whole // problem.periods), top, "greatest")
    for number in range(1, problem.periods + 1):
        load = sum(size * inside[name, number] for name, size in problem.courses.items())
        count = sum(inside[name, number] for name in problem.courses)
        model.add(load <= greatest)
        model.add(load >= problem.min_load)
        model.add(count >= problem.min_courses)
        if problem.max_courses is not None:
            model.add(count <= problem.max_courses)
    for before, after in problem.prerequisites:
        model.add(period[before] < period[after])
    model.minimize(greatest)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    solver.parameters.random_seed = 1
    if solver.solve(model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
        raise NoArrangement("no arrangement keeps prerequisites and bounds, or the time was too short")
    chosen = {name: int(solver.value(period[name])) for name in problem.courses}
    loads = loads_of(problem.courses, chosen, problem.periods)
    return Balanced(period=chosen, loads=loads, greatest=max(loads), bound=round(solver.best_objective_bound))


def _columns(model: Any, problem: Balance) -> tuple[dict[tuple[str, int], Any], dict[str, Any]]:
    inside: dict[tuple[str, int], Any] = {}
    period: dict[str, Any] = {}
    for name in problem.courses:
        first, last = problem.window.get(name, (1, problem.periods))
        for number in range(1, problem.periods + 1):
            inside[name, number] = model.new_bool_var("")
            if not first <= number <= last:
                model.add(inside[name, number] == 0)
        model.add_exactly_one(inside[name, number] for number in range(1, problem.periods + 1))
        period[name] = model.new_int_var(1, problem.periods, "")
        model.add(
            period[name] == sum(number * inside[name, number] for number in range(1, problem.periods + 1))
        )
    return inside, period


def loads_of(courses: Mapping[str, int], period: Mapping[str, int], periods: int) -> list[int]:
    """The load of each period."""
    return [sum(size for name, size in courses.items() if period[name] == n) for n in range(1, periods + 1)]


def spread(loads: Sequence[int]) -> int:
    """Greatest less smallest load."""
    return max(loads) - min(loads)
