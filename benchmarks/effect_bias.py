"""Does the measured effect of a version hold when all mentors have become stricter meanwhile? `python -m benchmarks.effect_bias --runs 60`.

Two cohorts of `evidence_simulator.py`, rated by the same mentors under two versions of a plan; three of twelve competencies are
revised, or all. Between the versions every mentor's severity moves by the same `drift`, and by something of its own. Where there
are common cases all mentors rate them before each version. The rule `did-mixed/3` looks once a month in both cohorts' same months, beside the plain difference of means. The interval must hold at
every look: `ever_missed` counts the competencies whose interval left out the true effect at any of them.
"""

import argparse
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.evidence_simulator import (
    AGREED,
    CORE,
    MONTHS,
    NOISE_SD,
    STRAYS_SD,
    Cohort,
    Floats,
    Scenario,
    draw,
    mentors_of,
)
from services.feedback import effect_mixed
from services.feedback.evidence import Ratings

RESULTS = Path(__file__).parent / "results" / "effect_bias.json"
SAID = {"improved", "worse", "lower-cause-open"}
REVISED = (CORE, CORE + 1, CORE + 2)
TRAINEES = 80


@dataclass(frozen=True, slots=True)
class Case:
    """What truly happens between the versions: the effect of the revision, the drift of all mentors, the sd of each one's own."""

    name: str
    effect: float
    drift: float
    own_drift_sd: float = 0.0
    mentor_competency_sd: float = 0.0
    cases: int = 0
    all_revised: bool = False


CASES = (
    Case("no effect, nobody drifts", 0.0, 0.0),
    Case("no effect, all drift by .3", 0.0, 0.3),
    Case("effect .4, all drift by .3", 0.4, 0.3),
    Case("no effect, all drift by .3, each by sd .15 more", 0.0, 0.3, own_drift_sd=0.15),
    Case("effect .4, all drift by .3, each by sd .15 more, mentor x competency .3", 0.4, 0.3, 0.15, 0.3),
    Case(
        "effect .4, all drift by .3, each by sd .15 more, mentor x competency .3, 1 case",
        0.4,
        0.3,
        0.15,
        0.3,
        cases=1,
    ),
    Case("all revised, no effect, all drift by .3, each by sd .15 more", 0.0, 0.3, 0.15, all_revised=True),
    Case(
        "all revised, no effect, all drift by .3, each by sd .15 more, 1 case",
        0.0,
        0.3,
        0.15,
        cases=1,
        all_revised=True,
    ),
    Case(
        "all revised, no effect, all drift by .3, each by sd .15 more, 3 cases",
        0.0,
        0.3,
        0.15,
        cases=3,
        all_revised=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Told:
    """Of each revised competency at each look: estimate, half-width and verdict; and the plain difference at the end."""

    difference: Floats
    half_width: Floats
    verdicts: list[list[str]]
    plain: Floats


def played(case: Case, seed: tuple[int, ...]) -> Told:
    """One pair of cohorts."""
    before = Scenario(
        "before", low=case.effect, trainees=TRAINEES, mentor_competency_sd=case.mentor_competency_sd
    )
    after = Scenario("after", trainees=TRAINEES, mentor_competency_sd=case.mentor_competency_sd)
    chance = np.random.default_rng((*seed, 99))
    severity, particular = mentors_of(before, chance)
    moved = severity + case.drift + chance.normal(0, case.own_drift_sd, before.mentors)
    first = draw(before, (*seed, 0), (severity, particular))
    second = draw(after, (*seed, 1), (moved, particular))
    told = _answers(case, before, np.array([severity, moved]), particular, chance)
    revised = [
        *REVISED,
        *(code for code in range(before.competencies) if code not in REVISED and case.all_revised),
    ]
    looks = [
        effect_mixed.compare(
            _until(first, month),
            _until(second, month),
            revised,
            before.mentors,
            before.competencies,
            cases=told,
        )[: len(REVISED)]
        for month in range(MONTHS)
    ]
    difference = np.array([[one.difference for one in look] for look in looks], dtype=np.float64)
    high = np.array([[one.high for one in look] for look in looks], dtype=np.float64)
    verdicts = [[one.verdict for one in look] for look in looks]
    means = [
        np.array([cohort.level[cohort.competency == code].mean() for code in REVISED])
        for cohort in (first, second)
    ]
    return Told(difference, high - difference, verdicts, means[1] - means[0])


def _answers(
    case: Case, scenario: Scenario, severity: Floats, particular: Floats, chance: np.random.Generator
) -> effect_mixed.Cases:
    """Each mentor rates every case before the first version and before the second; its level strays alike both times."""
    size, every = scenario.competencies, case.cases * scenario.competencies
    vignette, mentor, later = (part.ravel() for part in np.mgrid[0:every, 0 : scenario.mentors, 0:2])
    code, agreed = vignette % size, np.array(AGREED)[vignette // size % len(AGREED)]
    latent = agreed + chance.normal(0, STRAYS_SD, every)[vignette] - severity[later, mentor]
    latent += chance.normal(0, chance.uniform(*NOISE_SD), len(code)) - particular[mentor, code]
    level = np.clip(np.round(latent), 1, 5).astype(np.int64)
    return effect_mixed.Cases(vignette, mentor, code, later, level - agreed)


def _until(cohort: Cohort, month: int) -> Ratings:
    seen = cohort.month <= month
    return Ratings(cohort.mentor[seen], cohort.competency[seen], cohort.trainee[seen], cohort.level[seen])


def play(case: Case, number: int, runs: int, seed: int) -> dict[str, object]:
    """One row."""
    told = [played(case, (seed, number, run)) for run in range(runs)]
    last = np.array([one.difference[-1] for one in told]) - case.effect
    plain = np.array([one.plain for one in told]) - case.effect
    missed = np.array([(np.abs(one.difference - case.effect) > one.half_width).any(axis=0) for one in told])
    said = np.array([[{look[at] for look in one.verdicts} & SAID for at in range(3)] for one in told])
    runs_error = float(np.sqrt(runs))
    return {
        **asdict(case), "bias": round(float(last.mean()), 4),
        "bias_error": round(float(last.mean(axis=1).std(ddof=1)) / runs_error, 4),
        "rmse": round(float(np.sqrt((last**2).mean())), 4), "plain_bias": round(float(plain.mean()), 4),
        "ever_missed": round(float(missed.mean()), 4),
        "ever_missed_error": round(float(missed.mean(axis=1).std(ddof=1)) / runs_error, 4),
        "half_width_at_the_end": round(float(np.mean([one.half_width[-1] for one in told])), 3),
        "said_improved": round(float(np.mean([["improved" in one for one in row] for row in said])), 4),
        "said_worse": round(float(np.mean([["worse" in one for one in row] for row in said])), 4),
        "said_lower": round(float(np.mean([["lower-cause-open" in one for one in row] for row in said])), 4),
    }  # fmt: skip


def main(runs: int, seed: int) -> None:
    """Prints each row as it is made; the file is written at the end."""
    began, load, rows = process_time(), os.getloadavg()[0], []
    for number, case in enumerate(CASES):
        rows.append(play(case, number, runs, seed))
        print(rows[-1], flush=True)
    how = {"runs": runs, "seed": seed, "rule": effect_mixed.RULE, "trainees_each": TRAINEES, "looks": MONTHS}
    spent = {"cpu_seconds": round(process_time() - began), "load_before": round(load, 1)}
    RESULTS.write_text(json.dumps({**how, **spent, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="pairs of cohorts a row")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    main(chosen.runs, chosen.seed)
