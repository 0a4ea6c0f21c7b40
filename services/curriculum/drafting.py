"""The proposal that a revision makes: the smallest change of hours, tried as an adjustment first. Pure; for the worker."""

from collections.abc import Mapping, Sequence
from math import isclose

from pydantic import BaseModel, ConfigDict

from services.curriculum import designing, revising
from services.curriculum.changing import changes_between
from services.curriculum.planning import SETTINGS, coverage_of, sums, with_hours
from services.curriculum.rule_packs import NONE, Pack
from services.curriculum.solving import NoSolution
from services.curriculum.staggering import Introduction
from services.curriculum.stating import LEAST_AIM, problem_of
from shared.events.base import Code
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import Hours, ModuleChange, PlanModule, RevisionClass

MAY_LOSE = 0.10
"""The part of its hours that an unnamed competency may lose where nothing else works. Configuration of this product."""
WAYS = tuple(
    (klass, part)
    for klass in (RevisionClass.ADJUSTMENT, RevisionClass.PLAN_REVISION)
    for part in (0.0, MAY_LOSE)
)
MOST_OTHERS = 2
ENOUGH = 0.01
"""Weighted hours that may be missing without anyone noticing."""


class Draft(BaseModel):
    """The content of a proposal."""

    model_config = ConfigDict(frozen=True)

    revision_class: RevisionClass = RevisionClass.ADJUSTMENT
    changes: list[ModuleChange] = []
    missing: dict[Code, float] = {}
    given_up: dict[Code, float] = {}
    alternatives: list["Draft"] = []
    hour_price: dict[str, float] = {}
    """What one more hour of a phase would save, in importance x percent of a target (the duals of the linear answer)."""
    introduction: list[Introduction] = []
    """Cohorts that get it by groups; the others get it at once."""
    modules_gap: float = 0.0
    """How far the number of changed modules may be from the fewest, as a part of it."""


def draft(plan: PlanPublished, aims: Mapping[Code, float], seconds: float = 5.0, pack: Pack = NONE) -> Draft:
    """The smallest change of `plan` that gives each named competency this many times its weighted hours.

    An adjustment that lowers nothing else; then one that lowers others a little; then the same as a plan revision.
    Where none misses nothing, the one that misses least, with what it misses. Beside it up to two other small changes.
    """
    raised = {competency: factor for competency, factor in aims.items() if factor > 1}
    if not raised:
        return Draft()
    price = prices(plan, raised, pack)
    tries: list[Draft] = []
    for klass, may_lose in WAYS:
        found = _try(plan, raised, klass, may_lose, seconds / 3, pack)
        if found and not found.missing:
            others = _others(plan, raised, found, (klass, may_lose), seconds / 3, pack)
            return found.model_copy(update={"alternatives": others, "hour_price": price})
        tries.extend([found] if found else [])
    nothing = Draft(missing=_missing(plan, plan.modules, raised))
    best = min([*tries, nothing], key=lambda one: sum(one.missing.values()))
    return best.model_copy(update={"hour_price": price})


def prices(plan: PlanPublished, raised: Mapping[Code, float], pack: Pack = NONE) -> dict[Code, float]:
    """What one more hour of each phase would save towards these aims: the linear answer, in milliseconds."""
    problem = problem_of(plan, raised, RevisionClass.PLAN_REVISION, pack)
    _, found = designing.prices(problem)
    return {key: round(price, 4) for key, price in found.items()}


def _others(
    plan: PlanPublished,
    raised: Mapping[Code, float],
    found: Draft,
    way: tuple[RevisionClass, float],
    seconds: float,
    pack: Pack,
) -> list[Draft]:
    """Other small changes: one that enlarges other modules, one that takes the hours from elsewhere."""
    others: list[Draft] = []
    for avoid in (_grown, _shrunk):
        held = frozenset().union(*(avoid(one) for one in (found, *others)))
        for klass, may_lose in dict.fromkeys((way, *WAYS)):
            other = _try(plan, raised, klass, may_lose, seconds / 3, pack, avoid=held)
            if other and not other.missing and other.changes:
                others.append(other)
                break
    return others[:MOST_OTHERS]


def _try(
    plan: PlanPublished,
    raised: Mapping[Code, float],
    klass: RevisionClass,
    may_lose: float,
    seconds: float,
    pack: Pack = NONE,
    *,
    avoid: frozenset[Code] = frozenset(),
) -> Draft | None:
    problem = problem_of(plan, raised, klass, pack)
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
    covered = coverage_of(after)
    lost = {
        name: round(covered.get(name, 0.0) - hours, 2)
        for name, hours in plan.coverage.items()
        if name not in aims
    }
    return Draft(
        revision_class=classify(plan.modules, after),
        changes=changes_between(plan.modules, after),
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


def _shrunk(found: Draft) -> frozenset[Code]:
    """The modules that lost: an alternative must take its hours elsewhere."""
    return frozenset(one.module for one in found.changes if one.after.total() < one.before.total())


def _missing(
    plan: PlanPublished, after: Sequence[PlanModule], aims: Mapping[Code, float]
) -> dict[Code, float]:
    covered = coverage_of(after)
    wanted = {
        name: max(plan.coverage.get(name, 0.0) * factor, LEAST_AIM)
        for name, factor in aims.items()
        if factor > 1
    }
    lacks = {name: round(hours - covered.get(name, 0.0), 2) for name, hours in wanted.items()}
    return {name: hours for name, hours in lacks.items() if hours > ENOUGH}
