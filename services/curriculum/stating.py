"""A plan and what it should reach, stated as the problem that the solver takes. Pure."""

from collections.abc import Mapping, Sequence
from math import isclose

from services.curriculum.coverage import Goal, Problem, Share, Unit
from services.curriculum.planning import SETTINGS
from services.curriculum.rule_packs import NONE, PRACTICE, Pack, ShareRule
from shared.events.base import Code
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule, RevisionClass

STEPS = (4.0, 2.0, 1.0, 0.5, 0.25, 0.05)
LEAST_AIM = STEPS[0]
"""Weighted hours that are asked at least where a competency has none today."""


def problem_of(
    plan: PlanPublished, raised: Mapping[Code, float], klass: RevisionClass, pack: Pack = NONE
) -> Problem:
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
            units.append(_unit(module, setting, hours, key, held=pack.locks(module) is not None))
            rows.append([module.contribution.get(goal.id, 0.0) for goal in goals])
    if klass is RevisionClass.PLAN_REVISION:
        _add_what_is_free(plan, budgets)
    shares = _shares(plan, pack)
    return Problem(
        modules=units,
        competencies=goals,
        contribution=rows,
        budgets=budgets,
        step=_step(units),
        shares=shares,
    )


def _shares(plan: PlanPublished, pack: Pack) -> list[Share]:
    """The shares of the pack; one that the plan does not reach today must at least not fall."""
    found = []
    for rule in pack.shares:
        counted = [
            f"{one.module}|{setting}"
            for one in plan.modules
            for setting in SETTINGS
            if getattr(one.hours, setting) > 0 and _counts(pack, rule, one, setting)
        ]
        if counted:
            found.append(Share(modules=counted, min=min(rule.min, pack.part(rule, plan.modules) - 1e-9)))
    return found


def _counts(pack: Pack, rule: ShareRule, module: PlanModule, setting: str) -> bool:
    return setting in pack.practice_settings if rule.kind == PRACTICE else rule.kind in module.kinds


def _goals(plan: PlanPublished, raised: Mapping[Code, float]) -> list[Goal]:
    importance = {one.competency: one.importance for one in plan.requirements}
    return [
        Goal(
            id=name,
            target=max(
                plan.coverage.get(name, 0.0) * raised.get(name, 1.0), LEAST_AIM if name in raised else 1e-6
            ),
            importance=importance.get(name, 1.0),
        )
        for name in dict.fromkeys([*importance, *raised])
    ]


def _unit(module: PlanModule, setting: str, hours: float, key: str, *, held: bool = False) -> Unit:
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
        locked=module.locked or held,
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
