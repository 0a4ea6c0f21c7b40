"""Small cohorts, one after the other under the same plan version and with the same mentors: how are they to be judged together?

`python -m benchmarks.evidence_pooling --runs 200`. Cohorts of `evidence_simulator.py` with mentors drawn once. Four ways: each cohort
alone; the product of the cohorts' e-values; their mean; and pooled, as the service does: one model of all ratings, in which each
mentor is one person. False: any competency at the requirement flagged in any cohort.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.evidence import ALPHA, ASSUMED, SPREAD, counts_of, vignettes_of
from benchmarks.evidence_simulator import Cohort, Floats, Scenario, draw, mentors_of
from services.feedback import evalues
from services.feedback.beliefs import Pairs, believe, e_values
from services.feedback.mixed_evalue import RULE
from services.feedback.tally import Tally, information

RESULTS = Path(__file__).parent / "results" / "evidence_pooling.json"
SMALL = {"trainees": 12, "mentors": 4, "stations": 2}
SCENARIOS = (
    Scenario("at the requirement", **SMALL),
    Scenario("at the requirement, mentor x competency .5", mentor_competency_sd=0.5, **SMALL),
    Scenario("at the requirement, a station .8 too severe", severe_station=0.8, **SMALL),
    Scenario("short by .75", low=0.75, **SMALL),
    Scenario("short by .75, 1 vignette a competency", low=0.75, vignettes=1, **SMALL),
    Scenario("short by .75, mentor x competency .3, 1 vignette", low=0.75, mentor_competency_sd=0.3, vignettes=1, **SMALL),
)  # fmt: skip
WAYS = ("alone", "product", "mean", "pooled")
LOOKS = 7
"""Of each cohort, evenly spaced."""


def played(
    scenario: Scenario, cohorts: int, seed: tuple[int, ...], ways: tuple[str, ...] = WAYS
) -> dict[str, set[int]]:
    """What each of these ways has flagged by the end of the last cohort."""
    mentors = mentors_of(scenario, np.random.default_rng((*seed, 99)))
    flagged: dict[str, set[int]] = {way: set() for way in ways}
    before: list[Floats] = []
    whole = Tally.empty(scenario.mentors * scenario.competencies)
    for number in range(cohorts):
        cohort = draw(scenario, (*seed, number), mentors)
        for share in range(1, LOOKS + 1):
            part = _tally(cohort, scenario, len(cohort.level) * share // LOOKS)
            own = _evidence(part, cohort, scenario)
            pooled = _evidence(Tally(whole.cross + part.cross, whole.vector + part.vector), cohort, scenario)
            seen = np.array([*before, own])
            said = {"alone": own, "product": seen.prod(axis=0), "mean": seen.mean(axis=0), "pooled": pooled}
            for way in ways:
                flagged[way] |= evalues.act_on(said[way].tolist(), ALPHA)
        before.append(own)
        whole = Tally(whole.cross + part.cross, whole.vector + part.vector)
    return flagged


def _tally(cohort: Cohort, scenario: Scenario, end: int) -> Tally:
    pair = cohort.mentor[:end] * scenario.competencies + cohort.competency[:end]
    counts = counts_of(cohort.trainee[:end], pair, cohort.level[:end])
    columns = np.arange(scenario.mentors * scenario.competencies)
    return Tally.empty(len(columns)).plus(information(counts, columns % scenario.competencies, SPREAD))


def _evidence(tally: Tally, cohort: Cohort, scenario: Scenario) -> Floats:
    size, mentors = scenario.competencies, scenario.mentors
    columns = np.arange(mentors * size)
    pairs = Pairs(columns // size, columns % size, mentors, size, cohort.station)
    centred = Tally(tally.cross, tally.vector - tally.cross @ np.full(len(columns), scenario.target))
    return e_values(believe(centred, vignettes_of(cohort, size, mentors), pairs, ASSUMED), size, ASSUMED)


def play(scenario: Scenario, number: int, cohorts: int, runs: int, seed: int) -> dict[str, object]:
    """One row."""
    told = [played(scenario, cohorts, (seed, number, run)) for run in range(runs)]
    rows = {}
    for way in WAYS:
        false = sum(bool(one[way] - scenario.short) for one in told) / runs
        found = [len(one[way] & scenario.short) / 3 for one in told] if scenario.low else []
        error = float(np.sqrt(max(false * (1 - false), 1 / runs) / runs))
        rows[way] = {"false": round(false, 4), "error": round(error, 4),
                     "power": round(float(np.mean(found)), 3) if found else None}  # fmt: skip
    return {"scenario": asdict(scenario), "cohorts": cohorts, **rows}


def main(runs: int, cohorts: int, seed: int) -> None:
    """Prints each row as it is made; the file is written at the end."""
    began, rows = process_time(), []
    for number, scenario in enumerate(SCENARIOS):
        rows.append(play(scenario, number, cohorts, runs, seed))
        print(scenario.name, {way: rows[-1][way] for way in WAYS}, flush=True)
    how = {
        "rule": RULE, "runs": runs, "cohorts": cohorts, "seed": seed, "alpha": ALPHA, "looks_of_each_cohort": LOOKS,
    }  # fmt: skip
    spent = {"cpu_seconds": round(process_time() - began)}
    RESULTS.write_text(json.dumps({**how, **spent, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="sequences of cohorts a row")
    parser.add_argument("--cohorts", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    main(chosen.runs, chosen.cohorts, chosen.seed)
