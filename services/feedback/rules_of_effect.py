"""The decisions about effects: values in, verdicts and events out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.feedback import effect_mixed, effect_staggered
from services.feedback.effect import Change
from services.feedback.rules import Case, Found, Seen, columns, gap_of
from shared.events.feedback import EffectMeasured, EffectOn, GapClosed, GapConfirmed

CERTAIN = {"improved", "worse", "higher-cause-open", "lower-cause-open"}
TOO_FEW = "too-few-trainees"


class Told(NamedTuple):
    """What a mentor said of a common case, before the new version was taught or later, less the agreed level."""

    vignette: UUID
    mentor: UUID
    competency: str
    later: bool
    off: int


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
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Staggered(Comparison):
    """Groups of one cohort: `before` and `after` are those that came first, before and while only they had the new version."""

    rest_before: tuple[Seen, ...] = ()
    rest_after: tuple[Seen, ...] = ()


class Measured(NamedTuple):
    """What is said, and of each competency by how many mentors it was measured and how many trainees its smallest part has."""

    said: EffectMeasured
    mentors: dict[str, int]
    trainees: dict[str, int]


def measure(pair: Comparison, effect_id: UUID, least: int) -> Measured:
    """The effect on each revised competency; of fewer trainees than `least` in any part no figure is made."""
    parts = parts_of(pair)
    seen = [one for part in parts for one in part]
    names = sorted({one.competency for one in seen} | set(pair.revised))
    codes = {name: code for code, name in enumerate(names)}
    mentors = sorted({one.mentor for one in seen})
    changes = _changes(pair, codes, mentors)
    trainees = {names[one.competency]: fewest(parts, names[one.competency]) for one in changes}
    effects = [_told(one, names[one.competency], trainees[names[one.competency]] >= least) for one in changes]
    measured = EffectMeasured(
        effect_id=effect_id, programme_id=pair.programme_id, plan_id=pair.plan_id, from_version=pair.from_version,
        to_version=pair.to_version, cohort_before=pair.cohort_before, cohort_after=pair.cohort_after, week=pair.week,
        effects=effects, rule=rule_of(pair),
    )  # fmt: skip
    return Measured(measured, {names[one.competency]: one.mentors for one in changes}, trainees)


def parts_of(pair: Comparison) -> tuple[tuple[Seen, ...], ...]:
    """What is held against each other."""
    rest = (pair.rest_before, pair.rest_after) if isinstance(pair, Staggered) else ()
    return (pair.before, pair.after, *rest)


def fewest(parts: Sequence[Sequence[Seen]], competency: str) -> int:
    """Trainees in the smallest part: a figure is as near to single people as the mean of the fewest of them."""
    return min(len({one.trainee for one in part if one.competency == competency}) for part in parts)


def _told(one: Change, name: str, shown: bool) -> EffectOn:  # noqa: FBT001 - a verdict beside the name
    if not shown:
        return EffectOn(
            competency=name, difference=0.0, low=-4.0, high=4.0, ratings_before=0, ratings_after=0,
            verdict="not-enough-data", reason=TOO_FEW,
        )  # fmt: skip
    return EffectOn(
        competency=name, difference=one.difference or 0.0, low=_or(one.low, -4.0), high=_or(one.high, 4.0),
        ratings_before=one.ratings_before, ratings_after=one.ratings_after, verdict=one.verdict,
    )  # fmt: skip


def rule_of(pair: Comparison) -> str:
    """By name and version."""
    return effect_staggered.RULE if isinstance(pair, Staggered) else effect_mixed.RULE


def _changes(pair: Comparison, codes: Mapping[str, int], mentors: Sequence[UUID]) -> list[Change]:
    revised = [codes[name] for name in sorted(pair.revised)]
    if not isinstance(pair, Staggered):
        sides = (columns(pair.before, mentors, codes), columns(pair.after, mentors, codes))
        cases = _cases(pair.told, mentors, codes)
        return effect_mixed.compare(*sides, revised, len(mentors), len(codes), cases=cases)
    parts = parts_of(pair)
    people = sorted({one.trainee for part in parts for one in part})
    places = {trainee: number for number, trainee in enumerate(people)}
    cells = effect_staggered.Cells(
        *(
            replace(columns(part, mentors, codes), trainee=np.array([places[one.trainee] for one in part]))
            for part in parts
        )
    )
    return effect_staggered.compare(cells, revised, len(mentors), len(codes))


def _cases(told: Sequence[Told], mentors: Sequence[UUID], codes: Mapping[str, int]) -> effect_mixed.Cases:
    """Answers of those who rated either cohort, as codes."""
    mine = [one for one in told if one.mentor in mentors and one.competency in codes]
    vignettes = sorted({one.vignette for one in mine})
    rows = [
        (vignettes.index(one.vignette), mentors.index(one.mentor), codes[one.competency], one.later, one.off)
        for one in mine
    ]
    return effect_mixed.Cases(*np.array(rows, dtype=np.int64).reshape(-1, 5).T)


def is_known(pair: Comparison, measured: EffectMeasured) -> bool:
    """Said as soon as every effect is certain (its interval holds at every look), at the latest when all weeks are over."""
    return pair.complete or all(one.verdict in CERTAIN for one in measured.effects)


def reopen(case: Case, found: Found, closed: GapClosed, gap_id: UUID, rule: str) -> GapConfirmed | None:
    """An answer that made it worse is a gap again, of the new version, linked to the one that it answered."""
    if closed.verdict != "worse" or closed.competency in case.open_gaps:
        return None
    said = gap_of(case, found, gap_id)
    return said and said.model_copy(update={"reopens": closed.gap_id, "rule": rule})


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
