"""What does not hold together in a plan, in the words of both languages. Pure."""

from collections.abc import Iterable, Sequence

from services.curriculum.coverage import cycle_in
from shared.events.plan_parts import PlanModule, PlanPhase

Complaint = tuple[str, str, str]
"""A field, and what is wrong there, in English and in Chinese."""


def complaints(modules: Sequence[PlanModule], phases: Sequence[PlanPhase]) -> Iterable[Complaint]:
    """What does not hold together."""
    names, known = [module.module for module in modules], {phase.phase for phase in phases}
    if not modules:
        yield "modules", "a plan needs at least one module", "培养方案至少须有一个模块"
    for number, module in enumerate(modules):
        field = f"modules[{number}]"
        if names.count(module.module) > 1:
            yield field, f"module {module.module!r} stands there twice", f"模块 {module.module} 重复"
        if module.phase not in known:
            yield (
                f"{field}.phase",
                f"there is no phase {module.phase!r}; there are {', '.join(sorted(known))}",
                f"没有阶段 {module.phase}；可用阶段为 {'、'.join(sorted(known))}",
            )
        bad = [name for name, weight in module.contribution.items() if not 0 <= weight <= 3]
        if bad:
            yield (
                f"{field}.contribution",
                f"weights per hour lie between 0 and 3; see {', '.join(bad)}",
                f"每学时权重须在 0 到 3 之间，见 {'、'.join(bad)}",
            )
        if module.first_week and module.last_week and module.last_week < module.first_week:
            yield (
                f"{field}.last_week",
                f"{module.module!r} ends in week {module.last_week}, before it starts",
                f"模块 {module.module} 在第 {module.last_week} 周结束，早于开始",
            )
    if circle := cycle_in(names, [(before, one.module) for one in modules for before in one.prerequisites]):
        way = " -> ".join(circle)
        yield "modules", f"prerequisites go round in a circle: {way}", f"先修关系成环：{way}"
    yield from _out_of_order(modules, phases)
    yield from _over_budget(modules, phases)


def _out_of_order(modules: Sequence[PlanModule], phases: Sequence[PlanPhase]) -> Iterable[Complaint]:
    starts = {phase.phase: phase.first_week for phase in phases}
    taught = {module.module: starts.get(module.phase, 0) for module in modules}
    for number, module in enumerate(modules):
        for before in module.prerequisites:
            if before not in taught:
                why, zh = "which is no module of this plan", "但本方案没有该模块"
            elif taught[before] > taught[module.module]:
                why, zh = "which a later phase teaches", "但后者在更晚的阶段讲授"
            else:
                continue
            yield (
                f"modules[{number}].prerequisites",
                f"{module.module!r} needs {before!r}, {why}",
                f"模块 {module.module} 须先修 {before}，{zh}",
            )


def _over_budget(modules: Sequence[PlanModule], phases: Sequence[PlanPhase]) -> Iterable[Complaint]:
    for phase in phases:
        common = sum(
            one.hours.total() for one in modules if one.phase == phase.phase and one.direction is None
        )
        longest = max(
            (
                sum(
                    one.hours.total()
                    for one in modules
                    if one.phase == phase.phase and one.direction == direction
                )
                for direction in {one.direction for one in modules} - {None}
            ),
            default=0.0,
        )
        taken = common + longest
        if taken > phase.budget + 1e-6:
            yield (
                "modules",
                f"phase {phase.phase!r} has {phase.budget:g} hours; its modules take {taken:g}",
                f"阶段“{phase.title.zh}”共 {phase.budget:g} 学时，其模块需 {taken:g} 学时",
            )
