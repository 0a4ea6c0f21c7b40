"""What another version of a plan changes: modules, hours, weeks, sums, coverage, requirements. Pure."""

from collections.abc import Iterable
from typing import Any

from services.curriculum.planning import SETTINGS, sums
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import Hours, PlanModule

Shown = dict[str, Any]


def difference(before: PlanPublished, after: PlanPublished) -> Shown:
    """What another version changes: modules, hours, weeks, sums of hours per phase and setting, coverage."""
    had = {one.module: one for one in before.modules}
    has = {one.module: one for one in after.modules}
    return {
        "from": before.plan_version,
        "to": after.plan_version,
        "added": [name for name in has if name not in had],
        "removed": [name for name in had if name not in has],
        "changes": [
            change_of(one, had[name].hours, one.hours)
            | {"weeks_before": weeks_of(had[name]), "weeks_after": weeks_of(one)}
            for name, one in has.items()
            if name in had and (one.hours != had[name].hours or weeks_of(one) != weeks_of(had[name]))
        ],
        "sums": sums_before_after(before.modules, after.modules),
        "coverage": coverage_before_after(before.coverage, after.coverage),
        "requirements": [
            {"competency": new.competency, "before": old.level, "after": new.level}
            for new in after.requirements
            for old in before.requirements
            if old.competency == new.competency and old.level != new.level
        ],
    }


def weeks_of(module: PlanModule) -> list[int | None]:
    """First and last week."""
    return [module.first_week, module.last_week]


def change_of(module: PlanModule, before: Hours, after: Hours) -> Shown:
    """One module, before and after."""
    delta = {setting: round(getattr(after, setting) - getattr(before, setting), 2) for setting in SETTINGS}
    return {
        "module": module.module,
        "title": module.title.model_dump(),
        "phase": module.phase,
        "before": before.model_dump(),
        "after": after.model_dump(),
        "delta": {**delta, "total": round(after.total() - before.total(), 2)},
    }


def sums_before_after(before: Iterable[PlanModule], after: Iterable[PlanModule]) -> Shown:
    """Hours per phase and setting, before and after."""
    had, has = sums(before), sums(after)
    none = dict.fromkeys(SETTINGS, 0.0)
    return {
        phase: {
            setting: {"before": had.get(phase, none)[setting], "after": has.get(phase, none)[setting]}
            for setting in SETTINGS
        }
        for phase in dict.fromkeys([*had, *has])
    }


def coverage_before_after(before: dict[str, float], after: dict[str, float]) -> Shown:
    """Weighted hours of each competency that changes."""
    return {
        name: {"before": round(before.get(name, 0), 2), "after": round(after.get(name, 0), 2)}
        for name in dict.fromkeys([*before, *after])
        if abs(before.get(name, 0) - after.get(name, 0)) > 1e-6
    }
