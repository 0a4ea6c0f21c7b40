"""The decisions of feedback: values in, verdicts and events out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.feedback import evidence, mixed_evalue, running
from services.feedback.beliefs import Assumed
from services.feedback.columns import Key, Pair
from services.feedback.evidence import Bar, Finding, Ratings
from services.feedback.links import Answer
from services.feedback.mixed_evalue import Rated
from services.feedback.origins import NOT_RECORDED, Origin
from services.feedback.running import Due, Running
from services.feedback.tally import Spread
from shared.events.feedback import GapConfirmed

SAME_COVERAGE = 0.02
"""A competency whose weighted hours changed by less than this part counts as not revised."""
DAYS_A_MONTH = 365.25 / 12


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
    origin: Origin = NOT_RECORDED


@dataclass(frozen=True, slots=True)
class Case:
    """A cohort under a plan version, with all that is known of it on the day of a look.

    `earlier`: what is known of the cohorts (`cohorts`, the oldest first) that it is judged together with.
    """

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
    answers: tuple[Answer, ...] = ()
    spread: Spread = field(default_factory=Spread)
    assumed: Assumed = field(default_factory=Assumed)
    running: Running | None = None
    earlier: tuple[Running, ...] = ()
    cohorts: tuple[UUID, ...] = ()
    practised: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    rule: str = mixed_evalue.RULE

    @property
    def due(self) -> dict[str, Asked]:
        """What may be decided by now."""
        return {asked.competency: asked for asked in self.asked if asked.due_week <= self.week}

    @property
    def levels(self) -> dict[Key, float]:
        """What is required of each."""
        return {(one.competency, one.newer_than): one.level for one in self.due.values()}


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
    """Every requirement of the plan version: short, ask, fine, watch, not-identifiable or not-due. By the rule of the case."""
    return RULES[case.rule](case)


def by_mixed_model(case: Case) -> list[Found]:
    """From the running statistics; where the case brings none, from its ratings, which gives the same."""
    now, levels = known(case), case.levels
    found = mixed_evalue.judge(
        now, case.answers, levels, case.station, case.bar, case.assumed, practised=case.practised
    )
    findings = dict(zip(levels, found, strict=True))
    rated = mixed_evalue.by_key(now)
    return [_found_in(one, findings, now, rated) for one in case.asked]


def shortfalls(case: Case) -> list[Found]:
    """What is short by the deciding rule. A look that proves nothing, as most do, ends as soon as its e-values are there."""
    required = {key[0]: level for key, level in case.levels.items()}
    solved = mixed_evalue.model(known(case), case.answers, required, case.station, case.assumed)
    found = by_mixed_model(case) if mixed_evalue.proves(solved, case.levels, case.bar) else []
    return [one for one in found if one.answer == "short"]


def known(case: Case) -> Running:
    """The statistics by which the case is judged: the cohort's own, and of those that it is judged together with."""
    return running.together([*case.earlier, case.running or running_of(case)])


def running_of(case: Case, seen: Sequence[Seen] | None = None, spread: Spread | None = None) -> Running:
    """The statistics of the ratings that the case holds, or of these of another cohort."""
    due = {asked.competency: asked for asked in case.asked}
    ratings = [
        Due(one.trainee, Pair(one.mentor, one.competency, _since(asked, one.observed_on)), one.level, one.observed_on)
        for one in (case.seen if seen is None else seen)
        if (asked := due.get(one.competency)) and one.week >= asked.due_week
    ]  # fmt: skip
    return running.of(ratings, spread or case.spread)


def _since(asked: Asked, day: date) -> date | None:
    return asked.newer_than if asked.newer_than and day > asked.newer_than else None


def _found_in(
    asked: Asked, findings: Mapping[Key, Finding], now: Running, rated: Mapping[Key, Sequence[Rated]]
) -> Found:
    key = (asked.competency, asked.newer_than)
    if key not in findings:
        return Found(asked, None, "not-due", "not-due")
    by = {one.mentor: one.n for one in rated.get(key, [])}
    return _told(asked, findings[key], now.until.get(key), by)


def _told(asked: Asked, finding: Finding, until: date | None, rated: Mapping[UUID, int]) -> Found:
    answer, reason = finding.answer, finding.reason
    if asked.moved and answer in {"short", "ask"}:
        answer, reason = "not-due", "taught-under-two-versions"
    return Found(asked, finding, answer, reason, until, rated)


def by_mentor_means(case: Case) -> list[Found]:
    """The first rule, by which older verdicts were made."""
    due = case.due
    codes = {competency: code for code, competency in enumerate(sorted(due))}
    seen = [one for one in case.seen if one.competency in codes and _counts(one, due[one.competency])]
    mentors = sorted({one.mentor for one in seen})
    ratings = columns(seen, mentors, codes)
    levels = [due[competency].level for competency in sorted(due)]
    stations = [case.station.get(mentor, mentor) for mentor in mentors]
    findings = evidence.judge(ratings, stations, levels, case.bar) if due else []
    return [_found(asked, codes, findings, seen) for asked in case.asked]


RULES = dict.fromkeys(mixed_evalue.RULES, by_mixed_model) | {evidence.RULE: by_mentor_means}
"""Every rule that ever made a stored verdict, by its name and version."""


def _counts(one: Seen, asked: Asked) -> bool:
    return one.week >= asked.due_week and (asked.newer_than is None or one.observed_on > asked.newer_than)


def _found(
    asked: Asked, codes: Mapping[str, int], findings: Sequence[Finding], seen: Sequence[Seen]
) -> Found:
    code = codes.get(asked.competency)
    if code is None:
        return Found(asked, None, "not-due", "not-due")
    mine = [one for one in seen if one.competency == asked.competency]
    rated = Counter(one.mentor for one in mine)
    return _told(asked, findings[code], max((one.observed_on for one in mine), default=None), rated)


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
    if found.answer != "short" or found.asked.competency in case.open_gaps:
        return None
    return gap_of(case, found, gap_id)


def gap_of(case: Case, found: Found, gap_id: UUID) -> GapConfirmed | None:
    """A gap with all its evidence; None where nothing was rated or nothing can be estimated."""
    finding = found.finding
    if finding is None or found.until is None or finding.uncorrected_mean is None:
        return None
    estimate, low, high = finding.estimate, finding.low, finding.high
    if estimate is None or low is None or high is None:
        return None
    return GapConfirmed(
        gap_id=gap_id, programme_id=case.programme_id, cohort_id=case.cohort_id, plan_id=case.plan_id, rule=case.rule,
        plan_version=case.plan_version, competency=found.asked.competency, required=found.asked.level, low=low, high=high,
        estimate=estimate, uncorrected_mean=finding.uncorrected_mean, ratings=finding.ratings, e_value=finding.e_value,
        trainees=finding.trainees, mentors=finding.mentors, stations=finding.stations, evidence_until=found.until,
        pooled_with=list(case.cohorts), due_week=found.asked.due_week, **found.asked.origin._asdict(),
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
