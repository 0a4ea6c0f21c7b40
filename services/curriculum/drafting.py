"""The proposal that a revision makes: the smallest change of hours, tried as an adjustment first. Pure; for the worker."""

from collections.abc import Mapping, Sequence
from math import isclose

from pydantic import BaseModel, ConfigDict

from services.curriculum import revising
from services.curriculum.coverage import Goal, Problem, Unit
from services.curriculum.planning import SETTINGS, coverage_of, sums, with_hours
from services.curriculum.solving import NoSolution
from shared.events.base import Code
from shared.events.curriculum import Hours, ModuleChange, PlanModule, PlanPublished, RevisionClass

STEPS = (4.0, 2.0, 1.0, 0.5, 0.25, 0.05)
MAY_LOSE = 0.10
"""The part of its hours that an unnamed competency may lose where nothing else works. Configuration of this product."""
ENOUGH = 0.01
"""Weighted hours that may be missing without anyone noticing."""


class Draft(BaseModel):
    """The content of a proposal."""

    model_config = ConfigDict(frozen=True)

    revision_class: RevisionClass = RevisionClass.ADJUSTMENT
    changes: list[ModuleChange] = []
    missing: dict[Code, float] = {}
    given_up: dict[Code, float] = {}
    alternatives: list[list[ModuleChange]] = []
    modules_gap: float = 0.0
    """How far the number of changed modules may be from the fewest, as a part of it."""


def draft(plan: PlanPublished, aims: Mapping[Code, float], seconds: float = 5.0) -> Draft:
    """The smallest change of `plan` that gives each named competency this many times its weighted hours.

    An adjustment that lowers nothing else; then one that lowers others a little; then the same as a plan revision.
    Where none misses nothing, the one that misses least, with what it misses.
    """
    raised = {competency: factor for competency, factor in aims.items() if factor > 1}
    if not raised:
        return Draft()
    tries: list[Draft] = []
    for klass in (RevisionClass.ADJUSTMENT, RevisionClass.PLAN_REVISION):
        for may_lose in (0.0, MAY_LOSE):
            found = _try(plan, raised, klass, may_lose, seconds / 3)
            if found and not found.missing:
                other = _try(plan, raised, klass, may_lose, seconds / 3, avoid=_grown(found))
                also = [other.changes] if other and not other.missing else []
                return found.model_copy(update={"alternatives": also})
            tries.extend([found] if found else [])
    nothing = Draft(missing=_missing(plan, plan.modules, raised))
    return min([*tries, nothing], key=lambda one: sum(one.missing.values()))


def _try(
    plan: PlanPublished,
    raised: Mapping[Code, float],
    klass: RevisionClass,
    may_lose: float,
    seconds: float,
    avoid: frozenset[Code] = frozenset(),
) -> Draft | None:
    problem = problem_of(plan, raised, klass)
    targets = {goal.id: goal.target for goal in problem.competencies if goal.id in raised}
    held = tuple(unit.id for unit in problem.modules if unit.id.partition("|")[0] in avoid)
    try:
        change = revising.revise(problem, targets, may_lose=may_lose, seconds=seconds, avoid=held)
    except NoSolution:
        return None
    after = with_hours(plan.modules, _hours(plan.modules, change.hours))
    return describe(plan, after, raised).model_copy(update={"modules_gap": round(change.gap, 3)})


def describe(plan: PlanPublished, after: Sequence[PlanModule], aims: Mapping[Code, float]) -> Draft:
    """What these modules change against the plan, what they miss of the aims and what others lose."""
    had = {module.module: module.hours for module in plan.modules}
    changes = [
        ModuleChange(module=one.module, before=had.get(one.module, Hours()), after=one.hours)
        for one in after
        if one.hours != had.get(one.module)
    ]
    covered = coverage_of(after)
    lost = {
        name: round(covered.get(name, 0.0) - hours, 2)
        for name, hours in plan.coverage.items()
        if name not in aims
    }
    return Draft(
        revision_class=classify(plan.modules, after),
        changes=changes,
        missing=_missing(plan, after, aims),
        given_up={name: change for name, change in lost.items() if change < -ENOUGH},
    )


def classify(before: Sequence[PlanModule], after: Sequence[PlanModule]) -> RevisionClass:
    """An adjustment keeps the modules and, in every phase, the sum of hours of every setting."""
    same = {one.module for one in before} == {one.module for one in after}
    had, has = sums(before), sums(after)
    kept = all(
        isclose(had[phase][s], has[phase][s], abs_tol=1e-6) for phase in had for s in SETTINGS if phase in has
    )
    return (
        RevisionClass.ADJUSTMENT
        if same and kept and had.keys() == has.keys()
        else RevisionClass.PLAN_REVISION
    )


def problem_of(plan: PlanPublished, raised: Mapping[Code, float], klass: RevisionClass) -> Problem:
    """The plan as the solver sees it: one unit for each module and setting, one budget for each sum that stays."""
    units: list[Unit] = []
    rows: list[list[float]] = []
    budgets: dict[str, float] = {}
    goals = _goals(plan, raised)
    for module in plan.modules:
        for setting in SETTINGS:
            hours = getattr(module.hours, setting)
            if hours <= 0:
                continue
            key = _budget_key(module, setting, klass)
            budgets[key] = budgets.get(key, 0.0) + hours
            units.append(_unit(module, setting, hours, key))
            rows.append([module.contribution.get(goal.id, 0.0) for goal in goals])
    if klass is RevisionClass.PLAN_REVISION:
        _add_what_is_free(plan, budgets)
    return Problem(modules=units, competencies=goals, contribution=rows, budgets=budgets, step=_step(units))


def _goals(plan: PlanPublished, raised: Mapping[Code, float]) -> list[Goal]:
    importance = {one.competency: one.importance for one in plan.requirements}
    return [
        Goal(
            id=name,
            target=max(
                plan.coverage.get(name, 0.0) * raised.get(name, 1.0), STEPS[0] if name in raised else 1e-6
            ),
            importance=importance.get(name, 1.0),
        )
        for name in dict.fromkeys([*importance, *raised])
    ]


def _unit(module: PlanModule, setting: str, hours: float, key: str) -> Unit:
    total = module.hours.total()
    part = hours / total
    least = total / 2 if module.least_hours is None else min(module.least_hours, total)
    most = total * 2 if module.most_hours is None else max(module.most_hours, total)
    full = total if module.full_effect_until is None else module.full_effect_until
    return Unit(
        id=f"{module.module}|{setting}",
        phase=key,
        hours=hours,
        min=least * part,
        max=most * part,
        core=True,
        locked=module.locked,
        full_effect_until=full * part,
    )


def _budget_key(module: PlanModule, setting: str, klass: RevisionClass) -> str:
    track = f"{module.phase}|{module.direction or ''}"
    return f"{track}|{setting}" if klass is RevisionClass.ADJUSTMENT else track


def _add_what_is_free(plan: PlanPublished, budgets: dict[str, float]) -> None:
    """Hours of a phase that nobody uses go to its common modules."""
    for phase in plan.phases:
        common = f"{phase.phase}|"
        longest = max(
            (hours for key, hours in budgets.items() if key.startswith(common) and key != common), default=0
        )
        if common in budgets:
            budgets[common] = max(budgets[common], phase.budget - longest)


def _step(units: Sequence[Unit]) -> float:
    """The largest step of which all hours are multiples, so that sums can stay as they are."""
    return next(
        (
            step
            for step in STEPS
            if all(isclose(one.hours / step, round(one.hours / step), abs_tol=1e-6) for one in units)
        ),
        STEPS[-1],
    )


def _hours(modules: Sequence[PlanModule], units: Mapping[str, float]) -> dict[Code, Hours]:
    return {
        module.module: Hours(
            **{setting: units.get(f"{module.module}|{setting}", 0.0) for setting in SETTINGS}
        )
        for module in modules
    }


def _grown(found: Draft) -> frozenset[Code]:
    """The modules that gained: an alternative must find its hours elsewhere."""
    return frozenset(one.module for one in found.changes if one.after.total() > one.before.total())


def _missing(
    plan: PlanPublished, after: Sequence[PlanModule], aims: Mapping[Code, float]
) -> dict[Code, float]:
    covered = coverage_of(after)
    wanted = {
        name: max(plan.coverage.get(name, 0.0) * factor, STEPS[0])
        for name, factor in aims.items()
        if factor > 1
    }
    lacks = {name: round(hours - covered.get(name, 0.0), 2) for name, hours in wanted.items()}
    return {name: hours for name, hours in lacks.items() if hours > ENOUGH}
