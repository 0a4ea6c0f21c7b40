"""When workshop weeks are: the phases of a plan as slots, each of which holds one visit of a group."""

from itertools import pairwise

from shared.events.plan_parts import PlanPhase
from shared.programmes.grammar import Template
from shared.programmes.phases import Setting

PRACTICE = {Setting.WORKSHOP, Setting.LINE}
Slot = tuple[int, int]
"""First and last teaching week."""


def slots_of(phases: list[PlanPhase], template: Template) -> list[Slot]:
    """All slots in order. A cycle with m workshop weeks gives m slots; a phase of practice alone one each week."""
    settings = {phase.phase: set(phase.settings) for phase in template.phases}
    slots: list[Slot] = []
    for phase in sorted(phases, key=lambda one: one.first_week):
        cycle = phase.theory_weeks + phase.workshop_weeks + phase.simulation_weeks
        if phase.workshop_weeks:
            for start in range(phase.first_week, phase.last_week + 1, cycle):
                slots += _split(start, min(start + cycle - 1, phase.last_week), phase.workshop_weeks)
        elif not cycle and PRACTICE & settings.get(phase.phase, set()):
            slots += [(week, week) for week in range(phase.first_week, phase.last_week + 1)]
    return slots


def _split(first: int, last: int, parts: int) -> list[Slot]:
    weeks = last - first + 1
    parts = min(parts, weeks)
    edges = [first + weeks * part // parts for part in range(parts + 1)]
    return [(start, end - 1) for start, end in pairwise(edges)]
