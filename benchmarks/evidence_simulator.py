"""Cohorts whose truth is known: ratings drawn from competency + trainee - severity - severity on this competency + noise.

Latent values are rounded to 1-5. Each month a trainee is at one station, rotating, and is rated there by one of its
mentors, chosen at random. The true spreads of trainees and noise are drawn anew for each cohort and told to nobody.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TRAINEE_SD = (0.3, 0.5)
NOISE_SD = (0.6, 0.8)
MONTHS = 7
AGREED, STRAYS_SD = (3, 4, 2), 0.15
CORE = 3
"""In the design `by_station` so many competencies are rated by every mentor, each other one at two stations only."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table. `low`: levels by which three competencies (none of the core) fall short; the others are at the target.

    `look_every`: after so many ratings of the cohort the deciding rule looks (0: as rows do where nothing is said).
    """

    name: str
    low: float = 0.0
    target: float = 3.5
    trainees: int = 120
    mentors: int = 12
    stations: int = 4
    competencies: int = 12
    ratings_each: int = 28
    mentor_sd: float = 0.45
    mentor_competency_sd: float = 0.0
    trainee_competency_sd: float = 0.0
    severe_station: float = 0.0
    growth: float = 0.0
    by_station: bool = False
    vignettes: int = 0
    look_every: int = 0

    @property
    def short(self) -> frozenset[int]:
        return frozenset(range(CORE, CORE + 3)) if self.low else frozenset()


@dataclass(frozen=True, slots=True)
class Answers:
    """What every mentor said of every vignette before the first rating; their true levels stray from the agreed ones by sd .15."""

    vignette: Ints
    mentor: Ints
    competency: Ints
    level: Ints
    agreed: Ints


@dataclass(frozen=True, slots=True)
class Cohort:
    """Due ratings in the order in which they come, `month` from 0 at the due point; `truth` by competency."""

    trainee: Ints
    mentor: Ints
    competency: Ints
    level: Floats
    month: Ints
    station: Ints
    truth: Floats
    answers: Answers


def mentors_of(scenario: Scenario, chance: np.random.Generator) -> tuple[Floats, Floats]:
    """Severities, and those on single competencies."""
    severity = chance.normal(0, scenario.mentor_sd, scenario.mentors)
    severity[np.arange(scenario.mentors) % scenario.stations == 0] += scenario.severe_station
    shape = (scenario.mentors, scenario.competencies)
    return severity, chance.normal(0, scenario.mentor_competency_sd, shape)


def draw(scenario: Scenario, seed: tuple[int, ...], mentors: tuple[Floats, Floats] | None = None) -> Cohort:
    """One cohort, with mentors of its own or with these. Ratings before the due point are drawn, too, and left out."""
    chance = np.random.default_rng(seed)
    early = MONTHS if scenario.growth else 0
    months, size = early + MONTHS, scenario.competencies
    truth = np.full(size, scenario.target)
    truth[sorted(scenario.short)] -= scenario.low
    station = np.arange(scenario.mentors) % scenario.stations
    own = mentors_of(scenario, chance)
    severity, particular = mentors or own
    ability = chance.normal(0, chance.uniform(*TRAINEE_SD), scenario.trainees)
    talent = chance.normal(0, scenario.trainee_competency_sd, (scenario.trainees, size))
    noise = chance.uniform(*NOISE_SD)
    monthly = scenario.trainees * scenario.ratings_each // MONTHS
    month = np.repeat(np.arange(months), monthly)
    trainee = np.concatenate(
        [chance.permutation(np.arange(monthly) % scenario.trainees) for _ in range(months)]
    )
    place = (trainee + month) % scenario.stations
    mentor = _mentors(place, station, chance)
    competency = _competencies(scenario, place, chance)
    behind = scenario.growth * np.clip(1 - month / early, 0, 1) if early else np.zeros(len(month))
    latent = truth[competency] + ability[trainee] + talent[trainee, competency] - behind
    latent += -severity[mentor] - particular[mentor, competency] + chance.normal(0, noise, len(month))
    level = np.clip(np.round(latent), 1, 5)
    due = month >= early
    answers = _answers(scenario, severity, particular, noise, np.random.default_rng((*seed, 1)))
    return Cohort(
        trainee[due], mentor[due], competency[due], level[due], month[due] - early, station, truth, answers
    )


def _answers(
    scenario: Scenario, severity: Floats, particular: Floats, noise: float, chance: np.random.Generator
) -> Answers:
    size, mentors, each = scenario.competencies, scenario.mentors, scenario.vignettes
    number, mentor, code = (part.ravel() for part in np.mgrid[0:each, 0:mentors, 0:size])
    agreed = np.array(AGREED)[number % len(AGREED)]
    true = agreed + chance.normal(0, STRAYS_SD, (max(each, 1), size))[number, code]
    latent = true - severity[mentor] - particular[mentor, code] + chance.normal(0, noise, len(number))
    level = np.clip(np.round(latent), 1, 5).astype(np.int64)
    return Answers(number * size + code, mentor, code, level, agreed)


def _mentors(place: Ints, station: Ints, chance: np.random.Generator) -> Ints:
    found = np.zeros(len(place), dtype=np.int64)
    for one in np.unique(place):
        mine = place == one
        found[mine] = chance.choice(np.flatnonzero(station == one), int(mine.sum()))
    return found


def _competencies(scenario: Scenario, place: Ints, chance: np.random.Generator) -> Ints:
    """Every competency equally often; `by_station`, only the core and what is practised at the station."""
    size = scenario.competencies
    if not scenario.by_station:
        return np.concatenate([
            chance.permutation(size) for _ in range(len(place) // size + 1)
        ])[: len(place)].astype(np.int64)  # fmt: skip
    found = np.zeros(len(place), dtype=np.int64)
    special = np.arange(CORE, size)
    for one in range(scenario.stations):
        here = np.isin(special % scenario.stations, (one, (one + 1) % scenario.stations))
        found[place == one] = chance.choice(np.r_[np.arange(CORE), special[here]], int((place == one).sum()))
    return found
