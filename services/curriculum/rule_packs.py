"""Rules for whole plans, as data: modules that nobody changes, shares of the hours, the least of all hours. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from services.curriculum.refusals import PackUnknown
from shared.events.base import Code, Text
from shared.events.plan_parts import PlanModule, PlanPhase

FOLDER = Path(__file__).parent / "packs"
PRACTICE = "practice"
ROUNDING = 1e-6


class Rule(BaseModel):
    """A part of a pack: unknown fields are refused. `source` names the regulation or says `configuration`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: Text
    source: str = Field(min_length=1)


class Locked(Rule):
    """Modules of this kind keep their hours."""

    kind: Code


class ShareRule(Rule):
    """Modules of this kind together take at least this part of all hours; `practice` goes by settings."""

    kind: Code
    min: float = Field(gt=0, lt=1)


class LeastHours(Rule):
    """A plan of so many weeks or more has at least so many hours."""

    least: float = Field(gt=0)
    applies_from_weeks: int = Field(ge=1)


class Consequence(StrEnum):
    """What follows from something that a pack looks at."""

    REFUSE = "refuse"
    WARN = "warn"
    ALLOW = "allow"


class Teaching(BaseModel):
    """What follows where a teacher is assigned to a module without what it asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unqualified: Consequence = Consequence.WARN
    """A qualification that the module names is missing or has ended."""
    not_dual: Consequence = Consequence.WARN
    """The module has hours at the plant, and the teacher's practice is missing or too long ago."""
    source: str = Field(default="configuration", min_length=1)


class Pack(BaseModel):
    """All rules under one name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: Code
    title: Text
    source: str
    locked: list[Locked] = []
    shares: list[ShareRule] = []
    hours: LeastHours | None = None
    teachers: Teaching = Teaching()
    practice_settings: list[str] = ["workshop", "line"]

    def locks(self, module: PlanModule) -> Locked | None:
        """The rule that holds the hours of this module, if any."""
        return next((rule for rule in self.locked if rule.kind in module.kinds), None)

    def part(self, rule: ShareRule, modules: Iterable[PlanModule]) -> float:
        """The part of all hours that this rule counts."""
        known = list(modules)
        whole = sum(one.hours.total() for one in known)
        return sum(self.counted(rule, one) for one in known) / whole if whole else 0.0

    def value(self, rule: Rule, modules: Iterable[PlanModule]) -> float:
        """What this rule asks a least of: a part of all hours, or all hours."""
        if isinstance(rule, ShareRule):
            return self.part(rule, modules)
        return sum(one.hours.total() for one in modules)

    def counted(self, rule: ShareRule, module: PlanModule) -> float:
        """Hours of a module that count for this rule."""
        if rule.kind == PRACTICE:
            return sum(float(getattr(module.hours, setting)) for setting in self.practice_settings)
        return module.hours.total() if rule.kind in module.kinds else 0.0

    def broken(
        self, modules: Sequence[PlanModule], phases: Sequence[PlanPhase]
    ) -> Iterator[tuple[Rule, str]]:
        """Rules that these modules do not keep, each with what there is."""
        for rule in self.shares:
            has = self.part(rule, modules)
            if has < rule.min - ROUNDING:
                yield rule, f"{has:.1%} < {rule.min:.0%}"
        whole = sum(one.hours.total() for one in modules)
        weeks = max((phase.last_week for phase in phases), default=0)
        if self.hours and weeks >= self.hours.applies_from_weeks and whole < self.hours.least:
            yield self.hours, f"{whole:g} < {self.hours.least:g}"


NONE = Pack(pack="none", title=Text(zh="无", en="none"), source="configuration")


@cache
def pack_of(name: Code) -> Pack:
    """The pack of this name, from its file; `none` has no rules."""
    if name == NONE.pack:
        return NONE
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.yaml")))
        raise PackUnknown(f"{name!r}; there are: {known}", field="plan_rules")
    return Pack.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def names() -> list[Code]:
    """Every pack that is shipped."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))
