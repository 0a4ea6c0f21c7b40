"""Who can teach what a proposal asks for, and who must first go to the plant. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.curriculum.people import Teacher
from shared.events.plan_parts import PlanModule

PLANT = ("workshop", "line")


@dataclass(frozen=True)
class Staffed:
    """One module: who teaches it, who of them is dual-qualified on its day, who would have to be seconded first."""

    module: str
    needs_dual: bool
    teachers: list[Teacher]
    ready: list[Teacher]
    expiring: list[Teacher]
    candidates: list[Teacher]

    @property
    def lacking(self) -> bool:
        """Nobody can teach it as it asks."""
        return not self.ready

    @property
    def verdict(self) -> str:
        """ready, second-first (somebody must go to the plant first) or nobody."""
        return "ready" if self.ready else "second-first" if self.teachers or self.candidates else "nobody"


def is_dual(teacher: Teacher, on: date) -> bool:
    """Recent enough practice on that day."""
    return bool(teacher.dual_from and teacher.dual_until and teacher.dual_from <= on <= teacher.dual_until)


def staff(module: PlanModule, teachers: Sequence[Teacher], on: date) -> Staffed:
    """Hours at the plant ask for a dual-qualified teacher; theory for one who teaches the module."""
    needs_dual = any(getattr(module.hours, setting) > 0 for setting in PLANT)
    own = [one for one in teachers if module.module in one.modules]
    builds = {name for name, weight in module.contribution.items() if weight > 0}
    others = [one for one in teachers if one not in own and builds & set(one.competencies)]
    others.sort(
        key=lambda one: (-len(builds & set(one.competencies)), not is_dual(one, on), str(one.teacher_id))
    )
    ready = [one for one in own if not needs_dual or is_dual(one, on)]
    expiring = [one for one in own if needs_dual and one.dual_until and one.dual_until < on and one.dual_from]
    return Staffed(module.module, needs_dual, own, ready, expiring, others[:3])


def staff_all(
    modules: Iterable[PlanModule], wanted: set[str], teachers: Sequence[Teacher], on: date
) -> list[Staffed]:
    """The same for each module that is wanted, in the order of the plan."""
    return [staff(one, teachers, on) for one in modules if one.module in wanted]
