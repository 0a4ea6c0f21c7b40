"""The smallest change of hours that closes named gaps. Pure.

Lexicographic: first the least shortfall of the named gaps (importance x percent), then the fewest modules touched,
then the fewest hours moved. Protected competencies keep what they have. A touched module takes a multiple of the step.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import ceil, floor

from services.curriculum import coverage
from services.curriculum.coverage import Problem, Unit
from services.curriculum.designing import EPSILON, Columns, add_rules, effect_of, weighted
from services.curriculum.solving import Answer, NoSolution, Programme, Stopwatch

SLACK = 1e-6
NOISE = 1e-4
"""Hours below which a difference is the solver's arithmetic and no change."""


@dataclass(frozen=True)
class Change:
    """New hours, what they still miss of the named gaps, and how small the change is proven to be."""

    hours: dict[str, float]
    shortfall: dict[str, float]
    objective: float
    bound: float
    changed: list[str]
    hours_moved: float
    fewest_modules: float = 0.0
    fewest_hours: float = 0.0

    @property
    def gap(self) -> float:
        """How far the shortfall, or where there is none the number of modules, may be from the least, as a part of it."""
        if self.objective > SLACK:
            return max(0.0, self.objective - self.bound) / self.objective
        return max(0.0, len(self.changed) - self.fewest_modules) / len(self.changed) if self.changed else 0.0


@dataclass
class Touch:
    """The columns of what may change, beside those of the plan."""

    touched: dict[str, int] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)


def with_targets(problem: Problem, gaps: Mapping[str, float]) -> Problem:
    """The same problem with these competencies at their new targets; an unknown one is refused by name."""
    unknown = set(gaps) - {goal.id for goal in problem.competencies}
    if unknown:
        raise ValueError(f"unknown competency {', '.join(map(repr, sorted(unknown)))}")
    goals = [{**goal.model_dump(), "target": gaps.get(goal.id, goal.target)} for goal in problem.competencies]
    return Problem.model_validate({**problem.model_dump(), "competencies": goals})


def revise(
    problem: Problem,
    gaps: Mapping[str, float],
    *,
    protect: bool = True,
    may_lose: float = 0.0,
    seconds: float = 5.0,
    avoid: tuple[str, ...] = (),
) -> Change:
    """The smallest change towards these new targets.

    `protect`: no other competency falls by more than the part `may_lose` of what it has.
    `avoid`: modules that an alternative answer must leave as they are.
    """
    watch = Stopwatch(seconds)
    aimed = with_targets(problem, gaps)
    programme, columns, touch = _formulate(aimed, set(gaps), 1 - may_lose if protect else 0.0, avoid)
    short = {columns.short[name]: programme.costs[columns.short[name]] for name in gaps}
    count, moved = dict.fromkeys(touch.touched.values(), 1.0), dict.fromkeys(touch.moved.values(), 1.0)
    try:
        near = _near(programme, touch, short, watch)
        least = _least(programme, short, watch.left(0.4), near)
    except NoSolution as none:
        raise NoSolution(f"No change keeps all the rules: {none}.") from None
    programme.row(short, high=least.objective + NOISE * max(short.values(), default=1.0))
    fewest = _fewest(programme, count, watch, least)
    programme.row(count, high=round(fewest.objective) + SLACK)
    chosen = _within(programme, touch, _touched(fewest, touch), moved, watch.left(0.3), fewest)
    smallest = _again(programme, moved, watch.left(), chosen)
    return _told(problem, aimed, gaps, columns, (least, fewest, smallest))


def _near(programme: Programme, touch: Touch, short: dict[int, float], watch: Stopwatch) -> Answer:
    """A good change soon: the linear answer says which modules matter, and a small programme decides among these."""
    guided = {column: 1000 * cost for column, cost in short.items()}
    guided |= dict.fromkeys(touch.touched.values(), 1.0) | dict.fromkeys(touch.moved.values(), 0.001)
    linear = programme.minimise(watch.left(), costs=guided, whole=())
    chosen = {column for column in touch.touched.values() if linear.values[column] >= EPSILON}
    return _within(programme, touch, chosen, guided, watch.left(0.2), Answer(programme.start, 0.0, 0.0, []))


def _within(
    programme: Programme,
    touch: Touch,
    chosen: Collection[int],
    costs: dict[int, float],
    seconds: float,
    before: Answer,
) -> Answer:
    """The best where only the chosen modules may change."""
    idle = [column for column in touch.touched.values() if column not in chosen]
    for column in idle:
        programme.high[column] = 0.0
    found = _again(programme, costs, seconds, before)
    for column in idle:
        programme.high[column] = 1.0
    return found


def _touched(answer: Answer, touch: Touch) -> set[int]:
    return {column for column in touch.touched.values() if answer.values[column] > 1 / 2}


def _least(programme: Programme, short: dict[int, float], seconds: float, near: Answer) -> Answer:
    """The least shortfall; where `near` misses nothing there is nothing to look for."""
    missing = sum(cost * near.values[column] for column, cost in short.items())
    return (
        Answer(near.values, missing, 0.0, []) if missing < SLACK else _again(programme, short, seconds, near)
    )


def _fewest(programme: Programme, count: dict[int, float], watch: Stopwatch, before: Answer) -> Answer:
    """The fewest modules. Hours that need not come in steps are soon decided, and nearly as many modules must change."""
    yes_or_no = {column for column in range(len(programme.whole)) if programme.high[column] <= 1}
    free = _again(programme, count, watch.left(0.5), before, whole=yes_or_no)
    programme.row(count, low=(proven := ceil(free.bound - NOISE)))
    fewest = _again(programme, count, watch.left(0.7), before)
    return Answer(fewest.values, fewest.objective, max(proven, ceil(fewest.bound - NOISE)), [])


def _again(
    programme: Programme,
    costs: dict[int, float],
    seconds: float,
    before: Answer,
    *,
    whole: Collection[int] | None = None,
) -> Answer:
    try:
        return programme.minimise(seconds, costs=costs, whole=whole, start=before.values)
    except NoSolution:  # out of time: what was found before keeps every rule and stands
        value = sum(cost * before.values[column] for column, cost in costs.items())
        return Answer(before.values, value, 0.0, [])


def _formulate(
    problem: Problem, named: set[str], kept: float, avoid: tuple[str, ...]
) -> tuple[Programme, Columns, Touch]:
    programme, columns, touch = Programme(), Columns({}, {}, {}, {}, {}), Touch()
    counted = []
    for unit in problem.modules:
        _hours_of(programme, unit, problem.step, columns, touch, held=unit.locked or unit.id in avoid)
        counted.append(effect_of(programme, columns.hours[unit.id], columns.taught[unit.id], unit))
    add_rules(programme, problem, columns)
    now = coverage.coverage(problem, problem.hours())
    for k, goal in enumerate(problem.competencies):
        covering = weighted(problem, counted, k)
        if goal.id in named:
            columns.short[goal.id] = short = programme.column(
                cost=100 * goal.importance / goal.target or 1e-3,
                start=max(0.0, goal.target - now[goal.id]),
            )
            programme.row({**covering, short: 1.0}, low=goal.target)
        elif kept:
            programme.row(covering, low=kept * now[goal.id] - SLACK)
    return programme, columns, touch


def _hours_of(
    programme: Programme, unit: Unit, step: float, columns: Columns, touch: Touch, *, held: bool
) -> None:
    """Hours = current x (1 - touched) + step x steps: as it was, or a multiple of the step."""
    taught_now = unit.hours > 0
    if held:
        columns.hours[unit.id] = programme.column(unit.hours, unit.hours, start=unit.hours)
        columns.taught[unit.id] = programme.column(
            float(taught_now), float(taught_now), start=float(taught_now)
        )
        return
    least, most = ceil(unit.min / step - EPSILON), floor(unit.max / step + EPSILON)
    columns.hours[unit.id] = hours = programme.column(0.0, max(unit.max, unit.hours), start=unit.hours)
    touch.touched[unit.id] = touched = programme.column(0.0, 1.0, whole=True)
    dropped = programme.column(0.0, float(taught_now and not unit.core), whole=True)
    steps = programme.column(0.0, float(max(0, most)), whole=True)
    touch.moved[unit.id] = moved = programme.column()
    programme.row({hours: 1.0, touched: unit.hours, steps: -step}, unit.hours, unit.hours)
    programme.row({steps: 1.0, touched: -float(least), dropped: float(least)}, low=0.0)
    programme.row({steps: 1.0, touched: -float(most), dropped: float(most)}, high=0.0)
    programme.row({touched: 1.0, dropped: -1.0}, low=0.0)
    programme.row({moved: 1.0, hours: -1.0}, low=-unit.hours)
    programme.row({moved: 1.0, hours: 1.0}, low=unit.hours)
    if taught_now:
        columns.taught[unit.id] = taught = programme.column(0.0, 1.0, start=1.0)
        programme.row({taught: 1.0, dropped: 1.0}, 1.0, 1.0)
    else:
        columns.taught[unit.id] = touched
        if unit.core:
            programme.row({touched: 1.0}, low=1.0)


def in_steps(hours: float, step: float) -> float:
    """The multiple of the step that the solver means; it answers 119.999999 for 120."""
    return round(round(hours / step) * step, 6) + 0.0


def _told(
    problem: Problem,
    aimed: Problem,
    gaps: Mapping[str, float],
    columns: Columns,
    answers: tuple[Answer, Answer, Answer],
) -> Change:
    least, fewest, smallest = answers
    found = {name: smallest.values[column] for name, column in columns.hours.items()}
    before = problem.hours()
    changed = [name for name, value in found.items() if abs(value - before[name]) > NOISE]
    hours = {name: in_steps(found[name], problem.step) if name in changed else before[name] for name in found}
    missing = {name: lacks for name, lacks in coverage.shortfall(aimed, hours).items() if name in gaps}
    return Change(
        hours,
        missing,
        coverage.objective(aimed, missing),
        least.bound,
        changed,
        sum(abs(value - before[name]) for name, value in hours.items()),
        fewest.bound,
        smallest.bound,
    )
