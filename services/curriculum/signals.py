"""What asks for a change of a plan, as one shape: a gap, a changed plant, a teacher's report, a worse effect. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date

from services.curriculum.model import Revision, Signal
from shared.events.base import Requirement
from shared.events.curriculum import PlanPublished, SecondmentReported
from shared.events.enterprise import TechnologyChanged
from shared.events.feedback import EffectMeasured, GapConfirmed
from shared.events.plan_parts import CauseKind

AT_MOST = 1.5
"""A revision asks for at most so many times the hours of before: more is a new module, not a change of hours."""
AT_LEAST = 1.05
LOWEST = 1.2
"""An estimate near level 1 says that nothing was learnt; no factor of hours follows from it."""


def signal_of_gap(gap: GapConfirmed) -> Signal:
    """Asks for (required - 1) / (estimate - 1) times the hours: levels above 1 are taken to grow in proportion."""
    factor = (gap.required - 1) / (max(gap.estimate, LOWEST) - 1)
    return Signal(
        cause_id=gap.gap_id,
        plan_id=gap.plan_id,
        kind=CauseKind.GAP,
        asks={gap.competency: round(min(AT_MOST, max(AT_LEAST, factor)), 4)},
        levels={},
        evidence=gap.model_dump(mode="json"),
        evidence_until=gap.evidence_until,
    )


def signal_of_change(
    plan: PlanPublished, changed: TechnologyChanged | SecondmentReported, on: date
) -> Signal | None:
    """A changed plant, or a teacher who saw it, touches what the plan builds or asks; else it says nothing about it."""
    asked = {one.competency: one.level for one in plan.requirements}
    touched = [
        one for one in changed.requirements if one.competency in asked or one.competency in plan.coverage
    ]
    if not touched:
        return None
    technology = isinstance(changed, TechnologyChanged)
    return Signal(
        cause_id=changed.change_id if isinstance(changed, TechnologyChanged) else changed.secondment_id,
        plan_id=plan.plan_id,
        kind=CauseKind.TECHNOLOGY if technology else CauseKind.SECONDMENT,
        asks={one.competency: _more(one, asked.get(one.competency)) for one in touched},
        levels={one.competency: one.level for one in touched},
        evidence=changed.model_dump(mode="json"),
        evidence_until=on,
    )


def _more(now_asked: Requirement, level: int | None) -> float:
    """A higher level asks for more hours; the same level asks for other content within them."""
    if level is None:
        return 1.0
    return round(min(AT_MOST, max(1.0, (now_asked.level - 1) / (max(level, LOWEST) - 1))), 4)


def signal_of_worse_effect(measured: EffectMeasured, revision: Revision, on: date) -> Signal | None:
    """A version that made something worse is taken up again: what fell asks for more hours, by as much as levels fell."""
    worse = {one.competency: one for one in measured.effects if one.verdict == "worse"}
    if not worse:
        return None
    return Signal(
        cause_id=measured.effect_id,
        plan_id=measured.plan_id,
        kind=CauseKind.REVISION,
        asks={
            name: round(min(AT_MOST, max(AT_LEAST, 1 - one.difference / 2)), 4) for name, one in worse.items()
        },
        levels={},
        evidence=measured.model_dump(mode="json") | {"revision_id": str(revision.revision_id)},
        evidence_until=on,
    )


def signal_of_ended(revision: Revision, signals: Sequence[Signal], reason: str, on: date) -> Signal:
    """What an ended revision was about, asked again, for a reason; linked by its cause."""
    levels: dict[str, int] = {}
    for signal in signals:
        levels |= {name: max(level, levels.get(name, 1)) for name, level in signal.levels.items()}
    return Signal(
        cause_id=revision.revision_id,
        plan_id=revision.plan_id,
        kind=CauseKind.REVISION,
        asks=aims(signals),
        levels=levels,
        evidence={"revision_id": str(revision.revision_id), "comment": reason, "evidence": revision.evidence},
        evidence_until=on,
    )


def aims(signals: Iterable[Signal]) -> dict[str, float]:
    """What all signals of a revision ask together: the greatest factor of each competency."""
    asked: dict[str, float] = {}
    for signal in signals:
        for name, factor in signal.asks.items():
            asked[name] = max(asked.get(name, 1.0), factor)
    return asked
