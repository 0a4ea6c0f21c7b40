"""Rules that go with a learner's status, as data. Each names its source or says that it is configuration.

No text of a law is quoted. A college that is bound by other figures changes them here, in one place.
"""

from dataclasses import dataclass, field
from math import inf
from typing import Literal

from shared.events.base import Text
from shared.programmes.part import Length, Unit


@dataclass(frozen=True)
class Rule:
    """One figure of a pack, and where it comes from."""

    name: str
    value: int | float | str | None
    words: Text
    source: str
    breach: Literal["refuse", "warn"] = "refuse"
    """Whether a timetable that breaks it is refused, or only said to break it."""


@dataclass(frozen=True)
class ProofRule:
    """A kind of proof: its name, and how long it is valid where a template does not say."""

    proof: str
    title: Text
    valid_for: Length | None
    source: str
    of: tuple[str, ...] = ()
    """Of which learner statuses it is asked; none: of everybody."""


@dataclass(frozen=True)
class Pack:
    """All rules of one learner status."""

    pack: str
    title: Text
    rules: tuple[Rule, ...]
    proofs: dict[str, ProofRule] = field(default_factory=dict)
    of: tuple[str, ...] = ()
    """Whose age and first year it is about; none: everybody's."""

    def rule(self, name: str) -> Rule | None:
        """A rule by its name, where the pack has it."""
        return next((rule for rule in self.rules if rule.name == name and rule.value is not None), None)

    def value(self, name: str, otherwise: float) -> float:
        """The figure of a rule, or this."""
        rule = self.rule(name)
        return float(rule.value) if rule and rule.value is not None else otherwise

    def refuses_above(self, name: str) -> float:
        """The figure of a rule that refuses what is above it; without such a rule nothing is."""
        rule = self.rule(name)
        return self.value(name, inf) if rule and rule.breach == "refuse" else inf


CONFIGURATION = "configuration"
STUDENTS = ("student",)
YEAR = Length(amount=1, unit=Unit.YEAR)
PROOFS = {
    rule.proof: rule
    for rule in (
        ProofRule(
            "safety-card",
            Text(zh="安全上岗证", en="safety card"),
            Length(amount=2, unit=Unit.YEAR),
            CONFIGURATION,
        ),
        ProofRule("medical", Text(zh="健康体检合格证明", en="medical certificate"), YEAR, CONFIGURATION),
        ProofRule(
            "insurance", Text(zh="实习责任保险", en="internship liability insurance"), YEAR, CONFIGURATION
        ),
        ProofRule(
            "three-party-agreement",
            Text(zh="三方协议", en="three-party agreement"),
            None,
            CONFIGURATION,
            STUDENTS,
        ),
    )
}
GAP = Rule(
    "weeks_between_visits",
    2,
    Text(zh="两次岗位实践至少相隔两周", en="two visits start at least two weeks apart"),
    CONFIGURATION,
)
PACKS = {
    "none": Pack("none", Text(zh="无附加规则", en="no further rules"), (GAP,), PROOFS),
    "cn-2021": Pack(
        "cn-2021",
        Text(zh="学生实习（2021）", en="student interns (2021)"),
        (
            GAP,
            Rule(
                "minimum_age", 16, Text(zh="上岗时年满16周岁", en="at least 16 years old at the station"),
                "design brief of this product; check against the regulation in force",
            ),
            Rule(
                "post_internship_from_year", 2,
                Text(zh="第一学年不安排岗位实习", en="no work on the line in the first year"),
                "design brief of this product; check against the regulation in force",
            ),
            Rule(
                "hours_per_day", 8, Text(zh="每日不超过8小时", en="at most 8 hours a day: a mentor on a longer shift does not guide"),
                CONFIGURATION + ": held where the rota of the crew says how long shifts are",
            ),
            Rule("night_shifts", 0, Text(zh="不安排夜班", en="no night shifts: only a mentor on the day shift guides"), CONFIGURATION),
            Rule(
                "share_of_staff", 0.10, Text(zh="实习生占在岗职工人数不超过10%", en="interns are at most 10% of the staff"),
                CONFIGURATION + ": held where the enterprise has said StaffCounted",
            ),
            Rule(
                "share_of_post", 0.20, Text(zh="实习生占同类岗位人数不超过20%", en="interns are at most 20% of one kind of post"),
                CONFIGURATION + ": held where the enterprise has said StaffCounted with its posts",
            ),
        ),
        PROOFS,
        of=STUDENTS,
    ),
}  # fmt: skip


def binds(of: tuple[str, ...], status: str) -> bool:
    """Whether a rule for these statuses is about somebody of this one."""
    return not of or status in of


def pack_of(name: str) -> Pack:
    """The pack, or the one without further rules."""
    return PACKS.get(name, PACKS["none"])
