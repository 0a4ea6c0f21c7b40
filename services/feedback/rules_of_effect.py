"""The decisions about effects: values in, verdicts and events out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.feedback import effect_mixed
from services.feedback.rules import Case, Found, Seen, columns, gap_of
from shared.events.feedback import EffectMeasured, EffectOn, GapClosed, GapConfirmed

CERTAIN = {"improved", "worse", "higher-cause-open"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two cohorts under two versions of a plan, in the same teaching weeks."""

    programme_id: UUID
    plan_id: UUID
    from_version: int
    to_version: int
    cohort_before: UUID
    cohort_after: UUID
    week: int
    revised: tuple[str, ...]
    before: tuple[Seen, ...]
    after: tuple[Seen, ...]
    complete: bool = True


def measure(pair: Comparison, effect_id: UUID) -> tuple[EffectMeasured, dict[str, int]]:
    """The effect on each revised competency, and by how many mentors each was measured."""
    names = sorted({one.competency for one in (*pair.before, *pair.after)} | set(pair.revised))
    codes = {name: code for code, name in enumerate(names)}
    mentors = sorted({one.mentor for one in (*pair.before, *pair.after)})
    sides = (columns(pair.before, mentors, codes), columns(pair.after, mentors, codes))
    changes = effect_mixed.compare(
        *sides, [codes[name] for name in sorted(pair.revised)], len(mentors), len(names)
    )
    effects = [
        EffectOn(
            competency=names[one.competency], difference=one.difference or 0.0, low=_or(one.low, -4.0),
            high=_or(one.high, 4.0), ratings_before=one.ratings_before, ratings_after=one.ratings_after,
            verdict=one.verdict,
        )
        for one in changes
    ]  # fmt: skip
    measured = EffectMeasured(
        effect_id=effect_id, programme_id=pair.programme_id, plan_id=pair.plan_id, from_version=pair.from_version,
        to_version=pair.to_version, cohort_before=pair.cohort_before, cohort_after=pair.cohort_after, week=pair.week,
        effects=effects, rule=effect_mixed.RULE,
    )  # fmt: skip
    return measured, {names[one.competency]: one.mentors for one in changes}


def is_known(pair: Comparison, measured: EffectMeasured) -> bool:
    """Said as soon as every effect is certain (its interval holds at every look), at the latest when all weeks are over."""
    return pair.complete or all(one.verdict in CERTAIN for one in measured.effects)


def reopen(case: Case, found: Found, closed: GapClosed, gap_id: UUID) -> GapConfirmed | None:
    """An answer that made it worse is a gap again, of the new version, linked to the one that it answered."""
    if closed.verdict != "worse" or closed.competency in case.open_gaps:
        return None
    said = gap_of(case, found, gap_id)
    return said and said.model_copy(update={"reopens": closed.gap_id, "rule": effect_mixed.RULE})


def _or(value: float | None, unknown: float) -> float:
    return unknown if value is None else value


def close(gaps: Sequence[tuple[UUID, str]], measured: EffectMeasured) -> list[GapClosed]:
    """The loop is closed for each gap that this version answered."""
    verdicts = {one.competency: one.verdict for one in measured.effects}
    return [
        GapClosed(
            gap_id=gap_id, competency=competency, verdict=verdicts[competency], effect_id=measured.effect_id
        )
        for gap_id, competency in gaps
        if competency in verdicts
    ]
