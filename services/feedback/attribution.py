"""Where a shortfall comes from, as far as who rated whom where tells: one workshop, this intake, one rater, or the module.

A competency is split in two under the deciding model (say, as rated in one workshop and elsewhere), and the difference of
the two levels is held against zero. Severity stays shared, so a workshop of strict mentors is not taken for a weak one as
far as they rate anything else too. What the design cannot tell apart is said to be not identifiable, never guessed.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

import numpy as np
from scipy.special import ndtri

from services.feedback import mixed_evalue
from services.feedback.beliefs import Assumed, weights
from services.feedback.columns import Columns, Pair
from services.feedback.dividing import Opened, divide, opened
from services.feedback.links import Answer
from services.feedback.running import Running, together
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
    """All that attribution may look at: the cohort's own ratings, earlier intakes' under the same version, and the design.

    By mentor: the enterprise, and who was rated; `least` trainees are needed on each side of a comparison that is told.
    """

    running: Running
    earlier: Sequence[Running]
    answers: Sequence[Answer]
    required: Mapping[str, float]
    assumed: Assumed
    station: Mapping[UUID, UUID]
    workshop: Mapping[UUID, UUID]
    modules: Sequence[str]
    enterprise: Mapping[UUID, UUID] = field(default_factory=dict)
    people: Mapping[UUID, AbstractSet[UUID]] = field(default_factory=dict)
    least: int = 0

    def enough(self, mentors: AbstractSet[UUID]) -> bool:
        """Whether these mentors rated so many trainees that a figure of them may be told."""
        return len({trainee for mentor in mentors for trainee in self.people.get(mentor, ())}) >= self.least

    def owner(self, mentors: AbstractSet[UUID]) -> UUID | None:
        """The enterprise of these mentors, where they have one in common."""
        owners = {self.enterprise.get(mentor) for mentor in mentors}
        return owners.pop() if len(owners) == 1 else None


def of(known: Known, competency: str) -> list[Attribution]:
    """One for each source."""
    model = mixed_evalue.model(known.running, known.answers, known.required, known.station, known.assumed)
    mine = opened(model, {competency})
    raters = _raters(known.running, competency)
    others = [by_workshop(known, mine, raters), by_intake(known, competency), by_rater(mine, raters)]
    return [by_module(known, others), *others]


def by_workshop(known: Known, mine: Opened, raters: AbstractSet[UUID]) -> Attribution:
    """The workshop whose trainees are lower than those elsewhere; unlikely where all are alike."""
    at: dict[UUID, set[UUID]] = {}
    for mentor in raters:
        at.setdefault(known.workshop.get(mentor, mentor), set()).add(mentor)
    if len(at) < 2:
        return _said("workshop", "not-identifiable", "one-workshop")
    fair = {where: who for where, who in sorted(at.items()) if len(who) >= LEAST <= len(raters - who)}
    if len(fair) < len(at):
        return _said("workshop", "not-identifiable", "one-mentor-a-workshop")
    if not all(known.enough(who) and known.enough(raters - who) for who in fair.values()):
        return _said("workshop", "not-identifiable", "too-few-trainees")
    splits = {where: _apart(mine, who, len(fair)) for where, who in fair.items()}
    lowest = min(splits, key=lambda where: splits[where].high)
    if splits[lowest].high < 0:
        found = _said("workshop", "likely", "lower-than-elsewhere", splits[lowest], str(lowest))
        return _of(found, known.owner(fair[lowest]))
    widest = max(splits.values(), key=lambda one: max(-one.low, one.high))
    return _of(_alike("workshop", widest), known.owner(raters))


def by_intake(known: Known, competency: str) -> Attribution:
    """This intake against the earlier ones under the same version, by mentors who rated both."""
    if not known.earlier:
        return _said("intake", "not-identifiable", "no-earlier-intake")
    before = together(known.earlier)
    if len(_raters(known.running, competency) & _raters(before, competency)) < LEAST:
        return _said("intake", "not-identifiable", "no-mentors-of-both")
    if sum(n for (name, _), n in before.trainees.items() if name == competency) < known.least:
        return _said("intake", "not-identifiable", "too-few-trainees")
    joined = together([_named(before, competency), known.running])
    required = {**known.required, competency + APART: known.required[competency]}
    model = mixed_evalue.model(joined, known.answers, required, known.station, known.assumed)
    both = opened(model, {competency, competency + APART}, alike=lambda pair: pair[1:])
    split = _split(both, lambda pair: pair.competency != competency, 1)
    if split.high < 0:
        return _said("intake", "likely", "lower-than-earlier-intakes", split)
    return _alike("intake", split)


def by_rater(mine: Opened, raters: AbstractSet[UUID]) -> Attribution:
    """Whether it still falls short without any one mentor; who that would be is told to nobody."""
    if len(raters) <= LEAST:
        return _said("rater", "not-identifiable", "too-few-mentors")
    splits = [_apart(mine, {one}, len(raters)) for one in sorted(raters)]
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


def _apart(mine: Opened, mentors: AbstractSet[UUID], looks: int) -> Split:
    """What these mentors rated against what the others did."""
    return _split(mine, lambda pair: pair.mentor not in mentors, looks)


def _named(running: Running, competency: str) -> Running:
    """The same statistics with the competency under a name of its own."""

    def renamed(pair: Pair) -> Pair:
        return pair._replace(competency=competency + APART) if pair.competency == competency else pair

    return replace(running, pairs=Columns(map(renamed, running.pairs)))


def _split(mine: Opened, apart: Callable[[Pair], bool], looks: int) -> Split:
    """The newest evidence of both parts; what is from before an answered gap stands beside it."""

    def part(pair: Pair) -> tuple[bool, date]:
        return apart(pair), pair.since or date.min

    parts = sorted({part(pair) for pair in mine.pairs})
    here, rest = sum(not one for one, _ in parts) - 1, len(parts) - 1
    found = divide(mine, lambda pair: parts.index(part(pair)), len(parts))
    weight = weights(found.likelihood)
    means = found.means[:, here] - found.means[:, rest]
    spread = found.covariance[:, [here, rest, here], [here, rest, rest]] @ [1.0, 1.0, -2.0]
    mean = float(weight @ means)
    half = float(-ndtri(ALPHA / 2 / looks) * np.sqrt(weight @ (spread + (means - mean) ** 2)))
    return Split(mean, mean - half, mean + half, float(weight @ (found.programme + found.means[:, rest])))


def _raters(running: Running, competency: str) -> set[UUID]:
    """Those whose ratings speak now: since the last answered gap, where there was one."""
    mine = [
        pair for pair, n in zip(running.pairs, running.n, strict=True) if n and pair.competency == competency
    ]
    newest = max((str(pair.since or "") for pair in mine), default="")
    return {pair.mentor for pair in mine if str(pair.since or "") == newest}


def _of(said: Attribution, enterprise: UUID | None) -> Attribution:
    return said.model_copy(update={"enterprise_id": enterprise})


def _alike(source: str, split: Split) -> Attribution:
    if max(-split.low, split.high) <= CLOSE:
        return _said(source, "unlikely", "alike", split)
    return _said(source, "not-identifiable", "too-uncertain", split)


def _said(
    source: str, verdict: str, reason: str, split: Split | None = None, which: str | None = None
) -> Attribution:
    found = {} if split is None else {"difference": split.difference, "low": split.low, "high": split.high}
    return Attribution(source=source, verdict=verdict, reason=reason, which=which, **found)
