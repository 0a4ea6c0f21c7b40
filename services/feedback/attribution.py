"""Where a shortfall comes from, as far as who rated whom where tells: one workshop, this intake, one rater, or the module.

A competency is split in two under the deciding model (say, as rated in one workshop and elsewhere), and the difference of
the two levels is held against zero. Severity stays shared, so a workshop of strict mentors is not taken for a weak one as
far as they rate anything else too. What the design cannot tell apart is said to be not identifiable, never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import numpy as np
from scipy.special import logsumexp, ndtri

from services.feedback import mixed_evalue
from services.feedback.beliefs import Assumed
from services.feedback.links import Answer, Key
from services.feedback.running import Pair, Running, together
from shared.events.feedback import Attribution

ALPHA = 0.05
CLOSE = 0.5
"""Two levels count as alike where their interval lies within so many levels of zero."""
LEAST = 2
"""Mentors on each side: with one, the mentor and the place are the same thing."""
APART = "~"


class Split(NamedTuple):
    """Level of one part less that of the other, its interval, and the level of the rest less what is required."""

    difference: float
    low: float
    high: float
    rest: float


@dataclass(frozen=True, slots=True)
class Known:
    """All that attribution may look at: the cohort's own ratings, earlier intakes' under the same version, and the design."""

    running: Running
    earlier: Sequence[Running]
    answers: Sequence[Answer]
    required: Mapping[str, float]
    assumed: Assumed
    workshop: Mapping[UUID, UUID]
    modules: Sequence[str]


def of(known: Known, competency: str) -> list[Attribution]:
    """One for each source."""
    others = [by_workshop(known, competency), by_intake(known, competency), by_rater(known, competency)]
    return [by_module(known, others), *others]


def by_workshop(known: Known, competency: str) -> Attribution:
    """The workshop whose trainees are lower than those elsewhere; unlikely where all are alike."""
    raters = _raters(known.running, competency)
    at: dict[UUID, set[UUID]] = {}
    for mentor in raters:
        at.setdefault(known.workshop.get(mentor, mentor), set()).add(mentor)
    if len(at) < 2:
        return _said("workshop", "not-identifiable", "one-workshop")
    fair = {where: who for where, who in sorted(at.items()) if len(who) >= LEAST <= len(raters - who)}
    if len(fair) < len(at):
        return _said("workshop", "not-identifiable", "one-mentor-a-workshop")
    splits = {where: _apart(known, competency, who, len(fair)) for where, who in fair.items()}
    lowest = min(splits, key=lambda where: splits[where].high)
    if splits[lowest].high < 0:
        return _said("workshop", "likely", "lower-than-elsewhere", splits[lowest], str(lowest))
    widest = max(splits.values(), key=lambda one: max(-one.low, one.high))
    return _alike("workshop", widest)


def by_intake(known: Known, competency: str) -> Attribution:
    """This intake against the earlier ones under the same version, by mentors who rated both."""
    if not known.earlier:
        return _said("intake", "not-identifiable", "no-earlier-intake")
    before = together(known.earlier)
    if len(_raters(known.running, competency) & _raters(before, competency)) < LEAST:
        return _said("intake", "not-identifiable", "no-mentors-of-both")
    joined = together([_named(before, competency, lambda _: True), known.running])
    split = _split(known, joined, competency, 1)
    if split.high < 0:
        return _said("intake", "likely", "lower-than-earlier-intakes", split)
    return _alike("intake", split)


def by_rater(known: Known, competency: str) -> Attribution:
    """Whether it still falls short without any one mentor; who that would be is told to nobody."""
    raters = _raters(known.running, competency)
    if len(raters) <= LEAST:
        return _said("rater", "not-identifiable", "too-few-mentors")
    splits = [_apart(known, competency, {one}, len(raters)) for one in sorted(raters)]
    if any(one.rest >= 0 for one in splits):
        return _said("rater", "likely", "not-without-one-mentor")
    return _said("rater", "unlikely", "without-any-one-mentor-too")


def by_module(known: Known, others: Sequence[Attribution]) -> Attribution:
    """All trainees take all modules, so a module is left over only where it alone teaches this and nothing else explains it."""
    if len(known.modules) != 1:
        return _said("module", "not-identifiable", "several-modules" if known.modules else "no-module")
    if any(one.verdict != "unlikely" for one in others):
        return _said("module", "not-identifiable", "others-not-excluded")
    return _said("module", "likely", "only-module", which=known.modules[0])


def _apart(known: Known, competency: str, mentors: set[UUID], looks: int) -> Split:
    """What these mentors rated against what the others did."""
    named = _named(known.running, competency, lambda pair: pair.mentor not in mentors)
    answers = [
        one._replace(competency=competency + APART)
        if one.competency == competency and one.mentor not in mentors
        else one
        for one in known.answers
    ]
    return _split(replace(known, answers=answers), named, competency, looks)


def _named(running: Running, competency: str, apart: Callable[[Pair], bool]) -> Running:
    """The same statistics with some pairs of the competency under a name of their own."""

    def renamed(pair: Pair) -> Pair:
        here = pair.competency == competency and apart(pair)
        return pair._replace(competency=competency + APART) if here else pair

    return replace(running, pairs=tuple(map(renamed, running.pairs)))


def _split(known: Known, running: Running, competency: str, looks: int) -> Split:
    required = {**known.required, competency + APART: known.required[competency]}
    solved = mixed_evalue.model(running, known.answers, required, known.assumed)
    here, rest = (_newest(solved.keys, name) for name in (competency, competency + APART))
    weights = np.zeros(len(solved.beliefs[0].mean))
    weights[here], weights[rest] = 1.0, -1.0
    logs = np.array([one.likelihood for one in solved.beliefs])
    weight = np.exp(logs - logsumexp(logs))
    means = np.array([weights @ one.mean for one in solved.beliefs])
    variances = np.array([weights @ one.covariance @ weights for one in solved.beliefs])
    mean = float(weight @ means)
    half = float(-ndtri(ALPHA / 2 / looks) * np.sqrt(weight @ (variances + (means - mean) ** 2)))
    return Split(mean, mean - half, mean + half, float(weight @ [one.mean[rest] for one in solved.beliefs]))


def _newest(keys: Sequence[Key], name: str) -> int:
    """The place of the competency, as it stands since the last answered gap."""
    return max((at for at, key in enumerate(keys) if key[0] == name), key=lambda at: str(keys[at][1] or ""))


def _raters(running: Running, competency: str) -> set[UUID]:
    """Those whose ratings speak now: since the last answered gap, where there was one."""
    mine = [
        pair for pair, n in zip(running.pairs, running.n, strict=True) if n and pair.competency == competency
    ]
    newest = max((str(pair.since or "") for pair in mine), default="")
    return {pair.mentor for pair in mine if str(pair.since or "") == newest}


def _alike(source: str, split: Split) -> Attribution:
    if max(-split.low, split.high) <= CLOSE:
        return _said(source, "unlikely", "alike", split)
    return _said(source, "not-identifiable", "too-uncertain", split)


def _said(
    source: str, verdict: str, reason: str, split: Split | None = None, which: str | None = None
) -> Attribution:
    found = {} if split is None else {"difference": split.difference, "low": split.low, "high": split.high}
    return Attribution(source=source, verdict=verdict, reason=reason, which=which, **found)
