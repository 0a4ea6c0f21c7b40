"""Which plan version teaches which trainees from which week on: it may reach some groups of a cohort later. Pure."""

from collections.abc import Iterable
from uuid import UUID

from services.placement.known import Known
from services.placement.phases import Slot, slots_of
from shared.events.curriculum import PlanPublished
from shared.events.plan_parts import PlanModule

Start = tuple[int, PlanPublished]
"""The week from which on a version teaches them."""
END = 10_000
"""A week after every plan."""


def starts(known: Known, trainees: Iterable[UUID]) -> list[Start]:
    """In the order of their weeks. A version that was overtaken before it reached them never taught them."""
    who = {str(trainee) for trainee in trainees}
    found: list[Start] = []
    for one in known.cohort.versions:
        follows = one["later_week"] is not None and who.intersection(one["later"])
        week = one["later_week"] if follows else one["from_week"]
        plan = known.plans.get((UUID(one["plan_id"]), one["plan_version"]))
        found = [start for start in found if start[0] < week]
        found += [(week, plan)] if plan else []
    return found or ([(known.cohort.from_week or 1, known.plan)] if known.plan else [])


def weeks_to_practise(known: Known, trainees: Iterable[UUID]) -> list[Slot]:
    """The workshop weeks of each version as long as it teaches them; of the first one also those before its first week."""
    template, plans = known.plan_template or known.template, starts(known, trainees)
    slots: list[Slot] = []
    for at, (begin, plan) in enumerate(plans):
        first, last = begin if at else 1, plans[at + 1][0] - 1 if at + 1 < len(plans) else END
        whole = slots_of(plan.phases, template) if template else []
        slots += [(max(first, one), min(last, end)) for one, end in whole if one <= last and end >= first]
    return slots


def earliest(module: PlanModule, known: Known, trainees: Iterable[UUID]) -> int:
    """The first week in which a module may be practised: its theory is over by then.

    Theory is laid for those whom a version reaches first. Whom it reaches later, what it brings or moves waits that long.
    """
    over, plans = module.last_week or 1, starts(known, trainees)
    week, before = plans[-1][0], plans[-2][1] if len(plans) > 1 else None
    reached_sooner = week > (known.cohort.from_week or 1)
    return max(over, week) if reached_sooner and _is_new(module, before) else over


def _is_new(module: PlanModule, before: PlanPublished | None) -> bool:
    known = {(one.module, one.last_week, *one.practised_at) for one in before.modules} if before else set()
    return (module.module, module.last_week, *module.practised_at) not in known
