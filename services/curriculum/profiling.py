"""A position's profile against the framework and the plan in force: what is new, gone, higher, lower. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.events.base import Requirement
from shared.events.plan_parts import DueRequirement


@dataclass(frozen=True)
class Profiled:
    """One competency of a position: the level that it asks, the level in force, whether any framework knows it."""

    competency: str
    asked: int | None
    in_force: int | None
    known: bool
    covered: bool

    @property
    def verdict(self) -> str:
        """unknown, new, higher, lower, same or no-longer-asked."""
        if self.asked is None:
            return "no-longer-asked"
        if not self.known:
            return "unknown"
        if self.in_force is None:
            return "new"
        return "same" if self.asked == self.in_force else "higher" if self.asked > self.in_force else "lower"


def profile(
    asked: Sequence[Requirement],
    known: Iterable[str],
    in_force: Sequence[DueRequirement] = (),
    covered: Iterable[str] = (),
) -> list[Profiled]:
    """Every competency that the position asks or that the plan in force holds for it."""
    now, plan = {one.competency: one.level for one in asked}, {one.competency: one.level for one in in_force}
    names, built = set(known), set(covered)
    return [
        Profiled(name, now.get(name), plan.get(name), name in names, name in built)
        for name in dict.fromkeys([*now, *plan])
    ]
