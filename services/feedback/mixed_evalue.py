"""The deciding rule `mixed-evalue/3`: is a competency short? It may be asked after every rating.

rating = required + programme + competency + trainee + trainee x competency - severity - severity on this competency + noise,
Gaussian, with variances frozen before the first rating (`tally.py`, `beliefs.py`). A competency's e-value against "exactly
what is required" is held against those of all others by e-BH, which keeps the chance of any false revision of a cohort at
`alpha`, however often one looks. Answers to common vignettes enter as agreed level + doubt - severity - ... + noise.
Earlier rules differ in what they assumed (`beliefs.FIRST`, `SECOND`); a cohort keeps the rule under which it enrolled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

import numpy as np
from scipy.special import ndtr

from services.feedback import evalues
from services.feedback.beliefs import Assumed, Belief, Pairs, believe, e_values, mixed
from services.feedback.columns import Columns, Key, Pair
from services.feedback.evidence import Bar, Finding
from services.feedback.links import Answer, Practised, linked_keys, missing, parts
from services.feedback.running import Running
from services.feedback.tally import Counts, Floats, Ints, Spread, Tally, information

RULES = ("mixed-evalue/3", "mixed-evalue/2", "mixed-evalue/1")
RULE = RULES[0]
Z95 = 1.959963984540054
DOUBT = 0.2**2
"""Variance of the true level of a vignette around the level that both sides agreed on."""
HIGHEST_REQUIRED = 4.0
"""At the end of the scale ratings can only err downwards, so a requirement of 5 would look missed by all."""
LIKELY_BELOW = 0.9
WATCHED = 20.0
NOT_LINKED = "mentors-not-linked"


class Rated(NamedTuple):
    """How often a mentor rated a competency, and the sum of the levels."""

    mentor: UUID
    n: int
    total: int


@dataclass(frozen=True)
class Model:
    """A model with its names; solved when somebody asks what it lets one believe."""

    pairs: Columns
    coded: Pairs
    ratings: Tally
    vignettes: Tally
    assumed: Assumed

    @property
    def keys(self) -> list[Key]:
        return self.pairs.keys

    @property
    def mentors(self) -> list[UUID]:
        return self.pairs.mentors

    @cached_property
    def beliefs(self) -> list[Belief]:
        return believe(self.ratings, self.vignettes, self.coded, self.assumed)


def model(
    running: Running, answers: Sequence[Answer], required: Mapping[str, float], station: Mapping[UUID, UUID],
    assumed: Assumed,
) -> Model:  # fmt: skip
    """What is known, with levels held against what is required; `station` by mentor, as far as it is known."""
    raters = set(running.mentors)
    mine = [one for one in answers if one.mentor in raters]
    pairs = running.pairs.joined(pair for one in mine for pair in _places(one, running))
    coded = Pairs(
        pairs.mentor, pairs.competency, len(pairs.mentors), len(pairs.keys), _stations(pairs.mentors, station)
    )
    levels = np.array([required.get(key[0], 0.0) for key in pairs.keys])
    ratings = running.tally.widened(len(pairs))
    ratings = Tally(ratings.cross, ratings.vector - ratings.cross @ levels[coded.competency])
    vignettes = _vignettes(mine, running, pairs, coded, running.spread)
    return Model(pairs, coded, ratings, vignettes, assumed)


def _stations(mentors: Sequence[UUID], station: Mapping[UUID, UUID]) -> Ints:
    """A code for each mentor's station; -1 where it is unknown."""
    known = sorted({station[one] for one in mentors if one in station})
    codes = {place: code for code, place in enumerate(known)}
    return np.array([codes[station[one]] if one in station else -1 for one in mentors], np.int64)


def _places(one: Answer, running: Running) -> list[Pair]:
    """A vignette's answer speaks of the mentor on that competency; it is the same before and after a gap was answered."""
    newest = max(
        (pair.since or date.min for pair in running.pairs if pair.competency == one.competency),
        default=date.min,
    )
    return [Pair(one.mentor, one.competency, None if newest == date.min else newest)]


def _vignettes(
    answers: Sequence[Answer], running: Running, pairs: Sequence[Pair], coded: Pairs, spread: Spread
) -> Tally:
    tally = Tally.empty(len(pairs))
    if not answers:
        return tally
    cases = sorted({one.vignette for one in answers})
    rows = [
        (cases.index(one.vignette), pairs.index(_places(one, running)[0]), 1, one.level - one.agreed)
        for one in answers
    ]
    counts = Counts(*np.array(rows, dtype=np.int64).T)
    return tally.plus(
        information(counts, coded.competency, replace(spread, trainee=DOUBT, trainee_competency=0.0))
    )


def judge(
    running: Running, answers: Sequence[Answer], asked: Mapping[Key, float], station: Mapping[UUID, UUID], bar: Bar,
    assumed: Assumed, *, practised: Practised | None = None,
) -> list[Finding]:  # fmt: skip
    """A finding for each (competency, since) that is asked and due, in their order."""
    solved = model(running, answers, {key[0]: level for key, level in asked.items()}, station, assumed)
    size = len(solved.keys)
    mean, error = mixed(solved.beliefs) if solved.pairs else (np.zeros(0), np.zeros(0))
    evidence = e_values(solved.beliefs, size, assumed, bar.tolerance) if solved.pairs else np.zeros(0)
    together = parts(running, answers)
    linked, links = linked_keys(together), missing(running, together, practised)
    decides = {
        key: float(evidence[at]) for at, key in enumerate(solved.keys) if key in asked and key in linked
    }
    order = list(asked)
    rated = by_key(running)
    chosen = evalues.act_on([decides.get(key, 0.0) for key in order], bar.alpha)
    found = []
    for number, key in enumerate(order):
        at = solved.keys.index(key) if key in solved.keys and running.trainees.get(key) else None
        whole = _counted(number, rated.get(key, []), running.trainees.get(key, 0), station, asked[key])
        if at is None:
            found.append(replace(whole, answer="ask", reason="no-ratings"))
            continue
        figures = replace(
            whole, estimate=asked[key] + float(mean[at]), low=asked[key] + float(mean[at] - Z95 * error[at]),
            high=asked[key] + float(mean[at] + Z95 * error[at]), e_value=float(evidence[at]),
            threshold=bar.alpha / max(len(order), 1),
        )  # fmt: skip
        below = float(ndtr((-bar.tolerance - mean[at]) / error[at]))
        verdict, reason = answer(figures, below, bar, linked=key in linked, short=number in chosen)
        if verdict == "fine" and relative(solved, at) >= WATCHED:
            verdict, reason = "watch", "low-beside-others"
        link = links.get(key) if reason == NOT_LINKED else None
        found.append(replace(figures, answer=verdict, reason=reason, link=link))
    return found


def proves(solved: Model, asked: Mapping[Key, float], bar: Bar) -> bool:
    """Whether e-BH acts on anything where all mentors are linked; without links there is less evidence, never more."""
    if not solved.pairs:
        return False
    evidence = e_values(solved.beliefs, len(solved.keys), solved.assumed, bar.tolerance)
    at = {key: float(one) for key, one in zip(solved.keys, evidence, strict=True)}
    return bool(evalues.act_on([at.get(key, 0.0) for key in asked], bar.alpha))


def by_key(running: Running) -> dict[Key, list[Rated]]:
    """By competency: each mentor who rated it, how often, and the sum of the levels."""
    found: dict[Key, list[Rated]] = {}
    for pair, n, total in zip(running.pairs, running.n, running.total, strict=True):
        if n:
            found.setdefault(pair[1:], []).append(Rated(pair.mentor, n, total))
    return found


def _counted(
    number: int, rated: Sequence[Rated], trainees: int, station: Mapping[UUID, UUID], required: float
) -> Finding:
    ratings = sum(one.n for one in rated)
    return Finding(
        competency=number, answer="fine", reason="not-below", required=required, ratings=ratings, trainees=trainees,
        mentors=len(rated), stations=len({station.get(one.mentor, one.mentor) for one in rated}),
        uncorrected_mean=sum(one.total for one in rated) / ratings if ratings else None,
        estimate=None, low=None, high=None, p=None, threshold=0.0,
    )  # fmt: skip


def answer(found: Finding, below: float, bar: Bar, *, linked: bool, short: bool) -> tuple[str, str]:
    """Answer and reason; `below` is the chance that it lies below what is required less the tolerance."""
    if found.required > HIGHEST_REQUIRED:
        return "not-identifiable", "required-at-scale-end"
    if not linked:
        return "not-identifiable", NOT_LINKED
    if below < LIKELY_BELOW:
        return "fine", "not-below"
    if found.mentors < bar.minimum_mentors:
        return "ask", "too-few-mentors"
    if found.stations < bar.minimum_stations:
        return "ask", "too-few-stations"
    return ("short", "evidence-carries") if short else ("ask", "too-few-ratings")


def relative(solved: Model, at: int) -> float:
    """E-value that a competency lies below the mean of the others, severity cancelling: it may say "watch", never trigger."""
    size = len(solved.keys)
    if size < 3:
        return 1.0
    contrast = np.full(size, -1.0 / (size - 1))
    contrast[at] = 1.0
    prior = solved.assumed.competency * (1 + 1 / (size - 1))
    best = max(solved.beliefs, key=lambda one: one.likelihood)
    variance = float(contrast @ best.covariance[:size, :size] @ contrast)
    return evalues.below(float(contrast @ best.mean[:size]), variance, prior)


def severities(solved: Model) -> dict[UUID, tuple[float, float]]:
    """Levels (positive = severe) and standard error, by mentor."""
    mean, error = mixed(solved.beliefs)
    size = len(solved.keys)
    return {one: (float(mean[size + at]), float(error[size + at])) for at, one in enumerate(solved.mentors)}


def soonest(solved: Model, key: Key, mentors: Sequence[UUID]) -> UUID | None:
    """The mentor whose next rating of this competency would narrow its estimate most (the gain of one more observation)."""
    if key not in solved.keys or not mentors:
        return None
    at, size = solved.keys.index(key), len(solved.keys)
    best, own = max(
        zip(solved.beliefs, solved.assumed.mentors, strict=True), key=lambda one: one[0].likelihood
    )
    variance: Floats = best.covariance

    def gain(mentor: UUID) -> tuple[float, str]:
        if mentor not in solved.mentors:
            shared, spread = variance[at, at], variance[at, at] + sum(own)
        else:
            place = size + solved.mentors.index(mentor)
            shared = variance[at, at] - variance[at, place]
            spread = variance[at, at] - 2 * variance[at, place] + variance[place, place] + own.own
        return -float(shared**2 / (spread + 1.0)), str(mentor)

    return min(mentors, key=gain)
