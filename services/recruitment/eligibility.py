"""Facts of an applicant, the conditions they must meet, and the score. Pure; nothing here is fitted to a template."""

from calendar import isleap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from math import floor

from shared.events.base import Text
from shared.programmes.grammar import Criterion, Operator, Predicate, SourceGroup, TieBreaker

Fact = float | str | bool
Facts = Mapping[str, Fact]

NOT_GIVEN = "not given"
HIGHEST = 100.0
"""No score lies above it: each criterion is scaled to 0..100."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A condition that does not hold: as the template writes it, with what it needed and what was there."""

    group: str
    predicate: str
    needed: str
    had: str
    reason: Text


def years(since: date, until: date) -> float:
    """Time between two days in years, exact at anniversaries: 3.0 on the day on which three years are full."""
    full = until.year - since.year
    if _anniversary(since, full) > until:
        full -= 1
    last, following = _anniversary(since, full), _anniversary(since, full + 1)
    return full + (until - last) / (following - last)


def _anniversary(since: date, full: int) -> date:
    year = since.year + full
    if (since.month, since.day) == (2, 29) and not isleap(year):
        return date(year, 3, 1) - timedelta(days=1)
    return since.replace(year=year)


def facts_of(
    given: Mapping[str, object],
    *,
    closes_on: date,
    hired_on: date | None = None,
    born_on: date | None = None,
    status: str | None = None,
) -> dict[str, Fact]:
    """What predicates and criteria may ask for, on the closing day. Marks of several examiners become their mean."""
    facts: dict[str, Fact] = {}
    for name, value in given.items():
        if isinstance(value, list):
            if value:
                facts[name] = sum(float(mark) for mark in value) / len(value)
        elif isinstance(value, bool | str):
            facts[name] = value
        elif isinstance(value, int | float):
            facts[name] = float(value)
    if hired_on is not None:
        facts["years_of_service"] = years(hired_on, closes_on)
    if born_on is not None:
        facts["age"] = float(floor(years(born_on, closes_on)))
    if status is not None:
        facts.setdefault("status", status)
    return facts


def written(value: object) -> str:
    """A fact as a person reads it. Numbers are cut, never rounded up: 2.997 years are not "3"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{floor(value * 100 + 1e-6) / 100:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def holds(predicate: Predicate, facts: Facts) -> bool:
    """Whether one condition is met. A fact that is not given meets none."""
    had, wanted = facts.get(predicate.fact), predicate.value
    if had is None:
        return False
    if predicate.operator is Operator.ONE_OF:
        return had in wanted if isinstance(wanted, list) else had == wanted
    if predicate.operator is Operator.EQUAL:
        return had == wanted
    if predicate.operator is Operator.NOT_EQUAL:
        return had != wanted
    if isinstance(had, str | bool) or isinstance(wanted, str | bool | list):
        return False
    compared = {
        Operator.AT_LEAST: had >= wanted,
        Operator.MORE_THAN: had > wanted,
        Operator.AT_MOST: had <= wanted,
        Operator.LESS_THAN: had < wanted,
    }
    return compared[predicate.operator]


def failures(group: SourceGroup, facts: Facts) -> list[Failed]:
    """The conditions of a group that do not hold."""
    return [
        Failed(
            group=group.group,
            predicate=f"{predicate.fact} {predicate.operator} {written(predicate.value)}",
            needed=written(predicate.value),
            had=written(facts.get(predicate.fact, NOT_GIVEN)),
            reason=predicate.reason,
        )
        for predicate in group.predicates
        if not holds(predicate, facts)
    ]


def sources(groups: Sequence[SourceGroup], facts: Facts) -> tuple[list[str], list[Failed]]:
    """The groups whose conditions all hold; where there is none, what the nearest group lacks.

    The nearest has the fewest failures, and among those the fewest facts that were not given at all.
    """
    if not groups:
        return [], []
    failed = {group.group: failures(group, facts) for group in groups}
    met = [group for group, lacking in failed.items() if not lacking]
    return met, [] if met else min(failed.values(), key=_distance)


def _distance(lacking: Sequence[Failed]) -> tuple[int, int]:
    return len(lacking), sum(each.had == NOT_GIVEN for each in lacking)


def score(criteria: Sequence[Criterion], facts: Facts) -> float:
    """Weighted mean of the criteria, each scaled from worst..best to 0..100; to two places, so that ties are real."""
    return round(sum(share * points for _, share, points in parts(criteria, facts)), 2)


def parts(criteria: Sequence[Criterion], facts: Facts) -> list[tuple[Criterion, float, float]]:
    """Each criterion with its share of the weight and its points of 100: what the score is the sum of."""
    total = sum(criterion.weight for criterion in criteria) or 1
    return [(each, each.weight / total, _scaled(each, facts.get(each.fact))) for each in criteria]


def _scaled(criterion: Criterion, value: Fact | None) -> float:
    if value is None or isinstance(value, str) or criterion.best == criterion.worst:
        return 0.0
    share = (float(value) - criterion.worst) / (criterion.best - criterion.worst)
    return HIGHEST * min(1.0, max(0.0, share))


def lottery(seed: str, applicant: str) -> str:
    """One number per applicant, the same in every programme; the lower one is drawn first."""
    return sha256(f"{seed}:{applicant}".encode()).hexdigest()


def order(points: float, breakers: Sequence[TieBreaker], facts: Facts, drawn: str) -> tuple[object, ...]:
    """What ranks an applicant: score, then the named tie-breakers, then the lottery. Lower sorts first."""
    keys: list[float] = [-points]
    for breaker in breakers:
        value = facts.get(breaker.fact)
        number = float("-inf") if value is None or isinstance(value, str) else float(value)
        lower = value is not None and breaker.prefer == "lower"
        keys.append(number if lower else -number)
    return (*keys, drawn)
