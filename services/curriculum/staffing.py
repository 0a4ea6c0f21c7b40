"""Who can teach what a proposal asks for, and who must first go to the plant or be qualified. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.curriculum.people import Teacher
from services.curriculum.rule_packs import Consequence, Teaching
from shared.events.base import Code, Text
from shared.events.plan_parts import PlanModule

PLANT = ("workshop", "line")
MOST_CANDIDATES = 3


@dataclass(frozen=True)
class Fit:
    """What one teacher lacks for one module on its day."""

    teacher: Teacher
    missing: list[Code]
    lacks_dual: bool

    @property
    def ready(self) -> bool:
        """Lacks nothing."""
        return not self.missing and not self.lacks_dual


@dataclass(frozen=True)
class Staffed:
    """One module: what its own teachers lack, and where none of them is ready, who else could."""

    module: str
    needs_dual: bool
    own: list[Fit]
    others: list[Fit]

    @property
    def ready(self) -> list[Teacher]:
        """Those who teach it and lack nothing."""
        return [fit.teacher for fit in self.own if fit.ready]

    @property
    def assignable(self) -> list[Teacher]:
        """Others who lack nothing: they only have to be assigned."""
        return [fit.teacher for fit in self.others if fit.ready and not self.ready]

    @property
    def second_first(self) -> list[Teacher]:
        """Those who lack recent practice at a plant and nothing else."""
        return [fit.teacher for fit in self._wanting() if fit.lacks_dual and not fit.missing]

    @property
    def qualify_first(self) -> list[Fit]:
        """Those who lack a qualification that the module names."""
        return [fit for fit in self._wanting() if fit.missing]

    @property
    def lacking(self) -> bool:
        """Nobody who is assigned can teach it as it asks."""
        return not self.ready

    @property
    def verdict(self) -> str:
        """What it takes: nothing, an assignment, a stint at the plant, a qualification, or somebody new."""
        answers = (
            ("ready", self.ready),
            ("assign", self.assignable),
            ("second-first", self.second_first),
            ("qualify-first", self.qualify_first),
        )
        return next((word for word, who in answers if who), "nobody")

    def _wanting(self) -> list[Fit]:
        return [] if self.ready or self.assignable else self.own or self.others


def is_dual(teacher: Teacher, on: date) -> bool:
    """Recent enough practice on that day."""
    return bool(teacher.dual_from and teacher.dual_until and teacher.dual_from <= on <= teacher.dual_until)


def asks_for_plant(module: PlanModule) -> bool:
    """Hours at the plant ask for a dual-qualified teacher."""
    return any(getattr(module.hours, setting) > 0 for setting in PLANT)


def fit(module: PlanModule, teacher: Teacher, on: date) -> Fit:
    """What this teacher lacks; a qualification that has ended counts as none."""
    held = teacher.held(on)
    missing = [name for name in module.qualifications if name not in held]
    return Fit(teacher, missing, asks_for_plant(module) and not is_dual(teacher, on))


def staff(module: PlanModule, teachers: Sequence[Teacher], on: date) -> Staffed:
    """Its own teachers, and of the others those who know most of what it builds and lack least."""
    own = [fit(module, one, on) for one in teachers if module.module in one.modules]
    builds = {name for name, weight in module.contribution.items() if weight > 0}
    others = [
        fit(module, one, on)
        for one in teachers
        if module.module not in one.modules and builds & set(one.competencies)
    ]
    others.sort(key=lambda one: (not one.ready, -len(builds & set(one.teacher.competencies)),
                                 len(one.missing), str(one.teacher.teacher_id)))  # fmt: skip
    return Staffed(module.module, asks_for_plant(module), own, others[:MOST_CANDIDATES])


def staff_all(
    modules: Iterable[PlanModule], wanted: set[str], teachers: Sequence[Teacher], on: date
) -> list[Staffed]:
    """The same for each module that is wanted, in the order of the plan."""
    return [staff(one, teachers, on) for one in modules if one.module in wanted]


def objections(
    module: PlanModule,
    teacher: Teacher,
    on: date,
    rule: Teaching,
    called: Mapping[Code, Mapping[str, str]],
) -> Iterator[tuple[Consequence, Text]]:
    """What speaks against this assignment, each with what the pack makes follow from it.

    `called` are the names of qualifications in both languages; one that has none goes by its code.
    """
    lacks = fit(module, teacher, on)
    if lacks.missing and rule.unqualified is not Consequence.ALLOW:
        zh, en = (
            [called.get(code, {}).get(tongue, code) for code in lacks.missing] for tongue in ("zh", "en")
        )
        yield (
            rule.unqualified,
            Text(
                zh=f"{module.module}：{teacher.name} 缺少资格或资格已过期：{'、'.join(zh)}",
                en=f"{module.module}: {teacher.name} lacks, or no longer holds, {', '.join(en)}",
            ),
        )
    if lacks.lacks_dual and rule.not_dual is not Consequence.ALLOW:
        ended = teacher.dual_until if teacher.dual_until and teacher.dual_until < on else None
        since_zh, since_en = (f"（{ended} 到期）", f" (ended on {ended})") if ended else ("", "")
        yield (
            rule.not_dual,
            Text(
                zh=f"{module.module}：含厂内学时，而 {teacher.name} 目前不是“双师型”教师{since_zh}",
                en=f"{module.module} has hours at the plant, and {teacher.name} is not dual-qualified{since_en}",
            ),
        )
