"""How to divide the hours of a plan: the linear answer with its prices at once, then the integer answer. Pure.

Modules are taught (min <= hours <= max, in steps) or not; minimise importance x percent of the target missing.
Algorithms: a linear relaxation whose duals are the price of an hour, then a mixed-integer programme (HiGHS).
"""

from dataclasses import dataclass
from math import ceil, floor

from services.curriculum import coverage
from services.curriculum.coverage import HALF, Problem, Unit
from services.curriculum.solving import NoSolution, Programme, Stopwatch

EPSILON = 1e-7


@dataclass(frozen=True)
class Design:
    """Hours of each module, what they miss, the proven bound, and what one more hour of a phase would save."""

    hours: dict[str, float]
    shortfall: dict[str, float]
    objective: float
    bound: float
    hour_price: dict[str, float]
    competency_price: dict[str, float]

    @property
    def gap(self) -> float:
        """How far the answer may be from the best, as a part of it."""
        return max(0.0, self.objective - self.bound) / self.objective if self.objective > EPSILON else 0.0


@dataclass
class Columns:
    """Which column of the programme stands for what."""

    hours: dict[str, int]
    taught: dict[str, int]
    short: dict[str, int]
    budget: dict[str, int]
    target: dict[str, int]


def design(problem: Problem, seconds: float = 5.0) -> Design:
    """The hours with the least shortfall that the time finds, with its bound."""
    watch = Stopwatch(seconds)
    programme, columns = formulate(problem)
    try:
        linear = programme.minimise(watch.left(), whole=())
        answer = programme.minimise(watch.left())
    except NoSolution as none:
        raise NoSolution(why_not(problem) or f"No hours keep all the rules: {none}.") from None
    hours = {name: round(answer.values[column], 6) + 0.0 for name, column in columns.hours.items()}
    missing = coverage.shortfall(problem, hours)
    return Design(
        hours,
        missing,
        coverage.objective(problem, missing),
        max(0.0, answer.bound, linear.bound),
        {phase: max(0.0, -linear.duals[row]) for phase, row in columns.budget.items()},
        {name: max(0.0, linear.duals[row]) for name, row in columns.target.items()},
    )


def prices(problem: Problem) -> tuple[float, dict[str, float]]:
    """The linear answer alone: its objective and what one more hour of each phase would save. Milliseconds."""
    programme, columns = formulate(problem)
    linear = programme.minimise(60.0, whole=())
    return linear.objective, {phase: max(0.0, -linear.duals[row]) for phase, row in columns.budget.items()}


def formulate(problem: Problem) -> tuple[Programme, Columns]:
    """The mixed-integer programme of section 3a."""
    programme = Programme()
    columns = Columns({}, {}, {}, {}, {})
    counted: list[dict[int, float]] = []
    for unit in problem.modules:
        hours, taught = _hours_of(programme, unit, problem.step)
        columns.hours[unit.id], columns.taught[unit.id] = hours, taught
        counted.append(effect_of(programme, hours, taught, unit))
    add_rules(programme, problem, columns)
    for k, goal in enumerate(problem.competencies):
        columns.short[goal.id] = short = programme.column(cost=100 * goal.importance / goal.target)
        columns.target[goal.id] = programme.row(
            {**weighted(problem, counted, k), short: 1.0}, low=goal.target
        )
    return programme, columns


def _hours_of(programme: Programme, unit: Unit, step: float) -> tuple[int, int]:
    if unit.locked:
        held = programme.column(unit.hours, unit.hours)
        return held, programme.column(float(unit.hours > 0), float(unit.hours > 0))
    hours = programme.column(0.0, unit.max)
    taught = programme.column(float(unit.core), 1.0, whole=True)
    least, most = ceil(unit.min / step - EPSILON), floor(unit.max / step + EPSILON)
    steps = programme.column(0.0, max(0, most), whole=True)
    programme.row({hours: 1.0, steps: -step}, 0.0, 0.0)
    programme.row({steps: 1.0, taught: -float(least)}, low=0.0)
    programme.row({steps: 1.0, taught: -float(most)}, high=0.0)
    return hours, taught


def effect_of(programme: Programme, hours: int, taught: int, unit: Unit) -> dict[int, float]:
    """Columns whose weighted sum is the effective hours: whole up to the designed hours, half beyond.

    What is taught by half in the linear answer has half of the hours that count whole: a bound much nearer.
    """
    whole = programme.column(0.0, unit.full(), start=min(unit.hours, unit.full()))
    half = programme.column(
        0.0,
        max(0.0, unit.max - unit.full(), unit.hours - unit.full()),
        start=max(0.0, unit.hours - unit.full()),
    )
    programme.row({hours: 1.0, whole: -1.0, half: -1.0}, 0.0, 0.0)
    programme.row({taught: unit.full(), whole: -1.0}, low=0.0)
    return {whole: 1.0, half: HALF}


def weighted(problem: Problem, counted: list[dict[int, float]], k: int) -> dict[int, float]:
    """The columns whose weighted sum is the coverage of competency `k`."""
    return {
        column: weight * row[k]
        for counts, row in zip(counted, problem.contribution, strict=True)
        if row[k]
        for column, weight in counts.items()
    }


def add_rules(programme: Programme, problem: Problem, columns: Columns) -> None:
    """Budgets, prerequisites and shares."""
    for phase, budget in problem.budgets.items():
        inside = {columns.hours[unit.id]: 1.0 for unit in problem.modules if unit.phase == phase}
        columns.budget[phase] = programme.row(inside, high=budget)
    for before, after in problem.prerequisites:
        programme.row({columns.taught[before]: 1.0, columns.taught[after]: -1.0}, low=0.0)
    for share in problem.shares:
        chosen = {columns.hours[name] for name in share.modules}
        every = list(columns.hours.values())
        if share.min > 0:
            programme.row({column: (column in chosen) - share.min for column in every}, low=0.0)
        if share.max < 1:
            programme.row({column: (column in chosen) - share.max for column in every}, high=0.0)


def why_not(problem: Problem) -> str:
    """Which phase cannot hold what must be taught, where that is the reason."""
    for phase, budget in problem.budgets.items():
        needed = sum(
            unit.hours if unit.locked else problem.step * ceil(unit.min / problem.step - EPSILON)
            for unit in problem.modules
            if unit.phase == phase and (unit.core or unit.locked)
        )
        if needed > budget + EPSILON:
            return f"Phase {phase!r} has {budget:g} hours, but what must be taught there takes at least {needed:g}."
    return ""
