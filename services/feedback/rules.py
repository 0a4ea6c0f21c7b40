"""The decisions of feedback: values in, verdicts and events out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.feedback import effect, evidence
from services.feedback.evidence import Bar, Finding, Ratings
from shared.events.feedback import EffectMeasured, EffectOn, GapClosed, GapConfirmed, MoreRatingsNeeded

SAME_COVERAGE = 0.02
"""A competency whose weighted hours changed by less than this part counts as not revised."""
DAYS_A_MONTH = 365.25 / 12
REASONS_ON_THE_WIRE = {"no-ratings": "too-few-ratings", "mentors-not-linked": "mentors-not-linked"}


class Seen(NamedTuple):
    """One rating with a level, as a rule sees it."""

    mentor: UUID
    competency: str
    trainee: UUID
    level: int
    week: int
    observed_on: date


@dataclass(frozen=True, slots=True)
class Asked:
    """What the plan version asks of a competency, and since when its evidence is new."""

    competency: str
    level: float
    due_week: int
    newer_than: date | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A cohort under a plan version, with all that is known of it on the day of a look."""

    cohort_id: UUID
    programme_id: UUID
    plan_id: UUID
    plan_version: int
    week: int
    asked: tuple[Asked, ...]
    seen: tuple[Seen, ...]
    station: Mapping[UUID, UUID]
    bar: Bar
    open_gaps: Mapping[str, UUID]


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its names, and the last day of its evidence."""

    asked: Asked
    finding: Finding | None
    answer: str
    reason: str
    until: date | None = None
    rated: Mapping[UUID, int] | None = None


def judge(case: Case) -> list[Found]:
    """Every requirement of the plan version: short, ask, fine, not-identifiable or not-due."""
    due = {asked.competency: asked for asked in case.asked if asked.due_week <= case.week}
    codes = {competency: code for code, competency in enumerate(sorted(due))}
    seen = [one for one in case.seen if one.competency in codes and _counts(one, due[one.competency])]
    mentors = sorted({one.mentor for one in seen})
    ratings = columns(seen, mentors, codes)
    levels = [due[competency].level for competency in sorted(due)]
    stations = [case.station.get(mentor, mentor) for mentor in mentors]
    findings = evidence.judge(ratings, stations, levels, case.bar) if due else []
    return [_found(asked, codes, findings, seen) for asked in case.asked]


def _counts(one: Seen, asked: Asked) -> bool:
    return one.week >= asked.due_week and (asked.newer_than is None or one.observed_on > asked.newer_than)


def _found(
    asked: Asked, codes: Mapping[str, int], findings: Sequence[Finding], seen: Sequence[Seen]
) -> Found:
    code = codes.get(asked.competency)
    if code is None:
        return Found(asked, None, "not-due", "not-due")
    finding = findings[code]
    mine = [one for one in seen if one.competency == asked.competency]
    answer, reason = finding.answer, finding.reason
    if asked.moved and answer in {"short", "ask"}:
        answer, reason = "not-due", "taught-under-two-versions"
    rated: dict[UUID, int] = {}
    for one in mine:
        rated[one.mentor] = rated.get(one.mentor, 0) + 1
    return Found(asked, finding, answer, reason, max((one.observed_on for one in mine), default=None), rated)


def columns(seen: Sequence[Seen], mentors: Sequence[UUID], codes: Mapping[str, int]) -> Ratings:
    """The ratings as the heart takes them."""
    trainees = {trainee: number for number, trainee in enumerate(sorted({one.trainee for one in seen}))}
    places = {mentor: number for number, mentor in enumerate(mentors)}
    return Ratings(
        np.array([places[one.mentor] for one in seen], dtype=np.int64),
        np.array([codes[one.competency] for one in seen], dtype=np.int64),
        np.array([trainees[one.trainee] for one in seen], dtype=np.int64),
        np.array([one.level for one in seen], dtype=np.float64),
    )


def confirm(case: Case, found: Found, gap_id: UUID) -> GapConfirmed | None:
    """A shortfall is said once until it is answered, however often it is found again."""
    finding = found.finding
    if (
        found.answer != "short"
        or finding is None
        or found.until is None
        or found.asked.competency in case.open_gaps
    ):
        return None
    estimate, low, high, mean = finding.estimate, finding.low, finding.high, finding.uncorrected_mean
    assert estimate is not None and low is not None and high is not None and mean is not None  # noqa: PT018
    return GapConfirmed(
        gap_id=gap_id, programme_id=case.programme_id, cohort_id=case.cohort_id, plan_id=case.plan_id,
        plan_version=case.plan_version, competency=found.asked.competency, required=found.asked.level,
        estimate=estimate, low=low, high=high, uncorrected_mean=mean, ratings=finding.ratings,
        trainees=finding.trainees, mentors=finding.mentors, stations=finding.stations, rule=evidence.RULE,
        evidence_until=found.until,
    )  # fmt: skip


def ask(case: Case, found: Found, practising: Sequence[UUID], on: date) -> MoreRatingsNeeded | None:
    """The mentor who has rated it least decides soonest: first one at a station without a rating, then by count."""
    if found.answer not in {"ask", "not-identifiable"}:
        return None
    rated = found.rated or {}
    covered = {case.station.get(mentor) for mentor in rated}

    def keenness(mentor: UUID) -> tuple[bool, int, UUID]:
        return case.station.get(mentor) in covered, rated.get(mentor, 0), mentor

    mentor = min({*practising, *rated}, key=keenness, default=None)
    return MoreRatingsNeeded(
        cohort_id=case.cohort_id, plan_version=case.plan_version, competency=found.asked.competency,
        mentor_id=mentor, reason=REASONS_ON_THE_WIRE.get(found.reason, found.reason), asked_on=on,
    )  # fmt: skip


def revised(before: Mapping[str, float], after: Mapping[str, float]) -> set[str]:
    """Competencies whose weighted hours differ between two versions."""
    return {
        competency
        for competency in {*before, *after}
        if abs(after.get(competency, 0.0) - before.get(competency, 0.0))
        > SAME_COVERAGE * max(before.get(competency, 0.0), 1e-9)
    }


def looks_planned(first_due_week: int, last_week: int) -> int:
    """Monthly looks from the first due week to the end of the plan, and one after it."""
    return max(1, int((last_week - first_due_week + 1) * 7 / DAYS_A_MONTH) + 2)


def first_of_next_month(day: date) -> date:
    """The day of the next look."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


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


def measure(pair: Comparison, effect_id: UUID) -> tuple[EffectMeasured, dict[str, int]]:
    """The effect on each revised competency, and by how many mentors each was measured."""
    names = sorted({one.competency for one in (*pair.before, *pair.after)} | set(pair.revised))
    codes = {name: code for code, name in enumerate(names)}
    mentors = sorted({one.mentor for one in (*pair.before, *pair.after)})
    sides = (columns(pair.before, mentors, codes), columns(pair.after, mentors, codes))
    changes = effect.compare(*sides, [codes[name] for name in sorted(pair.revised)], len(mentors), len(names))
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
        effects=effects, rule=effect.RULE,
    )  # fmt: skip
    return measured, {names[one.competency]: one.mentors for one in changes}


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
