"""A plan over semesters: the hours of each as they lie, and the modules as evenly as their order allows. Pure."""

from collections.abc import Sequence

from services.curriculum.balancing import Balance
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule, PlanPhase

WEEKS = 20
"""Teaching weeks of a semester in China. Configuration of this product."""


def semesters(phases: Sequence[PlanPhase], weeks: int) -> int:
    """How many semesters the phases take."""
    return max(1, -(-max((phase.last_week for phase in phases), default=1) // weeks))


def loads(plan: PlanPublished, direction: str | None, weeks: int = WEEKS) -> list[float]:
    """Hours of each semester as the modules lie now; a module over two semesters gives each its weeks' part."""
    found = [0.0] * semesters(plan.phases, weeks)
    for module in taken(plan, direction):
        first, last = module.first_week or 1, module.last_week or module.first_week or 1
        for week in range(first, last + 1):
            found[min((week - 1) // weeks, len(found) - 1)] += module.hours.total() / (last - first + 1)
    return [round(one, 2) for one in found]


def taken(plan: PlanPublished, direction: str | None) -> list[PlanModule]:
    """The modules of one direction, common ones included."""
    return [one for one in plan.modules if one.direction in {None, direction}]


def as_balance(plan: PlanPublished, direction: str | None, weeks: int = WEEKS) -> Balance:
    """The same as a problem: each module within the semesters of its phase, whole hours."""
    window = {}
    phases = {phase.phase: phase for phase in plan.phases}
    modules = taken(plan, direction)
    for module in modules:
        phase = phases[module.phase]
        window[module.module] = ((phase.first_week - 1) // weeks + 1, (phase.last_week - 1) // weeks + 1)
    names = {one.module for one in modules}
    ordered = [
        (before, one.module)
        for one in modules
        for before in one.prerequisites
        if before in names and window[before][0] < window[one.module][1]
    ]
    return Balance(
        periods=semesters(plan.phases, weeks),
        courses={one.module: round(one.hours.total()) for one in modules},
        prerequisites=ordered,
        window=window,
    )
