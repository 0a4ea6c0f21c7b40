"""What can a cohort of a given size show at all? `python -m benchmarks.operating` makes the table that feedback's page shows.

Cohorts of `evidence_simulator.py` whose mentors differ by sd .45, and on single competencies by .3; trainees differ by .2 on
single competencies. Three of twelve competencies fall short, the others are exactly at the requirement; each trainee is rated
28 times after the due point, and the deciding rule looks each time that everybody has been rated once more. Sizes that the rule's minimum of mentors or stations rules
out are not played: nothing is confirmed there. A row plays the same cohorts for both shortfalls (same seeds), and once more with a common
case of each competency that every mentor has rated. Small cohorts are also played as the last of three with the same mentors that are
judged together, looked at monthly (`evidence_pooling.py`).
"""

import argparse
import json
from dataclasses import asdict
from itertools import product
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from benchmarks import evidence_pooling as pooling
from benchmarks.evidence import ASSUMED, SPREAD, Told, measured, mixed_evalue
from benchmarks.evidence_simulator import NOISE_SD, TRAINEE_SD, Floats, Scenario, draw
from services.feedback.mixed_evalue import RULE
from shared.programmes.grammar import Evidence

TRAINEES, MENTORS, TARGETS, SHORTFALLS = (12, 27, 60, 120), (2, 4, 12), (3.0, 4.0), (0.75, 0.5)
FILE = Path(__file__).parents[1] / "services" / "feedback" / "operating_table.json"
LEAST = Evidence()
VIGNETTES = 1
SMALL, TOGETHER = 30, 3
"""Fewer trainees than this may be pooled; so many cohorts then."""


def scenario(trainees: int, mentors: int, target: float, low: float, vignettes: int = 0) -> Scenario:
    """Stations have three mentors each, small groups of mentors stand at two; so many common cases of each competency."""
    return Scenario(
        f"{trainees} trainees, {mentors} mentors, requirement {target:g}, short by {low:g}",
        low=low, target=target, trainees=trainees, mentors=mentors, stations=max(2, mentors // 3),
        mentor_competency_sd=0.3, trainee_competency_sd=0.2, vignettes=vignettes,
    )  # fmt: skip


def found(one: Scenario, runs: int, seed: int) -> dict[str, float | None]:
    """Power with its Monte-Carlo error over cohorts (its three competencies are not independent), and ratings until found."""
    if one.mentors < LEAST.minimum_mentors or one.stations < LEAST.minimum_stations:
        return {"power": 0.0, "error": 0.0, "ratings": None, "runs": 0}
    told: list[Told] = []
    truth = []
    for run in range(runs):
        cohort = draw(one, (seed, one.trainees, one.mentors, int(one.target), run))
        told.append(mixed_evalue(cohort, one, one.trainees))
        truth.append(cohort.truth)
    shares = np.array([len(one.short & set(each.flagged)) / len(one.short) for each in told])
    figures = measured(one, told, truth)
    return {
        **_power(shares), "ratings": figures["median_ratings"], "false": figures["false"], "runs": runs,
    }  # fmt: skip


def pooled(one: Scenario, runs: int, seed: int) -> dict[str, float | None] | None:
    """Found in the last cohort or an earlier one; None of cohorts that are large enough alone."""
    if one.trainees >= SMALL:
        return None
    if one.mentors < LEAST.minimum_mentors:
        return found(one, runs, seed)
    numbers = (seed, one.trainees, one.mentors, int(one.target))
    told = [pooling.played(one, TOGETHER, (*numbers, run), ("pooled",))["pooled"] for run in range(runs)]
    shares = np.array([len(one.short & each) / len(one.short) for each in told])
    return {**_power(shares), "ratings": None, "runs": runs}


def _power(shares: Floats) -> dict[str, float | None]:
    error = float(shares.std(ddof=1) / np.sqrt(len(shares)))
    return {"power": round(float(shares.mean()), 3), "error": round(error, 3)}


def cell(trainees: int, mentors: int, target: float, low: float, runs: int, seed: int) -> dict[str, Any]:
    """Without common cases, where every mentor has rated one of each competency before the first rating, and pooled."""
    alone, anchored = (
        found(scenario(trainees, mentors, target, low, vignettes), runs, seed) for vignettes in (0, VIGNETTES)
    )
    together = pooled(scenario(trainees, mentors, target, low), runs, seed)
    return {"shortfall": low, **alone, "with_vignettes": anchored, "pooled": together}


def main(runs: int, seed: int, file: Path) -> None:
    """Prints each row as it is made, and writes the file at the end."""
    began = process_time()
    rows = []
    for target, trainees, mentors in product(TARGETS, TRAINEES, MENTORS):
        cells = [cell(trainees, mentors, target, low, runs, seed) for low in SHORTFALLS]
        rows.append({"trainees": trainees, "mentors": mentors, "required": target, "cells": cells})
        print(rows[-1], f"{process_time() - began:.0f} s of CPU", flush=True)
    how = {
        "made_by": f"python -m benchmarks.operating --runs {runs} --seed {seed}", "rule": RULE, "runs": runs, "seed": seed,
        "vignettes": VIGNETTES, "together": TOGETHER, "alpha": LEAST.alpha, "cpu_seconds": round(process_time() - began),
        "generator": {
            **{name: value for name, value in asdict(scenario(0, 0, 0, 0)).items() if name in GENERATOR},
            "trainee_sd": TRAINEE_SD, "noise_sd": NOISE_SD,
        },
        "assumed": asdict(ASSUMED), "spread": asdict(SPREAD),
    }  # fmt: skip
    file.write_text(json.dumps({"how": how, "rows": rows}, indent=1) + "\n", encoding="utf-8")


GENERATOR = ("competencies", "ratings_each", "mentor_sd", "mentor_competency_sd", "trainee_competency_sd")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=60, help="simulated cohorts for each figure")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=Path, default=FILE)
    chosen = parser.parse_args()
    main(chosen.runs, chosen.seed, chosen.file)
