"""What another version of a plan changes: modules, hours, weeks, sums, coverage, requirements. Pure."""

from collections.abc import Iterable
from typing import Any

from services.curriculum.changing import rewritten
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
            change_of(had[name], one) | {"weeks_before": weeks_of(had[name]), "weeks_after": weeks_of(one)}
            for name, one in has.items()
            if name in had and _differs(had[name], one)
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


def _differs(before: PlanModule, after: PlanModule) -> bool:
    return after.hours != before.hours or weeks_of(after) != weeks_of(before) or rewritten(before, after)


def change_of(before: PlanModule | None, after: PlanModule | None) -> Shown:
    """One module, before and after; new where there is no before, taken out where there is no after."""
    module = after or before
    if module is None:
        raise ValueError("a change has a before or an after")
    had, has = (one.hours if one else Hours() for one in (before, after))
    delta = {setting: round(getattr(has, setting) - getattr(had, setting), 2) for setting in SETTINGS}
    return {
        "module": module.module,
        "title": module.title.model_dump(),
        "phase": module.phase,
        "kind": "added" if before is None else "removed" if after is None else "changed",
        "before": had.model_dump(),
        "after": has.model_dump(),
        "delta": {**delta, "total": round(has.total() - had.total(), 2)},
        "words": _words(before, after) if after else {},
    }


def _words(before: PlanModule | None, after: PlanModule) -> Shown:
    """What is said otherwise: title, phase and limits as they were; sentences, needs and stations that come and go."""
    had = before or after.model_copy(update={"outcomes": [], "prerequisites": []})
    said: Shown = {
        name: {"before": getattr(had, name), "after": getattr(after, name)}
        for name in ("title", "phase", "least_hours", "most_hours")
    }
    found = {name: one for name, one in said.items() if one["before"] != one["after"]}
    for name in ("outcomes", "prerequisites", "qualifications", "practised_at"):
        old, new = getattr(had, name), getattr(after, name)
        if old != new:
            found[name] = {
                "added": [one for one in new if one not in old],
                "removed": [one for one in old if one not in new],
            }
    return found


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
