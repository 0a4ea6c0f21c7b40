"""The modules of a plan under the changes of a draft, and the changes between two lists of modules. Pure."""

from collections.abc import Iterable, Sequence

from services.curriculum.planning import with_hours
from shared.events.plan_parts import Hours, ModuleChange, PlanModule

REWRITTEN = (
    "title",
    "outcomes",
    "phase",
    "layer",
    "direction",
    "kinds",
    "qualifications",
    "practised_at",
    "prerequisites",
    "locked",
    "contribution",
    "least_hours",
    "most_hours",
)
"""What of a module a change states whole; its hours stand beside it, and its weeks follow from the hours."""


def with_changes(modules: Sequence[PlanModule], changes: Sequence[ModuleChange]) -> list[PlanModule]:
    """The modules as a draft has them: each new one stands before the first that needs it."""
    became = {change.module: change.becomes for change in changes if change.becomes}
    hours = {change.module: change.after for change in changes if not change.becomes}
    gone = {change.module for change in changes if change.removed}
    kept = [became.pop(module.module, module) for module in modules if module.module not in gone]
    after = with_hours(kept, hours)
    for module in became.values():
        after.insert(_place(after, module), module)
    return after


def _place(modules: Sequence[PlanModule], new: PlanModule) -> int:
    needing = (number for number, one in enumerate(modules) if new.module in one.prerequisites)
    return next(needing, len(modules))


def changes_between(before: Iterable[PlanModule], after: Sequence[PlanModule]) -> list[ModuleChange]:
    """What differs, in the order of the modules after it; what was taken out stands last."""
    had, has = {one.module: one for one in before}, {one.module for one in after}
    found = [
        ModuleChange(
            module=one.module,
            before=had[one.module].hours if one.module in had else Hours(),
            after=one.hours,
            becomes=one if rewritten(had.get(one.module), one) else None,
        )
        for one in after
        if one.module not in had or one.hours != had[one.module].hours or rewritten(had[one.module], one)
    ]
    gone = [
        ModuleChange(module=name, before=one.hours, after=Hours(), removed=True)
        for name, one in had.items()
        if name not in has
    ]
    return [*found, *gone]


def rewritten(before: PlanModule | None, after: PlanModule) -> bool:
    """Whether it is new or more than its hours differs."""
    return before is None or any(getattr(before, name) != getattr(after, name) for name in REWRITTEN)
